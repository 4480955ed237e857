//! What is said to the person at the terminal. Logs are for later and go to
//! `startup::logging`; this is for now.
//!
//! A reader that has gone away (`freehold config print | head -1`) is no
//! reason to fail, so what cannot be written is dropped.

use std::io::{self, Write as _};

use freehold_domain::is_deceptive;

/// An answer: to standard output, so that it can be piped.
pub(crate) fn print_output(text: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    _ = writeln!(out, "{}", text.as_ref().trim_end_matches('\n'));
    _ = out.flush();
}

/// A remark beside the answer: to standard error.
pub(crate) fn print_note(text: impl AsRef<str>) {
    _ = writeln!(io::stderr().lock(), "freehold: {}", text.as_ref());
}

/// Text that does to a terminal nothing but stand there, and hides and reorders
/// nothing.
pub(crate) fn escape_unprintable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_deceptive(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
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
