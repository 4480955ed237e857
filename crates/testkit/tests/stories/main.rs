//! Stories, told to SQLite and to PostgreSQL, each in a database of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails may say so by panicking"
)]

mod accounts;
mod admission;
mod corruptions;
mod deletion;
mod doctor;
mod doctor_speed;
mod errors;
mod extensions;
mod faults;
mod idempotency;
mod keys;
mod nasty;
mod organizations;
mod passwords;
mod races;
mod rehearsals;
mod schema;
mod schema_chain;
mod scopes;
mod seam;
mod seam_postgres;
mod seam_told;
mod sessions;
mod statements;
mod tokens;
mod tour;
mod town;
mod traces;
mod transfer;
mod web_client;
