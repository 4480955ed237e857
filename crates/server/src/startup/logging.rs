//! Logs: to standard error, for eyes or for collectors. Standard output is
//! kept for answers, so that `freehold organization list -o json` stays JSON.
//!
//! No value of a secret type has a `Debug` that shows it, and events name
//! their fields one by one, so nothing secret gets here.

use std::io;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Sends this process's events to standard error. The second call of a process
/// changes nothing.
pub(crate) fn init(log: &Log) {
    let filter = EnvFilter::new(&log.filter);
    let lines = fmt::layer().with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Pretty => {
            let colour = io::IsTerminal::is_terminal(&io::stderr());
            tracing_subscriber::registry()
                .with(filter)
                .with(lines.with_ansi(colour))
                .try_init()
        }
        LogFormat::Json => tracing_subscriber::registry()
            .with(filter)
            .with(
                lines
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false),
            )
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("logs were already being written");
    }
}
