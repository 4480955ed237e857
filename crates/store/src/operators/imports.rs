//! Imports: their progress, and which users an import has created.
//!
//! Not here: inserting the rows (`organizations::create`, `accounts::users`).

use freehold_domain::{AuditAction, Id, Organization, Timestamp, User};
use uuid::Uuid;

use crate::engine::json_list::texts;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// An import, which processes rows in order.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ImportRecord {
        /// Its id.
        pub id: Uuid = "id",
        /// How many rows have been processed.
        pub rows_done: u64 = "rows_done" => i64::unsigned_abs,
        /// How many of them created a user.
        pub created: u64 = "created" => i64::unsigned_abs,
        /// How many of them had the email address of an existing user.
        pub existing: u64 = "existing" => i64::unsigned_abs,
        /// How many of them were refused.
        pub refused: u64 = "refused" => i64::unsigned_abs,
        /// When it was started.
        pub started_at: Timestamp = "started_at",
        /// When the last row was processed.
        pub finished_at: Option<Timestamp> = "finished_at",
    }

    /// The user of an email address, and the request that created them.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ImportedAccount {
        /// The normalized email address.
        pub email: String = "u.email",
        /// The user.
        pub user: Id<User> = "u.id",
        /// The operator's request that created the user, if there is one.
        pub request_id: Option<String> = "e.request_id",
        /// The organization that was created with the user.
        pub organization: Option<Id<Organization>> = "e.organization_id",
    }
}

statements! {
    rows ImportRecord, ImportedAccount;

    INSERT_IF_NEW = "
        INSERT INTO imports (id, digest, started_at, updated_at) VALUES ($1, $2, $3, $3)
            ON CONFLICT (digest) DO NOTHING";
    BY_DIGEST = "SELECT {ImportRecord} FROM imports WHERE digest = $1";
    BY_ID = "SELECT {ImportRecord} FROM imports WHERE id = $1";
    ADD_PROGRESS = "
        UPDATE imports
           SET rows_done = rows_done + $2 + $3 + $4, created = created + $2,
               existing = existing + $3, refused = refused + $4, updated_at = $5
         WHERE id = $1";
    FINISH = "
        UPDATE imports SET finished_at = $2, updated_at = $2 WHERE id = $1 AND finished_at IS NULL";
    RESTART = "
        UPDATE imports
           SET id = $2, rows_done = 0, created = 0, existing = 0, refused = 0,
               started_at = $3, updated_at = $3, finished_at = NULL
         WHERE id = $1";
    PROGRESS_EVENTS = "
        SELECT details FROM audit_events
         WHERE target_id = $1 AND action = $2 AND details IS NOT NULL ORDER BY id";
    ACCOUNTS = "
        SELECT {ImportedAccount}
          FROM {list $1} a
         CROSS JOIN users u
          LEFT JOIN audit_events e ON e.target_id = u.id AND e.action = $2
         WHERE u.email = a.value";
}

impl Store {
    /// Returns the import with this id.
    pub async fn import(&self, id: Uuid) -> Result<Option<ImportRecord>> {
        self.read_one(&BY_ID, values![id], FromRow::read).await
    }

    /// Returns the users of these normalized email addresses, and the requests that created them.
    pub async fn imported_accounts(&self, emails: &[&str]) -> Result<Vec<ImportedAccount>> {
        let values = values![texts(emails), AuditAction::UserCreated.as_str()];
        self.read(&ACCOUNTS, values, FromRow::read).await
    }

    /// Returns the details of the audit events of an import's batches, in order.
    pub async fn import_progress_events(&self, id: Uuid) -> Result<Vec<serde_json::Value>> {
        let progress_action = AuditAction::ImportBatchCommitted.as_str();
        self.read(&PROGRESS_EVENTS, values![id, progress_action], |row| {
            row.get(0)
        })
        .await
    }
}

impl Tx {
    /// Returns the import of this digest (hex SHA-256); inserts it if it is new.
    pub async fn find_or_create_import(
        &mut self,
        id: Uuid,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<ImportRecord>> {
        let digest = digest.to_owned();
        self.write(&INSERT_IF_NEW, values![id, digest.clone(), now]);
        self.read_one(&BY_DIGEST, values![digest], FromRow::read)
            .await
    }

    /// Adds the counts of a batch to an import.
    pub fn add_import_progress(
        &mut self,
        id: Uuid,
        created: u64,
        existing: u64,
        refused: u64,
        now: Timestamp,
    ) {
        let [created, existing, refused] =
            [created, existing, refused].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        self.write(&ADD_PROGRESS, values![id, created, existing, refused, now]);
    }

    /// Marks an import as finished.
    pub fn finish_import(&mut self, id: Uuid, now: Timestamp) {
        self.write(&FINISH, values![id, now]);
    }

    /// Starts an import again from the first row, under a new id, so that a
    /// client that continues the previous one does not find it.
    pub fn restart_import(&mut self, id: Uuid, new_id: Uuid, now: Timestamp) {
        self.write(&RESTART, values![id, new_id, now]);
    }
}
