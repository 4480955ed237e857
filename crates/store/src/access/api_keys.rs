//! API keys: issuing, listing, taking back, and noting their use. Recognising
//! one is in `callers`.

use freehold_domain::{ApiKey, HashedApiKey, Id, Organization, Project, Timestamp, User};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

/// A key in its owner's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The part that may be shown.
    pub prefix: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A key that is kept.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// What is kept of the rest.
    pub hashed: HashedApiKey,
    /// For which project.
    pub project: Id<Project>,
    /// In whose name; a member of the project.
    pub owner: Id<User>,
    /// What it is called.
    pub name: Option<String>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When.
    pub now: Timestamp,
}

/// An API key, and where it opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedApiKey {
    /// The part that may be shown.
    pub prefix: String,
    /// In whose name.
    pub user: Id<User>,
    /// For which project.
    pub project: Id<Project>,
    /// In which organization.
    pub organization: Id<Organization>,
}

statements! {
    LIST = "SELECT prefix, created_at, last_used_at, expiration_date
       FROM api_keys
      WHERE project_id = $1 AND created_by_id = $2 AND NOT hidden
      ORDER BY created_at DESC, prefix
      LIMIT 1000";
    DELETE = "DELETE FROM api_keys
      WHERE prefix = $1 AND project_id = $2 AND created_by_id = $3 AND NOT hidden";
    DELETE_UNLESS_VERIFIED = "DELETE FROM api_keys
      WHERE created_by_id = $1
        AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND email_verified_at IS NULL)";
    RECORD_USE = "UPDATE api_keys SET last_used_at = $2
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    DELETE_KEY = "DELETE FROM api_keys WHERE id = $1 RETURNING prefix, created_by_id, project_id,
            (SELECT p.organization_id FROM projects p WHERE p.id = api_keys.project_id)";
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
    /// A user's keys of a project, newest first.
    pub async fn api_keys_of(
        &self,
        project: Id<Project>,
        user: Id<User>,
    ) -> Result<Vec<ApiKeyRecord>> {
        self.read(&LIST, values![project, user], |row| {
            Ok(ApiKeyRecord {
                prefix: row.get(0)?,
                created_at: row.get(1)?,
                last_used_at: row.get(2)?,
                expires_at: row.get(3)?,
            })
        })
        .await
    }
}

impl Tx {
    /// Keeps keys. A prefix that is taken breaks
    /// [`Rule::ApiKeyPrefix`](crate::Rule::ApiKeyPrefix).
    pub fn insert_api_keys(&mut self, keys: Vec<ApiKeyRow>) {
        let rows = keys.into_iter().map(|it| {
            let hashed = it.hashed.as_str().to_owned();
            values![
                it.id,
                it.prefix,
                hashed,
                it.project,
                it.owner,
                it.name,
                it.expires_at,
                it.now,
                it.now
            ]
        });
        self.insert(&API_KEYS, rows.collect());
    }

    /// Takes a key back. Answers whether it was the user's, in this project.
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

    /// Takes an API key back, and says what it was. Only one of two at once is
    /// answered.
    pub async fn delete_api_key_by_id(&mut self, id: Id<ApiKey>) -> Result<Option<DeletedApiKey>> {
        self.read_one(&DELETE_KEY, values![id], |row| {
            Ok(DeletedApiKey {
                prefix: row.get(0)?,
                user: row.get(1)?,
                project: row.get(2)?,
                organization: row.get(3)?,
            })
        })
        .await
    }

    /// Takes back all keys of somebody whose address is not known to be theirs:
    /// whoever made them may have been somebody else.
    pub fn delete_api_keys_unless_verified(&mut self, user: Id<User>) {
        self.write(&DELETE_UNLESS_VERIFIED, values![user]);
    }

    /// Notes when a key was used.
    pub fn record_api_key_use(&mut self, id: Id<ApiKey>, at: Timestamp) {
        self.write(&RECORD_USE, values![id, at]);
    }
}
