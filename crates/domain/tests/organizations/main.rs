//! The flags and the slug of an organization.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

mod flags;
mod slug;
