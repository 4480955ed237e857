//! What the audit log records: the action, and the trace of the decision.

mod action;
mod trace;

pub use action::AuditAction;
pub use trace::{Decision, Trace, TraceStep};
