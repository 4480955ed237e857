//! Tests of startup and shutdown.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod admin_key;
mod graceful_shutdown;
