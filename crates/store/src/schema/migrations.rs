//! The schema's history: numbered files, a pair of each, embedded in the
//! program and applied in order under a lock.
//!
//! A released file is never edited: its checksum is kept with it, and a
//! database that was made by another text is refused.

use aws_lc_rs::digest::{SHA256, digest};

use crate::engine::{Result, Row, Sql, Store, StoreError, Value};

/// One step of the history, in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// `0001_foundation`.
    pub name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! history {
    ($($name:literal),* $(,)?) => {
        /// All steps, oldest first.
        pub const ALL: &[Migration] = &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*];
    };
}

history!["0001_foundation", "0002_people", "0003_operators"];

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
pub(crate) static ALL_STATEMENTS: &[&Sql] = &[&APPLIED, &RECORD];

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
    /// Brings the schema up to date. Safe to run twice, and by several
    /// processes at once: they take turns, and all but the first find nothing
    /// left to do. Answers how many steps were applied.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database has another history, and
    /// nothing was changed.
    pub async fn migrate_all(&self) -> Result<u32> {
        // The common case takes no lock: nothing to do.
        if self
            .missing_migrations()
            .await
            .is_ok_and(|missing| missing == 0)
        {
            return Ok(0);
        }
        self.migrate(ALL).await
    }

    /// How many steps the database lacks.
    ///
    /// # Errors
    /// Any, when there is no history yet.
    pub async fn missing_migrations(&self) -> Result<usize> {
        let applied = self.read(&APPLIED, Vec::new(), read_applied).await?;
        Ok(missing(ALL, &applied)?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_history() {
        let files = |engine: &str| {
            let mut names: Vec<String> = std::fs::read_dir(format!(
                "{}/migrations/{engine}",
                env!("CARGO_MANIFEST_DIR")
            ))
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
            names.sort();
            names
        };
        assert_eq!(files("sqlite"), files("postgres"));
        let ours: Vec<String> = ALL
            .iter()
            .map(|step| format!("{}.sql", step.name))
            .collect();
        assert_eq!(files("sqlite"), ours, "list every file in `history!`");
    }

    #[test]
    fn an_edited_history_is_refused() {
        let applied = vec![("0001_foundation".to_owned(), checksum("another text"))];
        assert!(matches!(missing(ALL, &applied), Err(StoreError::Schema(_))));
        let newer = vec![
            ("0001_foundation".to_owned(), checksum(ALL[0].sqlite)),
            ("9999_later".to_owned(), checksum("x")),
        ];
        assert!(matches!(missing(ALL, &newer), Err(StoreError::Schema(_))));
    }
}
