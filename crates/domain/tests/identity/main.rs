//! Email addresses, passwords and usernames.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

mod email;
mod password;
mod username;
