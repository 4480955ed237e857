//! Idempotency records: stored responses of requests that may be repeated.

use freehold_domain::Timestamp;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

row_types! {
    /// A stored response.
    #[derive(Clone, Debug)]
    pub struct IdempotencyRecord {
        /// The fingerprint of the request.
        pub fingerprint: Vec<u8> = "fingerprint",
        /// The encrypted response.
        pub response: Vec<u8> = "response",
    }
}

statements! {
    rows IdempotencyRecord;

    FIND = "
        SELECT {IdempotencyRecord} FROM idempotency_records WHERE id = $1 AND expires_at > $2";
    DELETE_EXPIRED = "DELETE FROM idempotency_records WHERE id = $1 AND expires_at <= $2";
}

static RECORDS: Insert = Insert {
    table: "idempotency_records",
    columns: &["id", "fingerprint", "response", "expires_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&RECORDS];

impl Store {
    /// Returns the idempotency record with this id, unless it has expired.
    pub async fn idempotency_record(
        &self,
        id: &[u8],
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>> {
        self.read_one(&FIND, values![id.to_vec(), now], FromRow::read)
            .await
    }
}

impl Tx {
    /// Stores a response. If another request has just stored one under the same
    /// id, this violates [`Rule::IdempotencyKey`](crate::Rule::IdempotencyKey) and
    /// the transaction is rolled back.
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
}
