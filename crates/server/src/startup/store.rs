//! Opens the configured database and brings its schema up to date.

use std::path::Path;

use freehold_app::Store;
use secrecy::ExposeSecret as _;

use super::{
    admin_key::{self, AdminKeyError},
    error::StartupError,
};
use crate::config::{Config, Database};

/// Whether a command may make a database that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingDatabase {
    /// It may: the command writes.
    Create,
    /// It may not: the command only looks.
    Fail,
}

/// Opens the configured database as it is, without touching its schema.
///
/// # Errors
/// When it cannot be opened, or is missing and must not be made.
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

/// The folder of a database file, for its owner only.
fn create_parent_dir(file: &Path) -> Result<(), AdminKeyError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            admin_key::create_data_dir(folder)
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date, if that may be done without being asked.
///
/// # Errors
/// When it is behind and stays so, or belongs to another version.
pub async fn migrate_or_check(config: &Config, store: &Store) -> Result<(), StartupError> {
    if config.auto_migrations {
        let count = store.migrate_all().await?;
        if count > 0 {
            tracing::info!(count, "migrations applied");
        }
        return Ok(());
    }
    check_schema_is_current(store).await
}

/// Looks whether the schema is up to date, and leaves it as it is.
///
/// # Errors
/// When it is behind, or belongs to another version.
pub async fn check_schema_is_current(store: &Store) -> Result<(), StartupError> {
    match store.missing_migrations().await? {
        0 => Ok(()),
        count => Err(StartupError::PendingMigrations(count)),
    }
}
