//! `cargo xtask words`: reports words that the project has replaced, in names and in
//! text.
//!
//! This file selects the files and prints the report. `table` has the words and what
//! to use instead, `allowed` the exceptions, `source` splits files into names and
//! text, `search` finds the words.
//!
//! Not here: whether a sentence is good. This check only prevents replaced words
//! from coming back.

mod allowed;
mod search;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{
    failure::Failure,
    process::{output_of, workspace},
};

use allowed::{ALLOWED, Allowed};
use search::{Index, Match};
use table::TABLE;

/// Generated and third-party files. The OpenAPI document is generated from doc
/// comments of `crates/http`, which are checked.
const SKIPPED: &[&str] = &[
    "Cargo.lock",
    "LICENSE",
    "**/package-lock.json",
    "crates/http/openapi.json",
];

/// Checks the files of the repository, or those whose path starts with one of the
/// arguments. With `--summary`, prints the count of each word instead of every use.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let summary = arguments.iter().any(|argument| argument == "--summary");
    let prefixes: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| *argument != "--summary")
        .collect();
    if let Some(unknown) = prefixes.iter().find(|prefix| prefix.starts_with("--")) {
        return Err(Failure::Usage {
            arguments: format!("words {unknown}"),
        });
    }

    let index = Index::new(TABLE);
    let mut unused: BTreeSet<&Allowed> = ALLOWED.iter().collect();
    let mut matches = Vec::new();
    for path in files(&prefixes)? {
        // Binary files are skipped.
        let Ok(contents) = fs::read_to_string(workspace().join(&path)) else {
            continue;
        };
        for found in check(&index, &path, &contents) {
            match allowed::entry(ALLOWED, &path, found.word) {
                Some(entry) => {
                    unused.remove(entry);
                }
                None => matches.push((path.clone(), found)),
            }
        }
    }
    if !prefixes.is_empty() {
        // Only a run over all files shows which entries are needed.
        unused.clear();
    }

    if summary {
        print_summary(&matches);
    } else {
        for (path, found) in &matches {
            println!("{path}:{}: {found}", found.line);
        }
    }
    for entry in &unused {
        println!(
            "xtask/src/words/allowed.rs: `{}` in {} ({}) is allowed but not used; delete the entry",
            entry.word, entry.path, entry.reason
        );
    }
    if matches.is_empty() && unused.is_empty() {
        Ok(())
    } else {
        Err(Failure::Words {
            count: matches.len() + unused.len(),
        })
    }
}

/// Finds the replaced words of one file in its path, its names and its text.
fn check<'table>(index: &Index<'table>, path: &str, contents: &str) -> Vec<Match<'table>> {
    let mut matches = index.path(path);
    for piece in source::pieces(path, contents) {
        index.search(&piece, &mut matches);
    }
    matches.sort_by_key(|found| found.line);
    matches
}

/// Returns the paths of tracked files and of new ones that git does not ignore.
fn files(prefixes: &[&str]) -> Result<Vec<String>, Failure> {
    let root = workspace();
    let listed = output_of(
        "git",
        &[
            "-C",
            &root.to_string_lossy(),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    )
    .ok_or(Failure::Missing { program: "git" })?;
    let paths: BTreeSet<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    Ok(paths
        .into_iter()
        .filter(|path| {
            prefixes.is_empty() || prefixes.iter().any(|prefix| path.starts_with(prefix))
        })
        .filter(|path| !SKIPPED.iter().any(|glob| allowed::glob_matches(glob, path)))
        // Skip files that are deleted in the work tree but not in the index.
        .filter(|path| Path::new(&root).join(path).is_file())
        .map(str::to_owned)
        .collect())
}

fn print_summary(matches: &[(String, Match<'_>)]) {
    #[derive(Default)]
    struct Count<'a> {
        names: usize,
        text: usize,
        files: BTreeSet<&'a str>,
        instead: &'a str,
    }
    let mut counts: BTreeMap<&str, Count<'_>> = BTreeMap::new();
    for (path, found) in matches {
        let count = counts.entry(found.word).or_default();
        match found.name {
            Some(_) => count.names += 1,
            None => count.text += 1,
        }
        count.files.insert(path);
        count.instead = found.instead;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(word, count)| (std::cmp::Reverse(count.names + count.text), *word));
    println!(
        "{:<24} {:>6} {:>6} {:>6}  use",
        "word", "names", "text", "files"
    );
    for (word, count) in rows {
        println!(
            "{word:<24} {:>6} {:>6} {:>6}  {}",
            count.names,
            count.text,
            count.files.len(),
            count.instead
        );
    }
}
