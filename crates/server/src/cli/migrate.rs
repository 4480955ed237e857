//! `freehold migrate`.

use std::process::ExitCode;

use super::shared::error::Failed;
use crate::{
    config::Config,
    startup::{self, Missing},
    terminal,
};

pub(super) async fn migrate(config: &Config) -> Result<ExitCode, Failed> {
    let store = startup::open_store(config, Missing::Make).await?;
    let done = store.migrate_all().await;
    store.close().await;
    terminal::answer(match done? {
        0 => format!("{} was up to date.", config.database),
        1 => format!("{}: 1 migration applied.", config.database),
        steps => format!("{}: {steps} migrations applied.", config.database),
    });
    Ok(ExitCode::SUCCESS)
}
