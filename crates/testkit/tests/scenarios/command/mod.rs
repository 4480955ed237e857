//! What holds for every command: dry runs, idempotency keys, extensions.

mod dry_run;
mod extensions;
mod idempotency;
