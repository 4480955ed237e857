//! The migrations of the core: numbered files, one for each engine, embedded in
//! the program and applied in order under a lock.
//!
//! A released file is never edited: its checksum is recorded, and a database
//! whose checksum differs is refused.

use crate::engine::migration::{APPLIED, missing, read_applied};
use crate::engine::{Result, Store};

pub use crate::engine::Migration;

macro_rules! history {
    ($($name:literal),* $(,)?) => {
        /// All migrations, oldest first.
        pub const ALL: &[Migration] = &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*];
    };
}

history!["0001_foundation"];

impl Store {
    /// Applies the migrations that the database lacks. Safe to run again, and by
    /// several processes at once: one applies them, the others wait and then
    /// find nothing to apply. Returns how many were applied.
    ///
    /// # Errors
    /// [`StoreError::Schema`](crate::StoreError::Schema) when the database has another history, and
    /// nothing was changed.
    pub async fn migrate_all(&self) -> Result<u32> {
        // The common case takes no lock.
        if self
            .missing_migrations()
            .await
            .is_ok_and(|missing| missing == 0)
        {
            return Ok(0);
        }
        self.migrate(ALL).await
    }

    /// Returns how many migrations the database lacks.
    ///
    /// # Errors
    /// Also when the database has no schema yet.
    pub async fn missing_migrations(&self) -> Result<usize> {
        let applied = self.read(&APPLIED, Vec::new(), read_applied).await?;
        Ok(missing(ALL, &applied)?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::StoreError;
    use crate::engine::migration::checksum;

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
    fn edited_history_is_refused() {
        let applied = vec![("0001_foundation".to_owned(), checksum("another text"))];
        assert!(matches!(missing(ALL, &applied), Err(StoreError::Schema(_))));
        let newer = vec![
            ("0001_foundation".to_owned(), checksum(ALL[0].sqlite)),
            ("9999_later".to_owned(), checksum("x")),
        ];
        assert!(matches!(missing(ALL, &newer), Err(StoreError::Schema(_))));
    }
}
