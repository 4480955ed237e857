//! Versioned SQL texts: in which order they are applied, and which of them a
//! database has behind it.
//!
//! Which texts there are is not known here: they are given.

use aws_lc_rs::digest::{SHA256, digest};

use super::{Inner, Result, Row, Sql, Store, StoreError, Value};

/// One step of a schema's history, in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// `0001_foundation`.
    pub name: &'static str,
    /// What SQLite runs.
    pub sqlite: &'static str,
    /// What PostgreSQL runs.
    pub postgres: &'static str,
}

/// Makes the table of what was applied.
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

/// The statements of this file that are prepared like others.
pub(crate) static ALL: &[&Sql] = &[&APPLIED, &RECORD];

/// A step that a database has behind it.
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

/// The steps that a database lacks.
///
/// # Errors
/// [`StoreError::Schema`] when its history is not a beginning of ours.
pub(crate) fn missing<'m>(
    ours: &'m [Migration],
    applied: &[Applied],
) -> Result<&'m [Migration], StoreError> {
    for (index, (name, sum)) in applied.iter().enumerate() {
        let Some(step) = ours.get(index) else {
            return Err(StoreError::Schema(format!(
                "this database was made by a newer Freehold (step {name}); use that version or a later one"
            )));
        };
        let known = [checksum(step.sqlite), checksum(step.postgres)];
        if step.name != name || !known.contains(sum) {
            return Err(StoreError::Schema(format!(
                "this database has step {name}, which is not the {} of this Freehold",
                step.name
            )));
        }
    }
    Ok(ours.get(applied.len()..).unwrap_or_default())
}

impl Store {
    /// Applies those of these steps that the database lacks, each text as a
    /// whole, all in one transaction and under a lock that only one process can
    /// hold. Answers how many they were.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database has another history, and
    /// nothing was changed.
    pub(crate) async fn migrate(&self, migrations: &[Migration]) -> Result<u32> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.migrate(migrations).await,
            Inner::Postgres(postgres) => postgres.migrate(migrations).await,
        }
    }
}
