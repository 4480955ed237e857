//! Migrations: applying versioned SQL texts in order, and which of them a database
//! lacks.
//!
//! Not here: the list of migrations, which is an argument.

use aws_lc_rs::digest::{SHA256, digest};

use super::{Inner, Result, Row, Sql, Store, StoreError, Value};

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

/// Creates the table of applied migrations.
pub(crate) static HISTORY: Sql = Sql {
    sqlite: "CREATE TABLE IF NOT EXISTS schema_migrations (
                 name TEXT PRIMARY KEY, checksum BLOB NOT NULL, applied_at INTEGER NOT NULL
             ) STRICT",
    postgres: "CREATE TABLE IF NOT EXISTS schema_migrations (
                   name text PRIMARY KEY, checksum bytea NOT NULL, applied_at timestamptz NOT NULL
               )",
};

pub(crate) static APPLIED: Sql = Sql {
    sqlite: "SELECT name, checksum FROM schema_migrations ORDER BY name",
    postgres: "SELECT name, checksum FROM schema_migrations ORDER BY name",
};

pub(crate) static RECORD: Sql = Sql {
    sqlite: "INSERT INTO schema_migrations (name, checksum, applied_at)
             VALUES ($1, $2, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
    postgres: "INSERT INTO schema_migrations (name, checksum, applied_at) VALUES ($1, $2, now())",
};

/// The statements of this file that a test prepares like others.
pub(crate) static ALL: &[&Sql] = &[&APPLIED, &RECORD];

/// Name and checksum of a migration that was applied to a database.
pub(crate) type Applied = (String, Vec<u8>);

pub(crate) fn read_applied(row: &Row<'_>) -> Result<Applied> {
    Ok((row.get(0)?, row.get(1)?))
}

impl Migration {
    pub(crate) fn record(&self, text: &str) -> Vec<Value> {
        vec![Value::Static(self.name), Value::Bytes(checksum(text))]
    }
}

pub(crate) fn checksum(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// Returns the migrations that the database lacks.
///
/// # Errors
/// [`StoreError::Schema`] when the applied migrations are not the first of `ours`.
pub(crate) fn missing<'m>(
    ours: &'m [Migration],
    applied: &[Applied],
) -> Result<&'m [Migration], StoreError> {
    for (index, (name, sum)) in applied.iter().enumerate() {
        let Some(step) = ours.get(index) else {
            return Err(StoreError::Schema(format!(
                "this database has the migration {name} of a newer Freehold; use that version or a later one"
            )));
        };
        let checksums = [checksum(step.sqlite), checksum(step.postgres)];
        if step.name != name || !checksums.contains(sum) {
            return Err(StoreError::Schema(format!(
                "this database has a migration {name} that differs from {} of this Freehold",
                step.name
            )));
        }
    }
    Ok(ours.get(applied.len()..).unwrap_or_default())
}

impl Store {
    /// Applies the migrations that the database lacks, in one transaction and
    /// under a lock that only one process can have. Returns how many were
    /// applied.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database has other migrations; then
    /// nothing is changed.
    pub(crate) async fn migrate(&self, migrations: &[Migration]) -> Result<u32> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.migrate(migrations).await,
            Inner::Postgres(postgres) => postgres.migrate(migrations).await,
        }
    }
}
