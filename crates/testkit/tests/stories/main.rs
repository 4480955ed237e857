//! Stories, told to SQLite and to PostgreSQL, each in a database of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails may say so by panicking"
)]

mod corruptions;
mod doctor;
mod doctor_speed;
mod schema;
mod schema_chain;
mod seam;
mod seam_postgres;
mod statements;
mod tour;
mod town;
