//! Opens the configured database and migrates its schema.

use std::path::Path;

use freehold_app::{Extensions, Store};
use secrecy::ExposeSecret as _;

use super::{
    admin_key::{self, AdminKeyError},
    error::StartupError,
};
use crate::config::{Config, Database};

/// What happens if the database does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingDatabase {
    /// It is created, for commands that write.
    Create,
    /// The command fails: it only reads or deletes.
    Fail,
}

/// Opens the configured database without changing its schema.
///
/// # Errors
/// If it cannot be opened, or is missing and must not be created.
pub async fn open_store(
    config: &Config,
    if_missing: MissingDatabase,
) -> Result<Store, StartupError> {
    let database = match &config.database {
        Database::Sqlite(path) => {
            if if_missing == MissingDatabase::Fail && !path.exists() {
                return Err(StartupError::NoDatabase(path.display().to_string()));
            }
            create_parent_dir(path)?;
            freehold_app::Database::Sqlite { path: path.clone() }
        }
        Database::Postgres(url) => freehold_app::Database::Postgres {
            url: url.expose_secret().to_owned(),
            readers: config.postgres.readers.get(),
            writers: config.postgres.writers.get(),
        },
    };
    Ok(Store::open(&database).await?)
}

/// Creates the directory of a database file with mode 700.
fn create_parent_dir(file: &Path) -> Result<(), AdminKeyError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            admin_key::create_data_dir(folder)
        }
        _ => Ok(()),
    }
}

/// Migrates the schema if `auto_migrations` is on, and checks it otherwise.
///
/// # Errors
/// If migrations are pending, or the schema belongs to another version.
pub async fn migrate_or_check(config: &Config, store: &Store) -> Result<(), StartupError> {
    let extensions = &config.extensions;
    if config.auto_migrations {
        let count = store.migrate_all(&extensions.histories()).await?;
        if count > 0 {
            tracing::info!(count, "migrations applied");
        }
    } else {
        check_schema_is_current(store, extensions).await?;
    }
    let unknown = store.unknown_extensions(&extensions.histories()).await?;
    if !unknown.is_empty() {
        tracing::info!(
            extensions = unknown.join(", "),
            "the database has tables of extensions that this server does not have; they are left alone"
        );
    }
    Ok(())
}

/// Checks that the schema is current, without changing it.
///
/// # Errors
/// If migrations are pending, or the schema belongs to another version.
pub async fn check_schema_is_current(
    store: &Store,
    extensions: &Extensions,
) -> Result<(), StartupError> {
    match store.missing_migrations(&extensions.histories()).await? {
        0 => Ok(()),
        count => Err(StartupError::PendingMigrations(count)),
    }
}
