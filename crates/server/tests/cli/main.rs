//! The program as it is typed.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod admin;
mod commands;
mod program;
