//! Features of every command: dry runs, idempotency keys, extensions.

mod dry_run;
mod extensions;
mod idempotency;
