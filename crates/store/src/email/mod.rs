//! Outgoing email.

pub(crate) mod data;
pub(crate) mod jobs;
