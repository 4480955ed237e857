//! Opens the configured database and brings its schema up to date.

use std::path::Path;

use freehold_app::Store;
use secrecy::ExposeSecret as _;

use super::{
    admin_key::{self, NoKey},
    error::NoStart,
};
use crate::config::{Config, Database};

/// Whether a command may make a database that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It may: the command writes.
    Make,
    /// It may not: the command only looks.
    Leave,
}

/// Opens the configured database as it is, without touching its schema.
///
/// # Errors
/// When it cannot be opened, or is missing and must not be made.
pub async fn open_store(config: &Config, missing: Missing) -> Result<Store, NoStart> {
    let database = match &config.database {
        Database::Sqlite(path) => {
            if missing == Missing::Leave && !path.exists() {
                return Err(NoStart::NoDatabase(path.display().to_string()));
            }
            make_home(path)?;
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
fn make_home(file: &Path) -> Result<(), NoKey> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            admin_key::make_data_dir(folder)
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date, if that may be done without being asked.
///
/// # Errors
/// When it is behind and stays so, or belongs to another version.
pub async fn bring_up_to_date(config: &Config, store: &Store) -> Result<(), NoStart> {
    if config.auto_migrations {
        let steps = store.migrate_all().await?;
        if steps > 0 {
            tracing::info!(steps, "the schema was brought up to date");
        }
        return Ok(());
    }
    expect_up_to_date(store).await
}

/// Looks whether the schema is up to date, and leaves it as it is.
///
/// # Errors
/// When it is behind, or belongs to another version.
pub async fn expect_up_to_date(store: &Store) -> Result<(), NoStart> {
    match store.missing_migrations().await? {
        0 => Ok(()),
        steps => Err(NoStart::Behind(steps)),
    }
}
