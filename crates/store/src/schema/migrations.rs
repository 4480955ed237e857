//! The migrations of the core: numbered files, one for each engine, embedded in
//! the program and applied in order under a lock.
//!
//! A released file is never edited: its checksum is recorded, and a database
//! whose checksum differs is refused.

use crate::engine::migration::{APPLIED, missing, other_namespaces};
use crate::engine::row::FromRow;
use crate::engine::{Result, Snapshot, Store};

pub use crate::engine::{History, Migration};

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

/// The history of the core.
pub const CORE: History = History {
    namespace: "core",
    migrations: ALL,
};

/// The histories of the core and of `extensions`, in the order in which they are applied.
fn with_core(extensions: &[History]) -> Vec<History> {
    std::iter::once(CORE)
        .chain(extensions.iter().copied())
        .collect()
}

impl Store {
    /// Applies the migrations that the database lacks: those of the core, then those of
    /// `extensions`. Safe to run again, and by several processes at once: one applies them, the
    /// others wait and then find nothing to apply. Returns how many were applied.
    ///
    /// # Errors
    /// [`StoreError::Schema`](crate::StoreError::Schema) when the database has another history, and
    /// nothing was changed.
    pub async fn migrate_all(&self, extensions: &[History]) -> Result<u32> {
        // The common case takes no lock.
        let missing = self.missing_migrations(extensions).await;
        if missing.is_ok_and(|missing| missing == 0) {
            return Ok(0);
        }
        self.migrate(&with_core(extensions)).await
    }

    /// Returns how many migrations the database lacks.
    ///
    /// # Errors
    /// Also when the database has no schema yet.
    pub async fn missing_migrations(&self, extensions: &[History]) -> Result<usize> {
        let applied = self.read(&APPLIED, Vec::new(), FromRow::read).await?;
        Ok(missing(&with_core(extensions), &applied)?.len())
    }

    /// Returns the names of extensions that have tables in the database and are not among
    /// `extensions`. Their tables are left alone.
    pub async fn unknown_extensions(&self, extensions: &[History]) -> Result<Vec<String>> {
        let applied = self.read(&APPLIED, Vec::new(), FromRow::read).await?;
        Ok(other_namespaces(&with_core(extensions), &applied))
    }
}

impl Snapshot {
    /// Returns the migrations that the database lacks, as [`Store::missing_migrations`].
    pub(crate) async fn missing_migrations(&mut self, extensions: &[History]) -> Result<usize> {
        let applied = self.read(&APPLIED, Vec::new(), FromRow::read).await?;
        Ok(missing(&with_core(extensions), &applied)?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::StoreError;
    use crate::engine::migration::{Applied, checksum};

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

    fn applied(namespace: &str, name: &str, text: &str) -> Applied {
        Applied {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            checksum: checksum(text),
        }
    }

    #[test]
    fn edited_history_is_refused() {
        let edited = [applied("core", "0001_foundation", "another text")];
        assert!(matches!(
            missing(&[CORE], &edited),
            Err(StoreError::Schema(_))
        ));
        let newer = [
            applied("core", "0001_foundation", ALL[0].sqlite),
            applied("core", "9999_later", "x"),
        ];
        assert!(matches!(
            missing(&[CORE], &newer),
            Err(StoreError::Schema(_))
        ));
    }

    #[test]
    fn each_namespace_has_a_history_of_its_own() {
        const STEP: Migration = Migration {
            name: "0001_first",
            sqlite: "a",
            postgres: "b",
        };
        const EXTENSION: History = History {
            namespace: "sample",
            migrations: &[STEP],
        };
        let core = applied("core", "0001_foundation", ALL[0].postgres);
        let names = |found: Result<Vec<(&'static str, &'static Migration)>>| {
            let found = found.expect("a known history");
            found
                .iter()
                .map(|(namespace, step)| format!("{namespace} {}", step.name))
                .collect::<Vec<_>>()
        };
        let applied_core = [core.clone()];
        assert_eq!(
            names(missing(&[CORE, EXTENSION], &applied_core)),
            ["sample 0001_first"]
        );
        let both = [core, applied("sample", "0001_first", "b")];
        assert!(names(missing(&[CORE, EXTENSION], &both)).is_empty());
        assert!(names(missing(&[CORE], &both)).is_empty());
        assert_eq!(other_namespaces(&[CORE], &both), ["sample"]);
        assert!(other_namespaces(&[CORE, EXTENSION], &both).is_empty());
    }
}
