//! Keys that all nodes share.

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx, Value};

statements! {
    SERVER_KEY = "SELECT id, secret FROM server_keys WHERE purpose = $1";
    INSERT_SERVER_KEY_IF_ABSENT = "
        INSERT INTO server_keys (purpose, id, secret, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (purpose) DO NOTHING";
}

impl Store {
    /// Returns the key that all nodes share for `purpose`.
    pub async fn server_key(&self, purpose: &'static str) -> Result<Option<(Uuid, Vec<u8>)>> {
        self.read_one(&SERVER_KEY, values![purpose], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .await
    }
}

impl Tx {
    /// Stores a shared key, unless there is one for this purpose.
    pub fn insert_server_key_if_absent(
        &mut self,
        purpose: &'static str,
        id: Uuid,
        secret: Vec<u8>,
        now: Timestamp,
    ) {
        self.write(
            &INSERT_SERVER_KEY_IF_ABSENT,
            vec![
                Value::Static(purpose),
                Value::Uuid(id),
                Value::Bytes(secret),
                Value::Time(now),
            ],
        );
    }
}
