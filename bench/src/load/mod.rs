//! The senders of requests: `wrk` for loads, and a client for single requests.

pub(crate) mod client;
pub(crate) mod wrk;
