//! API keys and the authentication of callers.

pub(crate) mod api_keys;
pub(crate) mod callers;
