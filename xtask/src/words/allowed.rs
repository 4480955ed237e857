//! The exceptions: files in which a replaced word may be used.

/// A word that may be used in some files.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Allowed {
    /// A path from the root of the repository; `*` stands for part of a name,
    /// `**` for any folders.
    pub(super) path: &'static str,
    /// The first form of the word in the table, or `*` for all of them.
    pub(super) word: &'static str,
    /// The reason for the exception.
    pub(super) reason: &'static str,
}

/// The exceptions. A word that many files need belongs in the table, with the phrase
/// in which it is a standard term. Unused entries are reported.
pub(super) const ALLOWED: &[Allowed] = &[
    Allowed {
        path: "xtask/src/words/*",
        word: "*",
        reason: "the check contains the words that it searches",
    },
    Allowed {
        path: "crates/testkit/tests/**/extensions.rs",
        word: "seat",
        reason: "an extension that limits the billable seats of an organization is the example",
    },
    Allowed {
        path: "crates/testkit/src/bin/sample_edition.rs",
        word: "seat",
        reason: "the sample edition limits the billable seats of an organization",
    },
    Allowed {
        path: "crates/testkit/tests/scenarios/edition/*",
        word: "seat",
        reason: "the sample edition limits the billable seats of an organization",
    },
];

/// Returns the entry that allows `word` in the file.
pub(super) fn entry<'a>(allowed: &'a [Allowed], path: &str, word: &str) -> Option<&'a Allowed> {
    allowed
        .iter()
        .find(|entry| (entry.word == "*" || entry.word == word) && glob_matches(entry.path, path))
}

/// Whether `glob` matches the whole of `path`.
pub(super) fn glob_matches(glob: &str, path: &str) -> bool {
    if let Some(rest) = glob.strip_prefix("**/") {
        return glob_matches(rest, path)
            || path
                .split_once('/')
                .is_some_and(|(_, below)| glob_matches(glob, below));
    }
    if glob == "**" {
        return true;
    }
    match glob.chars().next() {
        None => path.is_empty(),
        Some('*') => (0..=path.find('/').unwrap_or(path.len()))
            .filter(|&end| path.is_char_boundary(end))
            .any(|end| glob_matches(&glob[1..], &path[end..])),
        Some(character) => path
            .strip_prefix(character)
            .is_some_and(|rest| glob_matches(&glob[character.len_utf8()..], rest)),
    }
}
