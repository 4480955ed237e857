//! Requests that are wrong, whatever their subject.

mod errors;
mod malformed_requests;
