//! The audit log: writing and reading it.

pub(crate) mod read;
pub(crate) mod write;
