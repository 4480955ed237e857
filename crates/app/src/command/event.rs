//! What a command says has happened.
//!
//! Not here: where it is kept and who hears of it (`command`).

use freehold_domain::{AuditAction, Id, Organization};
use serde_json::Value;
use uuid::Uuid;

/// Something that happens in a command: what audit keeps, what extensions hear
/// inside the transaction, and what is told to the outside after it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub action: AuditAction,
    /// Whose affair it is.
    pub organization: Option<Id<Organization>>,
    /// What it happens to.
    pub target: Option<Uuid>,
    /// What else there is to know; never a secret.
    pub details: Value,
}

impl Event {
    pub(crate) fn new(action: AuditAction, target: Uuid) -> Self {
        Self {
            action,
            organization: None,
            target: Some(target),
            details: Value::Null,
        }
    }

    pub(crate) fn in_organization(self, organization: Id<Organization>) -> Self {
        Self {
            organization: Some(organization),
            ..self
        }
    }

    pub(crate) fn with_details(self, details: Value) -> Self {
        Self { details, ..self }
    }
}
