//! The events of commands.
//!
//! Not here: writing them to the audit log and the outbox (`unit_of_work`).

use freehold_domain::{AuditAction, Id, Organization};
use serde_json::Value;
use uuid::Uuid;

use crate::extension::TypedEvent;

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
    /// What extensions hear of it, if they do.
    pub typed: Option<TypedEvent>,
}

impl Event {
    pub(crate) fn new(action: AuditAction, target: impl Into<Option<Uuid>>) -> Self {
        Self {
            action,
            organization: None,
            target: target.into(),
            details: Value::Null,
            typed: None,
        }
    }

    pub(crate) fn in_organization(self, organization: Id<Organization>) -> Self {
        Self {
            organization: Some(organization),
            ..self
        }
    }

    /// Lets extensions hear the event.
    pub(crate) fn heard_as(self, typed: TypedEvent) -> Self {
        Self {
            typed: Some(typed),
            ..self
        }
    }

    pub(crate) fn with_details(self, details: Value) -> Self {
        Self { details, ..self }
    }
}
