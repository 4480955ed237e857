//! `freehold backup`.

use std::{path::Path, process::ExitCode};

use freehold_app::Engine;

use super::shared::error::Failed;
use crate::{
    config::Config,
    startup::{self, Missing},
    terminal,
};

pub(super) async fn back_up(config: &Config, to: &Path) -> Result<ExitCode, Failed> {
    let store = startup::open_store(config, Missing::Leave).await?;
    if store.engine() == Engine::Postgres {
        store.close().await;
        return Err(Failed::NotHere(format!(
            "{} is backed up by its own means: pg_dump --format=custom --file={} {}",
            config.database,
            to.display(),
            config.database,
        )));
    }
    let done = store.backup(to.to_owned()).await;
    store.close().await;
    done?;
    terminal::answer(format!(
        "{} is a copy of {}.",
        to.display(),
        config.database
    ));
    Ok(ExitCode::SUCCESS)
}
