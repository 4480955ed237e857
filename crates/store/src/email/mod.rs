//! Mail that waits to be sent.

pub(crate) mod data;
pub(crate) mod jobs;
