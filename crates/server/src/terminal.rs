//! Output of commands for the operator at the terminal. Log lines are written by
//! `startup::logging`.
//!
//! Write errors are ignored: a closed pipe (`freehold config print | head -1`)
//! must not fail a command.

use std::io::{self, Write as _};

use freehold_domain::is_deceptive;

/// Prints the result of a command to standard output, so that it can be piped.
pub(crate) fn print_output(text: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    _ = writeln!(out, "{}", text.as_ref().trim_end_matches('\n'));
    _ = out.flush();
}

/// Prints a note or an error to standard error.
pub(crate) fn print_note(text: impl AsRef<str>) {
    _ = writeln!(io::stderr().lock(), "freehold: {}", text.as_ref());
}

/// Escapes control characters, and characters that hide or reorder text.
pub(crate) fn escape_unprintable(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_deceptive(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidirectional_characters_are_escaped() {
        assert_eq!(
            escape_unprintable("a\u{1b}[2J\u{202e}b\u{200b}c\u{2066}\u{feff}\n"),
            "a\\u{1b}[2J\\u{202e}b\\u{200b}c\\u{2066}\\u{feff}\\n"
        );
        assert_eq!(escape_unprintable("Zoë 👩\u{200d}🚀"), "Zoë 👩\u{200d}🚀");
    }
}
