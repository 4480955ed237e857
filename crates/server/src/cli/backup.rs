//! `freehold backup`.

use std::{path::Path, process::ExitCode};

use freehold_app::Engine;

use super::shared::error::CommandError;
use crate::{
    config::Config,
    startup::{self, MissingDatabase},
    terminal,
};

pub(super) async fn back_up(config: &Config, to: &Path) -> Result<ExitCode, CommandError> {
    let store = startup::open_store(config, MissingDatabase::Fail).await?;
    if store.engine() == Engine::Postgres {
        store.close().await;
        return Err(CommandError::Unsupported(format!(
            "{} is a PostgreSQL database; back it up with: pg_dump --format=custom --file={} {}",
            config.database,
            to.display(),
            config.database,
        )));
    }
    let result = store.backup(to.to_owned()).await;
    store.close().await;
    result?;
    terminal::print_output(format!(
        "{} is a backup of {}.",
        to.display(),
        config.database
    ));
    Ok(ExitCode::SUCCESS)
}
