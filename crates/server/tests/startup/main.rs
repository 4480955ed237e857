//! What a server starts with, and how it stops.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod admin_key;
mod graceful_shutdown;
