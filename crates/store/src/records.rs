//! What every command leaves behind: audit events, outbox rows, remembered
//! answers; and the keys that all nodes share.

use freehold_domain::{AuditAction, Id, Organization, Timestamp};
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Result, Store, Tx, Value};

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

/// Something to be told to the outside.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// What sort of thing: `event` or `letter`.
    pub topic: &'static str,
    /// What there is to tell. Never a secret.
    pub payload: serde_json::Value,
    /// Since when it waits.
    pub now: Timestamp,
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
static OUTBOX: Insert = Insert {
    table: "outbox",
    columns: &["id", "topic", "payload", "created_at", "available_at"],
};
static ANSWERS: Insert = Insert {
    table: "idempotency_records",
    columns: &["id", "fingerprint", "answer", "expires_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&AUDIT, &OUTBOX, &ANSWERS];

statements! {
    ANSWER = "SELECT fingerprint, answer FROM idempotency_records WHERE id = $1 AND expires_at > $2";
    DROP_STALE_ANSWER = "DELETE FROM idempotency_records WHERE id = $1 AND expires_at <= $2";
    PURGE_ANSWERS = "DELETE FROM idempotency_records WHERE expires_at <= $1";
    PURGE_OUTBOX = "DELETE FROM outbox WHERE done_at IS NULL AND created_at <= $1";
    OPERATOR_DID = "SELECT EXISTS (SELECT 1 FROM audit_events
      WHERE actor_name = $1 AND request_id = $2 AND refused IS NULL)";
    SERVER_KEY = "SELECT id, secret FROM server_keys WHERE purpose = $1";
    OFFER_SERVER_KEY = "INSERT INTO server_keys (purpose, id, secret, created_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT (purpose) DO NOTHING";
}

/// An answer that was given before.
#[derive(Clone, Debug)]
pub struct RememberedAnswer {
    /// Of the request that it answered.
    pub fingerprint: Vec<u8>,
    /// Sealed.
    pub answer: Vec<u8>,
}

impl Store {
    /// The answer remembered under `id`.
    pub async fn remembered(&self, id: &[u8], now: Timestamp) -> Result<Option<RememberedAnswer>> {
        self.read_one(&ANSWER, values![id.to_vec(), now], |row| {
            Ok(RememberedAnswer {
                fingerprint: row.get(0)?,
                answer: row.get(1)?,
            })
        })
        .await
    }

    /// Whether what an operator asked in this request was done.
    pub async fn operator_did(&self, operator: &str, request_id: &str) -> Result<bool> {
        let values = values![operator.to_owned(), request_id.to_owned()];
        let did = self.read_one(&OPERATOR_DID, values, |row| row.get(0));
        Ok(did.await?.unwrap_or_default())
    }

    /// The key that all nodes share for `purpose`.
    pub async fn server_key(&self, purpose: &'static str) -> Result<Option<(Uuid, Vec<u8>)>> {
        self.read_one(&SERVER_KEY, values![purpose], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .await
    }
}

impl Tx {
    /// Notes what happened.
    pub fn insert_audit(&mut self, events: Vec<AuditRow>) {
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

    /// Leaves things to be told to the outside: one statement, however many.
    pub fn insert_outbox(&mut self, entries: Vec<OutboxRow>) {
        let rows = entries.into_iter().map(|it| {
            let OutboxRow {
                id,
                topic,
                payload,
                now,
            } = it;
            values![id, topic, payload, now, now]
        });
        self.insert(&OUTBOX, rows.collect());
    }

    /// Remembers an answer. If somebody else just did, this breaks
    /// [`Rule::IdempotencyKey`](crate::Rule::IdempotencyKey), and all that
    /// the transaction did is undone.
    pub fn remember_answer(
        &mut self,
        id: Vec<u8>,
        fingerprint: Vec<u8>,
        answer: Vec<u8>,
        now: Timestamp,
        expires_at: Timestamp,
    ) {
        self.write(&DROP_STALE_ANSWER, values![id.clone(), now]);
        self.insert(&ANSWERS, vec![values![id, fingerprint, answer, expires_at]]);
    }

    /// Offers a shared key; the first one offered stays.
    pub fn offer_server_key(
        &mut self,
        purpose: &'static str,
        id: Uuid,
        secret: Vec<u8>,
        now: Timestamp,
    ) {
        self.write(
            &OFFER_SERVER_KEY,
            vec![
                Value::Static(purpose),
                Value::Uuid(id),
                Value::Bytes(secret),
                Value::Time(now),
            ],
        );
    }

    /// Removes answers that are no longer remembered, and outbox rows that
    /// nobody fetched until `unfetched_since`.
    pub fn purge_records(&mut self, now: Timestamp, unfetched_since: Timestamp) {
        self.write(&PURGE_ANSWERS, values![now]);
        self.write(&PURGE_OUTBOX, values![unfetched_since]);
    }
}
