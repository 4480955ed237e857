//! Runs a command: with the configuration, with logs, and to its end.

use std::{process::ExitCode, time::Duration};

use freehold_app::{App, Extensions};
use tokio::runtime::Runtime;

use super::error::CommandError;
use crate::{
    config::{Config, ConfigSources, LogFormat, settings},
    startup::{self, MissingDatabase, logging},
};

/// How long a thread may go on that nobody can interrupt, such as one that
/// waits for standard input.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// How much a command logs when nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogMode {
    /// As configured.
    AsConfigured,
    /// What goes wrong, in words for a terminal, unless somebody set more: the
    /// answer is what was asked for.
    WarningsOnly,
}

/// Reads the configuration and runs `command` with it.
pub(crate) fn run_with_config(
    sources: &ConfigSources,
    log: LogMode,
    command: impl AsyncFnOnce(&Config) -> Result<ExitCode, CommandError>,
) -> Result<ExitCode, CommandError> {
    let config = Config::load(sources)?;
    start_logging(&config, log);
    run_to_completion(command(&config))
}

/// Runs `command`, and lets go of its threads before `main` ends: libraries free
/// what they share at exit, and a thread that is still at work then (in a TLS
/// handshake, say) would abort the process after all was done.
pub(crate) fn run_to_completion(
    command: impl Future<Output = Result<ExitCode, CommandError>>,
) -> Result<ExitCode, CommandError> {
    let runtime = Runtime::new().map_err(CommandError::Runtime)?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    outcome
}

/// Opens the local database, runs `command` on the application, and closes it.
pub(crate) async fn run_with_app<T>(
    config: &Config,
    extensions: Extensions,
    if_missing: MissingDatabase,
    command: impl AsyncFnOnce(&App) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let app = startup::open_app(config, extensions, if_missing).await?;
    let result = command(&app).await;
    app.close().await;
    result
}

fn start_logging(config: &Config, log: LogMode) {
    let mut settings = config.log.clone();
    if log == LogMode::WarningsOnly && !config.is_set(&settings::LOG) {
        settings.filter = "warn".to_owned();
        settings.format = LogFormat::Pretty;
    }
    logging::init(&settings);
    if log == LogMode::AsConfigured {
        for notice in &config.notices {
            tracing::warn!("{notice}");
        }
    }
}
