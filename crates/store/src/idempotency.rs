//! Answers that are remembered for repeated requests.

use freehold_domain::Timestamp;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

/// An answer that was given before.
#[derive(Clone, Debug)]
pub struct IdempotencyRecord {
    /// Of the request that it answered.
    pub fingerprint: Vec<u8>,
    /// Sealed.
    pub response: Vec<u8>,
}

statements! {
    FIND = "SELECT fingerprint, answer FROM idempotency_records WHERE id = $1 AND expires_at > $2";
    DELETE_EXPIRED = "DELETE FROM idempotency_records WHERE id = $1 AND expires_at <= $2";
    PURGE_EXPIRED = "DELETE FROM idempotency_records WHERE expires_at <= $1";
}

static RECORDS: Insert = Insert {
    table: "idempotency_records",
    columns: &["id", "fingerprint", "answer", "expires_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&RECORDS];

impl Store {
    /// The answer remembered under `id`.
    pub async fn remembered(&self, id: &[u8], now: Timestamp) -> Result<Option<IdempotencyRecord>> {
        self.read_one(&FIND, values![id.to_vec(), now], |row| {
            Ok(IdempotencyRecord {
                fingerprint: row.get(0)?,
                response: row.get(1)?,
            })
        })
        .await
    }
}

impl Tx {
    /// Remembers an answer. If somebody else just did, this breaks
    /// [`Rule::IdempotencyKey`](crate::Rule::IdempotencyKey), and all that
    /// the transaction did is undone.
    pub fn insert_idempotency_record(
        &mut self,
        id: Vec<u8>,
        fingerprint: Vec<u8>,
        response: Vec<u8>,
        now: Timestamp,
        expires_at: Timestamp,
    ) {
        self.write(&DELETE_EXPIRED, values![id.clone(), now]);
        self.insert(
            &RECORDS,
            vec![values![id, fingerprint, response, expires_at]],
        );
    }

    /// Deletes expired idempotency records.
    pub fn purge_idempotency_records(&mut self, now: Timestamp) {
        self.write(&PURGE_EXPIRED, values![now]);
    }
}
