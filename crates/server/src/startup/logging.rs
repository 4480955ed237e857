//! Log lines: written to standard error, as text or as JSON. Standard output is
//! reserved for results, so that `freehold organization list -o json` prints only
//! JSON.
//!
//! No secret is logged: secret types have no `Debug` that shows their value, and
//! log events name their fields one by one.

use std::io;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Starts logging to standard error. A second call in the same process has no
/// effect.
pub(crate) fn init(log: &Log) {
    let filter = EnvFilter::new(&log.filter);
    let lines = fmt::layer().with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Pretty => {
            let color = io::IsTerminal::is_terminal(&io::stderr());
            tracing_subscriber::registry()
                .with(filter)
                .with(lines.with_ansi(color))
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
