//! The audit trail: writing it, and reading it back.

pub(crate) mod read;
pub(crate) mod write;
