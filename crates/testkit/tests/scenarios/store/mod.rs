//! The store below the application: engines, statements, schema and `doctor`.

pub(crate) mod doctor;
mod engine;
pub(crate) mod round_trips;
pub(crate) mod schema;
mod statements;
