//! Tests of the check: what it finds, and what it does not.

use std::collections::BTreeSet;

use super::{
    allowed::{ALLOWED, Allowed, entry, glob_matches},
    check,
    search::Index,
    source::{pieces, split_name},
    table::{At, TABLE},
};

/// Returns `line: word` for each match in a file with this path and contents.
fn report(path: &str, contents: &str) -> Vec<String> {
    check(&Index::new(TABLE), path, contents)
        .iter()
        .map(|found| format!("{}: {}", found.line, found.word))
        .collect()
}

fn split(name: &str) -> Vec<String> {
    split_name(name, 1)
        .into_iter()
        .map(|word| word.text)
        .collect()
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(split("hold_users"), ["hold", "users"]);
    assert_eq!(split("HeldUser"), ["held", "user"]);
    assert_eq!(split("HTTPServer"), ["http", "server"]);
    assert_eq!(split("Told9457"), ["told", "9457"]);
    assert_eq!(split("organization.founded"), ["organization", "founded"]);
    assert_eq!(split("__x"), ["x"]);
    assert!(split("_").is_empty());
}

#[test]
fn every_word_of_the_table_is_found() {
    for entry in TABLE {
        for written in entry.not {
            let words = written.replace('*', "them");
            let (path, contents) = match entry.at {
                At::Everywhere | At::Text => ("a.md", format!("Here: {words}.\n")),
                At::Names => ("a.rs", format!("fn {}() {{}}\n", words.replace(' ', "_"))),
                At::WholeNames => ("a.rs", format!("struct {words};\n")),
                At::Files => ("b.rs", String::new()),
            };
            let path = if entry.at == At::Files {
                format!("src/{words}.rs")
            } else {
                path.to_owned()
            };
            let found = report(&path, &contents);
            assert!(
                found.contains(&format!("1: {}", entry.not[0])),
                "{written}: {found:?}"
            );
        }
    }
}

#[test]
fn every_word_of_the_table_is_there_once_and_says_what_to_use() {
    let mut seen = BTreeSet::new();
    for entry in TABLE {
        assert!(!entry.instead.is_empty());
        for written in entry.not {
            assert!(
                seen.insert((written, format!("{:?}", entry.at))),
                "{written} is there twice"
            );
        }
        for but in entry.but {
            assert!(
                entry
                    .not
                    .iter()
                    .any(|written| format!(" {but} ").contains(&format!(" {written} "))),
                "`{but}` has no word of its entry"
            );
        }
    }
}

#[test]
fn names_text_strings_and_paths_are_read() {
    let source = "\
//! What somebody does.

/* nobody */
fn hold_users(whoever: &str) {
    let _ = (\"somebody else\", r#\"a letter\"#, b\"moot\");
    let code = \"invitation.proven\"; // over to the house
}
";
    assert_eq!(
        report("crates/people/src/worker.rs", source),
        [
            "1: person",
            "1: worker",
            "1: somebody",
            "3: nobody",
            "4: hold",
            "4: whoever",
            "5: somebody",
            "5: letter",
            "5: moot",
            "6: proven",
            "6: house",
        ]
    );
}

#[test]
fn a_phrase_goes_on_in_the_next_line_but_not_over_punctuation() {
    let phrase = "/// The owner can hand it\n/// over.\n///\nstruct A;\n";
    assert_eq!(report("a.rs", phrase), ["1: hand over"]);
    let text = "The owner can hand\nthe project over.";
    assert!(report("a.md", text).is_empty(), "two words between");
    assert_eq!(report("a.md", "hand\n  *over*"), ["1: hand over"]);
    assert!(report("a.md", "by hand. Over there").is_empty());
    assert!(report("a.rs", "// by hand\n\n// over there\n").is_empty());
    assert_eq!(report("a.rs", "fn hand_over() {}"), ["1: hand over"]);
}

#[test]
fn ordinary_words_stay() {
    let source = "\
const DONE: &str = \"Done\";
// No user was found. The call is done; posts and letters, digits.
fn found(call: Work2) -> Option<Calls> { post(\"not_found\", holds, threshold, background) }
/// At least one uppercase letter. Held by a lock; `POST /organizations`.
/// Somewhere between the [square brackets]. mail nobody@example.com
";
    assert_eq!(report("crates/app/src/a.rs", source), Vec::<String>::new());
}

#[test]
fn what_is_quoted_as_code_in_text_is_a_name() {
    assert_eq!(report("a.md", "It is a `Call`."), ["1: Call"]);
    assert_eq!(
        report("a.md", "See `app::HeldUser`, HeldUser, held."),
        ["1: hold", "1: hold"]
    );
    assert!(report("a.md", "It holds what `the call held`.").is_empty());
}

#[test]
fn lines_are_counted_over_strings_and_comments() {
    let source =
        "let a = \"one\n  two\\\n three\";\n/* a\n b */\nlet house = \"x\n\nmoot point\";\n";
    assert_eq!(report("a.rs", source), ["6: house", "8: moot"]);
    assert_eq!(report("a.sql", "-- one\n\n-- nobody\n"), ["3: nobody"]);
}

#[test]
fn a_name_is_kept_as_it_is_written() {
    let found = pieces("a.rs", "r#type HeldUser");
    let names: Vec<_> = found
        .iter()
        .filter_map(|piece| piece.name.as_deref())
        .collect();
    assert_eq!(names, ["type", "HeldUser"]);
    let index = Index::new(TABLE);
    let printed: Vec<_> = check(&index, "a.rs", "struct HeldUser;\n/// moot\n")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        printed,
        [
            "held in `HeldUser` → use lock, locked",
            "moot → use cancelled"
        ]
    );
}

#[test]
fn a_word_is_allowed_where_an_entry_says_so() {
    let allowed = [Allowed {
        path: "crates/*/migrations/**",
        word: "person",
        reason: "only here",
    }];
    let allows = |path, word| entry(&allowed, path, word).is_some();
    assert!(allows("crates/store/migrations/sqlite/0001.sql", "person"));
    assert!(!allows("crates/store/migrations/sqlite/0001.sql", "house"));
    assert!(!allows("crates/store/src/person.rs", "person"));
}

#[test]
fn globs_cover_whole_paths() {
    for (glob, path) in [
        ("a/b.rs", "a/b.rs"),
        ("a/*.rs", "a/b.rs"),
        ("a/**", "a/b/c.rs"),
        ("**/c.rs", "c.rs"),
        ("**/c.rs", "a/b/c.rs"),
        ("a/**/c.rs", "a/c.rs"),
        ("a/**/c.rs", "a/x/y/c.rs"),
    ] {
        assert!(glob_matches(glob, path), "{glob} {path}");
    }
    for (glob, path) in [
        ("a/b", "a/b.rs"),
        ("a/*.rs", "a/b/c.rs"),
        ("**/c.rs", "a/bc.rs"),
        ("*.rs", "a/b.rs"),
    ] {
        assert!(!glob_matches(glob, path), "{glob} {path}");
    }
}

#[test]
fn the_allow_list_is_short_and_gives_reasons() {
    assert!(ALLOWED.len() <= 25, "{} entries", ALLOWED.len());
    let known: BTreeSet<_> = TABLE.iter().map(|entry| entry.not[0]).collect();
    for allowed in ALLOWED {
        assert!(!allowed.reason.is_empty(), "{allowed:?}");
        assert!(
            allowed.word == "*" || known.contains(allowed.word),
            "{allowed:?}"
        );
    }
}
