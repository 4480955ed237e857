//! Operator keys: creating, authenticating, listing and revoking them, and
//! recording their use. They are not cached.

use freehold_domain::{HashedApiKey, Id, OperatorKey, OperatorScope, OperatorScopes, Timestamp};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

row_types! {
    /// An operator key in a list.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct OperatorKeyRecord {
        /// Its id.
        pub id: Id<OperatorKey> = "id",
        /// The name of its operator.
        pub name: String = "name",
        /// The part that may be shown.
        pub prefix: String = "prefix",
        /// What it allows.
        pub scopes: OperatorScopes = "scopes",
        /// When it expires.
        pub expires_at: Option<Timestamp> = "expires_at",
        /// When it was last used, to the minute.
        pub last_used_at: Option<Timestamp> = "last_used_at",
        /// When it was revoked.
        pub revoked_at: Option<Timestamp> = "revoked_at",
        /// When it was created.
        pub created_at: Timestamp = "created_at",
        /// The name of the operator who created it.
        pub created_by: String = "created_by",
    }

    /// What is needed to verify an operator key.
    #[derive(Clone, Debug)]
    pub struct OperatorKeyCredential {
        /// The prefix with the hash of the secret.
        pub hashed: HashedApiKey = "hashed_key",
        /// The key.
        pub record: OperatorKeyRecord,
    }
}

statements! {
    rows OperatorKeyRecord, OperatorKeyCredential;

    BY_PREFIX = "SELECT {OperatorKeyCredential} FROM operator_keys WHERE prefix = $1";
    // Keys that are not revoked come first and are few.
    LIST = "
        SELECT {OperatorKeyRecord} FROM operator_keys
         ORDER BY (revoked_at IS NOT NULL), revoked_at DESC, name, id
         LIMIT 1000";
    REVOKE = "
        UPDATE operator_keys SET revoked_at = $2
         WHERE name = $1 AND revoked_at IS NULL
     RETURNING {OperatorKeyRecord}";
    RECORD_USE = "
        UPDATE operator_keys SET last_used_at = $2
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

static KEYS: Insert = Insert {
    table: "operator_keys",
    columns: &[
        "id",
        "name",
        "prefix",
        "hashed_key",
        "scopes",
        "expires_at",
        "created_at",
        "created_by",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&KEYS];

impl Store {
    /// Returns the key with this prefix, also if it was revoked or has expired.
    pub async fn operator_key(&self, prefix: &str) -> Result<Option<OperatorKeyCredential>> {
        self.read_one(&BY_PREFIX, values![prefix.to_owned()], FromRow::read)
            .await
    }

    /// Returns the first thousand keys: those that are not revoked by name, then
    /// revoked ones, the latest first.
    pub async fn operator_keys(&self) -> Result<Vec<OperatorKeyRecord>> {
        self.read(&LIST, values![], FromRow::read).await
    }
}

impl Tx {
    /// Inserts a key. A name that a key has which is not revoked violates
    /// [`Rule::OperatorKeyName`](crate::Rule::OperatorKeyName), a prefix that exists
    /// [`Rule::OperatorKeyPrefix`](crate::Rule::OperatorKeyPrefix).
    pub fn insert_operator_key(&mut self, key: &OperatorKeyRecord, hashed: &HashedApiKey) {
        let OperatorKeyRecord {
            id,
            name,
            prefix,
            scopes,
            expires_at,
            last_used_at: _,
            revoked_at: _,
            created_at,
            created_by,
        } = key.clone();
        let scopes: Vec<&str> = scopes.iter().map(OperatorScope::as_str).collect();
        let row = values![
            id,
            name,
            prefix,
            hashed.as_str().to_owned(),
            serde_json::Value::from(scopes),
            expires_at,
            created_at,
            created_by
        ];
        self.insert(&KEYS, vec![row]);
    }

    /// Revokes the key with this name and returns it.
    pub async fn revoke_operator_key(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<OperatorKeyRecord>> {
        self.read_one(&REVOKE, values![name.to_owned(), now], FromRow::read)
            .await
    }

    /// Records when a key was used.
    pub fn record_operator_key_use(&mut self, id: Id<OperatorKey>, at: Timestamp) {
        self.write(&RECORD_USE, values![id, at]);
    }
}
