//! Everything that can go wrong while measuring. Not here: a figure that
//! misses its target, which is a result.

use std::path::PathBuf;

/// Why a measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being tried.
        what: String,
        /// The refusal.
        source: std::io::Error,
    },
    /// A program that was started ended badly or printed something unexpected.
    #[error("{program}: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it printed, or what was missing.
        output: String,
    },
    /// The server binary has not been built.
    #[error("no server at {0}: build it with `cargo build --release`")]
    NoServer(PathBuf),
    /// The server answered something a scenario cannot work with.
    #[error("{request} answered {status}: {body}")]
    Answer {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// A load in which not every request succeeded: its figures mean nothing.
    #[error("{scenario}: {failures}")]
    Failures {
        /// Which load.
        scenario: String,
        /// How many of what.
        failures: String,
    },
    /// `/proc` says something that this program does not understand.
    #[error("cannot read {0}")]
    Proc(String),
    /// An environment variable that a part needs is not set.
    #[error("{0} is not set (run through `cargo xtask bench`)")]
    Missing(&'static str),
    /// HTTP itself failed.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// A URL that is none.
    #[error(transparent)]
    Url(#[from] url::ParseError),
    /// JSON that is none.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Argon2id refused its parameters.
    #[error("argon2: {0}")]
    Argon2(String),
}

/// The result of a measurement.
pub(crate) type Result<T> = std::result::Result<T, BenchError>;

/// Names what was being tried when the operating system refused.
pub(crate) fn io<T>(what: impl Into<String>, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|source| BenchError::Io {
        what: what.into(),
        source,
    })
}
