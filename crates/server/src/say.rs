//! What is said to the person at the terminal. Logs are for later and go to
//! `telemetry`; this is for now.
//!
//! A reader that has gone away (`freehold config print | head -1`) is no
//! reason to fail, so what cannot be written is dropped.

use std::io::{self, Write as _};

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
