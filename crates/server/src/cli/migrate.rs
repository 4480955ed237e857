//! `freehold migrate`.

use std::process::ExitCode;

use super::shared::error::CommandError;
use crate::{
    config::Config,
    startup::{self, MissingDatabase},
    terminal,
};

pub(super) async fn migrate(config: &Config) -> Result<ExitCode, CommandError> {
    let store = startup::open_store(config, MissingDatabase::Create).await?;
    let applied = store.migrate_all(&config.extensions.histories()).await;
    store.close().await;
    terminal::print_output(match applied? {
        0 => format!("{}: no pending migrations.", config.database),
        1 => format!("{}: 1 migration applied.", config.database),
        count => format!("{}: {count} migrations applied.", config.database),
    });
    Ok(ExitCode::SUCCESS)
}
