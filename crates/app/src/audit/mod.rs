//! The audit trail, read back: all of it for operators; for those who run an
//! organization what happened in it.

mod events;
mod organization;

pub use events::{EventQuery, WhichActor};
pub use organization::{OwnEvent, OwnEvents};
