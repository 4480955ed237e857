//! The audit log: what is recorded in it, and who can read which events.

mod queries;
mod records;
