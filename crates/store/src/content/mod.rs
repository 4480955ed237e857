//! The content of projects.

pub(crate) mod resources;
