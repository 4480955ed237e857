//! Migrations: applying versioned SQL texts in order, and which of them a database
//! lacks.
//!
//! Not here: the list of migrations, which is an argument.

use aws_lc_rs::digest::{SHA256, digest};

use super::row::row_types;
use super::statement::statements;
use super::{Inner, Result, Sql, Store, StoreError, Value};

/// One migration, in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// For example `0001_foundation`.
    pub name: &'static str,
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// The migrations of one owner of tables: of the core, or of an extension. Owners do not see each
/// other's histories, so that a program without an extension works on a database with its tables.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// The name of the owner, for example `core`.
    pub namespace: &'static str,
    /// Its migrations, oldest first.
    pub migrations: &'static [Migration],
}

/// Creates the table of applied migrations.
pub(crate) static HISTORY: Sql = Sql {
    sqlite: "CREATE TABLE IF NOT EXISTS schema_migrations (
                 namespace TEXT NOT NULL, name TEXT NOT NULL, checksum BLOB NOT NULL,
                 applied_at INTEGER NOT NULL, PRIMARY KEY (namespace, name)
             ) STRICT, WITHOUT ROWID",
    postgres: "CREATE TABLE IF NOT EXISTS schema_migrations (
                   namespace text NOT NULL, name text NOT NULL, checksum bytea NOT NULL,
                   applied_at timestamptz NOT NULL, PRIMARY KEY (namespace, name)
               )",
};

row_types! {
    /// A migration that was applied to a database.
    #[derive(Clone, Debug)]
    pub(crate) struct Applied {
        pub(crate) namespace: String = "namespace",
        pub(crate) name: String = "name",
        pub(crate) checksum: Vec<u8> = "checksum",
    }
}

statements! {
    rows Applied;

    APPLIED = "SELECT {Applied} FROM schema_migrations ORDER BY namespace, name",
        postgres = "
        SELECT {Applied} FROM schema_migrations
         ORDER BY namespace COLLATE \"C\", name COLLATE \"C\"";
    RECORD = "
        INSERT INTO schema_migrations (namespace, name, checksum, applied_at)
        VALUES ($1, $2, $3, {now})";
}

impl Migration {
    pub(crate) fn record(&self, namespace: &'static str, text: &str) -> Vec<Value> {
        vec![
            Value::Static(namespace),
            Value::Static(self.name),
            Value::Bytes(checksum(text)),
        ]
    }
}

pub(crate) fn checksum(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// Returns the migrations that the database lacks, each with its namespace.
///
/// # Errors
/// [`StoreError::Schema`] when the applied migrations of a namespace are not its first ones.
pub(crate) fn missing(
    histories: &[History],
    applied: &[Applied],
) -> Result<Vec<(&'static str, &'static Migration)>, StoreError> {
    let mut missing = Vec::new();
    for History {
        namespace,
        migrations,
    } in histories
    {
        let mut steps = migrations.iter();
        for found in applied.iter().filter(|found| found.namespace == *namespace) {
            let name = &found.name;
            let Some(step) = steps.next() else {
                return Err(StoreError::Schema(format!(
                    "this database has the migration {name} ({namespace}) of a newer Freehold; \
                     use that version or a later one"
                )));
            };
            let checksums = [checksum(step.sqlite), checksum(step.postgres)];
            if step.name != name || !checksums.contains(&found.checksum) {
                return Err(StoreError::Schema(format!(
                    "this database has a migration {name} ({namespace}) that differs from {} of \
                     this Freehold",
                    step.name
                )));
            }
        }
        missing.extend(steps.map(|step| (*namespace, step)));
    }
    Ok(missing)
}

/// Returns the namespaces in the database that are not in `histories`.
pub(crate) fn other_namespaces(histories: &[History], applied: &[Applied]) -> Vec<String> {
    let is_ours = |name: &str| histories.iter().any(|history| history.namespace == name);
    let mut others: Vec<String> = applied
        .iter()
        .map(|found| found.namespace.clone())
        .filter(|name| !is_ours(name))
        .collect();
    others.dedup();
    others
}

impl Store {
    /// Applies the migrations that the database lacks, in one transaction and
    /// under a lock that only one process can have. Returns how many were
    /// applied.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database has other migrations; then
    /// nothing is changed.
    pub(crate) async fn migrate(&self, histories: &[History]) -> Result<u32> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.migrate(histories).await,
            Inner::Postgres(postgres) => postgres.migrate(histories).await,
        }
    }
}
