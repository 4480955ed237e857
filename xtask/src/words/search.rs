//! Finds the words of the table in names and text.

use std::{collections::HashMap, fmt};

use super::{
    source::{Piece, Word, split_name},
    table::{At, Entry},
};

/// The table, indexed for searching.
pub(super) struct Index<'table> {
    /// Words and phrases by their first word.
    phrases: HashMap<&'table str, Vec<Phrase<'table>>>,
    /// Whole names.
    names: HashMap<&'table str, &'table Entry>,
    /// Names of files and folders, without extensions.
    files: HashMap<&'table str, &'table Entry>,
}

struct Phrase<'table> {
    entry: &'table Entry,
    written: &'table str,
    words: Vec<&'table str>,
    /// Longer phrases that contain this one, with its position in them. In these it
    /// is allowed.
    but: Vec<(Vec<&'table str>, usize)>,
}

/// A replaced word that was found.
#[derive(Debug)]
pub(super) struct Match<'table> {
    pub(super) line: usize,
    /// The first form of the entry, which the allow list and the summary use.
    pub(super) word: &'table str,
    pub(super) instead: &'table str,
    /// The name that contains it; `None` for text.
    pub(super) name: Option<String>,
    written: &'table str,
}

impl fmt::Display for Match<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if name != self.written => {
                write!(f, "{} in `{name}` → use {}", self.written, self.instead)
            }
            _ => write!(f, "{} → use {}", self.written, self.instead),
        }
    }
}

impl<'table> Index<'table> {
    pub(super) fn new(table: &'table [Entry]) -> Self {
        let mut index = Self {
            phrases: HashMap::new(),
            names: HashMap::new(),
            files: HashMap::new(),
        };
        for entry in table {
            for written in entry.not {
                match entry.at {
                    At::WholeNames => {
                        index.names.insert(written, entry);
                    }
                    At::Files => {
                        index.files.insert(written, entry);
                    }
                    At::Everywhere | At::Names | At::Text => index.add_phrase(entry, written),
                }
            }
        }
        index
    }

    fn add_phrase(&mut self, entry: &'table Entry, written: &'table str) {
        let words: Vec<&str> = written.split(' ').collect();
        let but = entry
            .but
            .iter()
            .flat_map(|but| {
                let longer: Vec<&str> = but.split(' ').collect();
                let offsets: Vec<usize> = (0..longer.len())
                    .filter(|&at| longer[at..].starts_with(&words))
                    .collect();
                offsets.into_iter().map(move |at| (longer.clone(), at))
            })
            .collect();
        self.phrases.entry(words[0]).or_default().push(Phrase {
            entry,
            written,
            words,
            but,
        });
    }

    /// Adds the replaced words of `piece` to `matches`.
    pub(super) fn search(&self, piece: &Piece, matches: &mut Vec<Match<'table>>) {
        if let Some(name) = &piece.name
            && let Some((written, entry)) = self.names.get_key_value(name.as_str())
        {
            let line = piece.words.first().map_or(1, |word| word.line);
            matches.push(found(entry, written, line, Some(name)));
        }
        for (at, word) in piece.words.iter().enumerate() {
            for phrase in self.phrases.get(word.text.as_str()).into_iter().flatten() {
                let is_searched = match phrase.entry.at {
                    At::Names => piece.name.is_some(),
                    At::Text => piece.name.is_none(),
                    _ => true,
                };
                if is_searched
                    && begins_with(&piece.words[at..], &phrase.words, Breaks::End)
                    && !phrase.may_stay(&piece.words, at)
                {
                    let name = piece.name.as_deref();
                    matches.push(found(phrase.entry, phrase.written, word.line, name));
                }
            }
        }
    }

    /// Returns the replaced words in the name of a file and of its folders.
    pub(super) fn path(&self, path: &str) -> Vec<Match<'table>> {
        let mut matches = Vec::new();
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if let Some((written, entry)) = self.files.get_key_value(stem) {
                matches.push(found(entry, written, 1, Some(part)));
            }
            let piece = Piece {
                name: Some(part.to_owned()),
                words: split_name(part, 1),
            };
            self.search(&piece, &mut matches);
        }
        matches
    }
}

impl Phrase<'_> {
    /// Whether the phrase at `at` is part of an allowed longer phrase.
    fn may_stay(&self, words: &[Word], at: usize) -> bool {
        self.but.iter().any(|(longer, offset)| {
            at.checked_sub(*offset)
                .is_some_and(|start| begins_with(&words[start..], longer, Breaks::Ignored))
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Breaks {
    /// Punctuation ends a phrase.
    End,
    /// Phrases continue over punctuation, as in "letters, digits".
    Ignored,
}

/// Whether `words` start with the phrase, in which `*` is any one word.
fn begins_with(words: &[Word], phrase: &[&str], breaks: Breaks) -> bool {
    words.len() >= phrase.len()
        && phrase
            .iter()
            .zip(words)
            .enumerate()
            .all(|(at, (expected, word))| {
                (*expected == "*" || *expected == word.text)
                    && (at == 0 || breaks == Breaks::Ignored || !word.after_break)
            })
}

fn found<'table>(
    entry: &'table Entry,
    written: &'table str,
    line: usize,
    name: Option<&str>,
) -> Match<'table> {
    Match {
        line,
        word: entry.not[0],
        instead: entry.instead,
        name: name.map(str::to_owned),
        written,
    }
}
