//! Invalid requests.

mod errors;
mod malformed_requests;
