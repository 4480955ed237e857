//! Runs a command: loads the configuration, starts logging, opens the database, and
//! waits until the command has ended.

use std::{pin::Pin, process::ExitCode, time::Duration};

use freehold_app::App;
use tokio::runtime::Runtime;

use super::error::CommandError;
use crate::{
    config::{Config, ConfigSources, LogFormat, settings},
    startup::{self, MissingDatabase, logging},
};

/// How long to wait at the end for threads that cannot be interrupted, such as one
/// that reads standard input.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// How much a command logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogMode {
    /// As configured.
    AsConfigured,
    /// Only warnings and errors, as text, unless the `log` setting is set: the
    /// output of the command matters more.
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

/// Runs `command`, and stops its threads before `main` ends: libraries free global
/// state at exit, and a thread that still runs then (in a TLS handshake, say) would
/// abort the process after the command has succeeded.
pub(crate) fn run_to_completion(
    command: impl Future<Output = Result<ExitCode, CommandError>>,
) -> Result<ExitCode, CommandError> {
    // Boxed, so that the runtime is compiled for one type of future.
    let command: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(command);
    let runtime = Runtime::new().map_err(CommandError::Runtime)?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    outcome
}

/// Opens the local database, runs `command` on the application, and closes it.
pub(crate) async fn run_with_app<T>(
    config: &Config,
    if_missing: MissingDatabase,
    command: impl AsyncFnOnce(&App) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let app = startup::open_app(config, if_missing).await?;
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
