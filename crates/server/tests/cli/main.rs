//! Tests of the program `freehold`: commands, output and exit codes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod admin;
mod commands;
mod program;
