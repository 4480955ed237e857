//! What is said to the person at the terminal. Logs are for later and go to
//! `startup::logging`; this is for now.
//!
//! A reader that has gone away (`freehold config print | head -1`) is no
//! reason to fail, so what cannot be written is dropped.

use std::io::{self, Write as _};

use freehold_domain::is_deceptive;

/// An answer: to standard output, so that it can be piped.
pub(crate) fn answer(text: impl AsRef<str>) {
    let mut out = io::stdout().lock();
    _ = writeln!(out, "{}", text.as_ref().trim_end_matches('\n'));
    _ = out.flush();
}

/// A remark beside the answer: to standard error.
pub(crate) fn remark(text: impl AsRef<str>) {
    _ = writeln!(io::stderr().lock(), "freehold: {}", text.as_ref());
}

/// Text that does to a terminal nothing but stand there, and hides and reorders
/// nothing.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_deceptive(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_hides_or_reorders() {
        assert_eq!(
            visible("a\u{1b}[2J\u{202e}b\u{200b}c\u{2066}\u{feff}\n"),
            "a\\u{1b}[2J\\u{202e}b\\u{200b}c\\u{2066}\\u{feff}\\n"
        );
        assert_eq!(visible("Zoë 👩\u{200d}🚀"), "Zoë 👩\u{200d}🚀");
    }
}
