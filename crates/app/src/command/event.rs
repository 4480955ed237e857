//! The events of commands.
//!
//! Not here: writing them to the audit log and the outbox (`unit_of_work`).

use freehold_domain::{AuditAction, Id, Organization};
use serde_json::Value;
use uuid::Uuid;

/// An event of a command. It is written to the audit log and the outbox, and
/// extensions handle it inside the transaction.
#[derive(Clone, Debug)]
pub struct Event {
    /// The action.
    pub action: AuditAction,
    /// The organization that it concerns.
    pub organization: Option<Id<Organization>>,
    /// The id of what was changed.
    pub target: Option<Uuid>,
    /// Details, which never contain a secret.
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
