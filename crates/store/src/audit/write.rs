//! Writing the audit log.

use freehold_domain::{AuditAction, Id, Organization, Timestamp};
use uuid::Uuid;

use crate::engine::value::values;
use crate::engine::{Insert, Tx};

/// An audit event to insert.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// The action.
    pub action: AuditAction,
    /// `user`, `key`, `operator`, `service` or `anonymous`.
    pub actor_kind: &'static str,
    /// The user, or the operator's key.
    pub actor: Option<Uuid>,
    /// The name of the operator.
    pub actor_name: Option<String>,
    /// The reason that the operator gave.
    pub reason: Option<String>,
    /// The organization that the event is about.
    pub organization: Option<Id<Organization>>,
    /// The id of the target.
    pub target: Option<Uuid>,
    /// The code of the refusal, if the action was refused.
    pub refused: Option<&'static str>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The network address of the client.
    pub address: Option<String>,
    /// The decision's trace and other details. Never a secret.
    pub details: Option<serde_json::Value>,
}

static AUDIT: Insert = Insert {
    table: "audit_events",
    columns: &[
        "id",
        "at",
        "action",
        "actor_kind",
        "actor_id",
        "actor_name",
        "reason",
        "organization_id",
        "target_id",
        "refused",
        "request_id",
        "address",
        "details",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&AUDIT];

impl Tx {
    /// Inserts audit events.
    pub fn insert_audit_events(&mut self, events: Vec<AuditRow>) {
        let rows = events.into_iter().map(|event| {
            let AuditRow {
                id,
                at,
                action,
                actor_kind,
                actor,
                actor_name,
                reason,
                organization,
                target,
                refused,
                request_id,
                address,
                details,
            } = event;
            values![
                id,
                at,
                action.as_str(),
                actor_kind,
                actor,
                actor_name,
                reason,
                organization,
                target,
                refused,
                request_id,
                address,
                details
            ]
        });
        self.insert(&AUDIT, rows.collect());
    }
}
