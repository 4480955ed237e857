//! Middleware: code that runs around every request.

pub(crate) mod cors;
mod job_metrics;
pub(crate) mod metrics;
pub(crate) mod normalize_path;
pub(crate) mod observability;
pub(crate) mod request_id;
pub(crate) mod unread_body;
