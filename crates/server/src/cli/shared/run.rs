//! Runs a command: with the configuration, with logs, and to its end.

use std::{process::ExitCode, time::Duration};

use tokio::runtime::Runtime;

use super::error::Failed;
use crate::{
    config::{Config, LogFormat, Sources, settings},
    startup::logging,
};

/// How long a thread may go on that nobody can interrupt, such as one that
/// waits for standard input.
const LAST_THREADS: Duration = Duration::from_secs(2);

/// How much a command logs when nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    /// As configured.
    Full,
    /// What goes wrong, in words for a terminal, unless somebody set more: the
    /// answer is what was asked for.
    Quiet,
}

/// Reads the configuration and runs `work` with it.
pub(crate) fn with(
    sources: &Sources,
    log: Log,
    work: impl AsyncFnOnce(&Config) -> Result<ExitCode, Failed>,
) -> Result<ExitCode, Failed> {
    let config = Config::load(sources)?;
    start_logs(&config, log);
    to_its_end(work(&config))
}

/// Runs `work`, and lets go of its threads before `main` ends: libraries free
/// what they share at exit, and a thread that is still at work then (in a TLS
/// handshake, say) would abort the process after all was done.
pub(crate) fn to_its_end(
    work: impl Future<Output = Result<ExitCode, Failed>>,
) -> Result<ExitCode, Failed> {
    let runtime = Runtime::new().map_err(Failed::Runtime)?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_THREADS);
    outcome
}

fn start_logs(config: &Config, log: Log) {
    let mut wanted = config.log.clone();
    if log == Log::Quiet && !config.is_set(&settings::LOG) {
        wanted.filter = "warn".to_owned();
        wanted.format = LogFormat::Pretty;
    }
    logging::start(&wanted);
    if log == Log::Full {
        for notice in &config.notices {
            tracing::warn!("{notice}");
        }
    }
}
