//! What the audit log records: what happened, and the trace of the decision that led there.

mod action;
mod trace;

pub use action::AuditAction;
pub use trace::{Decision, Trace, TraceStep};
