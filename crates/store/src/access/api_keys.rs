//! API keys: creating, listing and deleting them, and recording their use.
//!
//! Not here: authenticating with one (`callers`).

use freehold_domain::{ApiKey, HashedApiKey, Id, Organization, Project, Timestamp, User};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

row_types! {
    /// An API key in its owner's list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ApiKeyRecord {
        /// The part that may be shown.
        pub prefix: String = "prefix",
        /// When it was created.
        pub created_at: Option<Timestamp> = "created_at",
        /// When it was last used, to the minute.
        pub last_used_at: Option<Timestamp> = "last_used_at",
        /// When it expires.
        pub expires_at: Option<Timestamp> = "expiration_date",
    }
}

/// An API key to insert.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// The prefix with the hash of the secret.
    pub hashed: HashedApiKey,
    /// The project.
    pub project: Id<Project>,
    /// The user who owns it, a member of the project.
    pub owner: Id<User>,
    /// Its name.
    pub name: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it is created.
    pub now: Timestamp,
}

row_types! {
    /// An API key that was deleted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DeletedApiKey {
        /// The part that may be shown.
        pub prefix: String = "prefix",
        /// The user who owned it.
        pub user: Id<User> = "created_by_id",
        /// Its project.
        pub project: Id<Project> = "project_id",
        /// The organization of the project.
        pub organization: Id<Organization> =
            "(SELECT p.organization_id FROM projects p WHERE p.id = api_keys.project_id)",
    }
}

statements! {
    rows ApiKeyRecord, DeletedApiKey;

    LIST = "
        SELECT {ApiKeyRecord} FROM api_keys
         WHERE project_id = $1 AND created_by_id = $2 AND NOT hidden
         ORDER BY created_at DESC, prefix
         LIMIT 1000";
    DELETE = "
        DELETE FROM api_keys
         WHERE prefix = $1 AND project_id = $2 AND created_by_id = $3 AND NOT hidden";
    DELETE_UNLESS_VERIFIED = "
        DELETE FROM api_keys
         WHERE created_by_id = $1
           AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND email_verified_at IS NULL)";
    RECORD_USE = "
        UPDATE api_keys SET last_used_at = $2
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    DELETE_KEY = "DELETE FROM api_keys WHERE id = $1 RETURNING {DeletedApiKey}";
}

static API_KEYS: Insert = Insert {
    table: "api_keys",
    columns: &[
        "id",
        "prefix",
        "hashed_key",
        "project_id",
        "created_by_id",
        "name",
        "expiration_date",
        "created_at",
        "updated_at",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&API_KEYS];

impl Store {
    /// Returns a user's API keys in a project, newest first.
    pub async fn api_keys_of(
        &self,
        project: Id<Project>,
        user: Id<User>,
    ) -> Result<Vec<ApiKeyRecord>> {
        self.read(&LIST, values![project, user], FromRow::read)
            .await
    }
}

impl Tx {
    /// Inserts API keys. A prefix that exists violates
    /// [`Rule::ApiKeyPrefix`](crate::Rule::ApiKeyPrefix).
    pub fn insert_api_keys(&mut self, keys: Vec<ApiKeyRow>) {
        let rows = keys.into_iter().map(|key| {
            let hashed = key.hashed.as_str().to_owned();
            values![
                key.id,
                key.prefix,
                hashed,
                key.project,
                key.owner,
                key.name,
                key.expires_at,
                key.now,
                key.now
            ]
        });
        self.insert(&API_KEYS, rows.collect());
    }

    /// Deletes a user's API key in a project. Returns whether it existed.
    pub async fn delete_api_key(
        &mut self,
        prefix: &str,
        project: Id<Project>,
        user: Id<User>,
    ) -> Result<bool> {
        Ok(self
            .claim(&DELETE, values![prefix.to_owned(), project, user])
            .await?
            == 1)
    }

    /// Deletes an API key and returns it. Of two at once, only one gets a
    /// result.
    pub async fn delete_api_key_by_id(&mut self, id: Id<ApiKey>) -> Result<Option<DeletedApiKey>> {
        self.read_one(&DELETE_KEY, values![id], FromRow::read).await
    }

    /// Deletes all API keys of a user whose email address is not verified: their
    /// creator may not be the owner of the address.
    pub fn delete_api_keys_unless_verified(&mut self, user: Id<User>) {
        self.write(&DELETE_UNLESS_VERIFIED, values![user]);
    }

    /// Records when an API key was used.
    pub fn record_api_key_use(&mut self, id: Id<ApiKey>, at: Timestamp) {
        self.write(&RECORD_USE, values![id, at]);
    }
}
