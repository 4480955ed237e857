//! The audit trail, written: what every command leaves behind.

use freehold_domain::{AuditAction, Id, Organization, Timestamp};
use uuid::Uuid;

use crate::engine::value::values;
use crate::engine::{Insert, Tx};

/// Something that happened, or was refused.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// `user`, `key`, `operator` or `anonymous`.
    pub actor_kind: &'static str,
    /// The user, or the operator's key.
    pub actor: Option<Uuid>,
    /// What the operator is called.
    pub actor_name: Option<String>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Whose affair it is.
    pub organization: Option<Id<Organization>>,
    /// What it was done to.
    pub target: Option<Uuid>,
    /// The code of the refusal, if it was one.
    pub refused: Option<&'static str>,
    /// The request it belongs to.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// The decision's trace, and what else explains it. Never a secret.
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
    /// Notes what happened.
    pub fn insert_audit_events(&mut self, events: Vec<AuditRow>) {
        let rows = events.into_iter().map(|it| {
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
            } = it;
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
