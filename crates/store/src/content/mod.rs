//! What projects contain.

pub(crate) mod resources;
