//! Splits a file into pieces: its names and its text, each as a sequence of
//! lower-case words.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// One name, or one continuous text.
#[derive(Debug)]
pub(super) struct Piece {
    /// The name with its case; `None` for text.
    pub(super) name: Option<String>,
    pub(super) words: Vec<Word>,
}

/// A word in lower case.
#[derive(Debug)]
pub(super) struct Word {
    /// Empty for a name in a text.
    pub(super) text: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Whether punctuation is before the word, which ends a phrase.
    pub(super) after_break: bool,
}

/// Returns the pieces of a file. Rust files are split by the compiler's lexer; other
/// files are text, in which names are recognized by their form.
pub(super) fn pieces(path: &str, contents: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if path.ends_with(".rs") {
        rust(contents, &mut pieces);
    } else {
        text(contents, 1, &mut pieces);
    }
    pieces
}

/// Splits a name into words: `hold_users` and `HeldUser` have two, `HTTPServer9` has
/// three.
pub(super) fn split_name(name: &str, line: usize) -> Vec<Word> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let ends = !character.is_alphanumeric()
            || before.is_some_and(|before| {
                before.is_numeric() != character.is_numeric()
                    || (character.is_uppercase()
                        && (before.is_lowercase()
                            || characters
                                .get(at + 1)
                                .is_some_and(|next| next.is_lowercase())))
            });
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
        .into_iter()
        .map(|text| Word {
            text,
            line,
            after_break: false,
        })
        .collect()
}

fn rust(contents: &str, pieces: &mut Vec<Piece>) {
    // Adjacent line comments are one text, so that a phrase over two lines is
    // found.
    let mut comment = Text::default();
    let (mut at, mut line) = (0, 1);
    for token in tokenize(contents, FrontmatterAllowed::No) {
        let source = &contents[at..at + token.len as usize];
        match token.kind {
            TokenKind::LineComment { .. } => {
                comment.read(source.trim_start_matches(['/', '!']), line);
            }
            TokenKind::Whitespace if source.matches('\n').count() < 2 => {}
            kind => {
                std::mem::take(&mut comment).finish(pieces);
                match kind {
                    TokenKind::Ident | TokenKind::RawIdent => {
                        pieces.push(name(source.trim_start_matches("r#"), line));
                    }
                    TokenKind::BlockComment { .. } => text(source, line, pieces),
                    TokenKind::Literal { kind, .. } => literal(kind, source, line, pieces),
                    _ => {}
                }
            }
        }
        at += token.len as usize;
        line += source.matches('\n').count();
    }
    comment.finish(pieces);
}

/// Adds a string. Without white space it is a name (a code, a field, a path),
/// otherwise text. The name keeps its quotes, so that it matches no whole name.
fn literal(kind: LiteralKind, source: &str, line: usize, pieces: &mut Vec<Piece>) {
    let escapes = match kind {
        LiteralKind::Str { .. } | LiteralKind::ByteStr { .. } | LiteralKind::CStr { .. } => true,
        LiteralKind::RawStr { .. }
        | LiteralKind::RawByteStr { .. }
        | LiteralKind::RawCStr { .. } => false,
        _ => return,
    };
    let Some((_, inside)) = source.split_once('"') else {
        return;
    };
    let inside = inside.trim_end_matches('#').trim_end_matches('"');
    let inside = if escapes {
        without_escapes(inside)
    } else {
        inside.to_owned()
    };
    if inside.contains([' ', '\n', '@']) {
        text(&inside, line, pieces);
    } else {
        pieces.push(name(&format!("\"{inside}\""), line));
    }
}

/// Replaces each escape by spaces, so that `\n` adds no `n` to a word. Line ends are
/// kept, for the line numbers.
fn without_escapes(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            text.push(if characters.next() == Some('\n') {
                '\n'
            } else {
                ' '
            });
        } else {
            text.push(character);
        }
    }
    text
}

fn name(name: &str, line: usize) -> Piece {
    Piece {
        words: split_name(name, line),
        name: Some(name.to_owned()),
    }
}

fn text(text: &str, line: usize, pieces: &mut Vec<Piece>) {
    let mut reader = Text::default();
    reader.read(text, line);
    reader.finish(pieces);
}

/// Collects the words of a text and the names in it.
#[derive(Default)]
struct Text {
    words: Vec<Word>,
    names: Vec<Piece>,
    after_break: bool,
}

impl Text {
    fn read(&mut self, text: &str, mut line: usize) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if is_part_of_name(character) {
                let end = rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                // The local part of an email address is data.
                if after.starts_with('@') {
                    self.gap(line);
                } else if looks_like_name(word) {
                    self.name(word, line);
                } else {
                    self.word(word.to_lowercase(), line);
                }
                rest = after;
                continue;
            }
            rest = &rest[character.len_utf8()..];
            match character {
                '\n' => line += 1,
                '`' => {
                    // Text that is quoted as code and has no white space is a name.
                    let end = rest.find(|c: char| c == '`' || c.is_whitespace());
                    if let Some(end) = end.filter(|&end| end > 0 && rest[end..].starts_with('`')) {
                        self.name(&rest[..end], line);
                        rest = &rest[end + 1..];
                    }
                }
                ' ' | '\t' | '\r' | '-' | '\'' | '’' | '*' | '"' => {}
                _ => self.after_break = true,
            }
        }
    }

    fn word(&mut self, text: String, line: usize) {
        self.words.push(Word {
            text,
            line,
            after_break: std::mem::take(&mut self.after_break),
        });
    }

    /// Adds an empty word for a name, so that no phrase continues over it.
    fn gap(&mut self, line: usize) {
        self.word(String::new(), line);
    }

    fn name(&mut self, text: &str, line: usize) {
        self.names.push(name(text, line));
        self.gap(line);
    }

    fn finish(self, pieces: &mut Vec<Piece>) {
        pieces.extend(self.names);
        pieces.push(Piece {
            name: None,
            words: self.words,
        });
    }
}

fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether the text is an identifier: `snake_case` or `camelCase`.
fn looks_like_name(word: &str) -> bool {
    word.contains('_')
        || word
            .chars()
            .zip(word.chars().skip(1))
            .any(|(one, next)| one.is_lowercase() && next.is_uppercase())
}
