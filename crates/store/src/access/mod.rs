//! Who is asking, and the keys by which programs ask.

pub(crate) mod api_keys;
pub(crate) mod callers;
