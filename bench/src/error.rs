//! The errors of measurements. Not here: a figure that misses its target, which is
//! a result.

use std::path::PathBuf;

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A system call failed.
    #[error("{what}: {source}")]
    Io {
        /// The operation.
        what: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A program failed or printed something unexpected.
    #[error("{program}: {output}")]
    Program {
        /// The name of the program.
        program: &'static str,
        /// What it printed, or what is missing.
        output: String,
    },
    /// The server binary has not been built.
    #[error("no server at {0}: build it with `cargo build --release`")]
    NoServer(PathBuf),
    /// The server returned an unexpected response.
    #[error("{request} returned {status}: {body}")]
    Response {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The start of the body.
        body: String,
    },
    /// A request of a load failed, so its figures mean nothing.
    #[error("{scenario}: {failures}")]
    Failures {
        /// The load.
        scenario: String,
        /// The failures and their counts.
        failures: String,
    },
    /// A file in `/proc` could not be parsed.
    #[error("cannot read {0}")]
    Proc(String),
    /// An environment variable that a part needs is not set.
    #[error("{0} is not set (run through `cargo xtask bench`)")]
    Missing(&'static str),
    /// An HTTP request failed.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// SQLite failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// A URL could not be parsed.
    #[error(transparent)]
    Url(#[from] url::ParseError),
    /// JSON could not be parsed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Argon2id refused its parameters.
    #[error("argon2: {0}")]
    Argon2(String),
}

/// The result of a measurement.
pub(crate) type Result<T> = std::result::Result<T, BenchError>;

/// Adds the operation to an I/O error.
pub(crate) fn io<T>(what: impl Into<String>, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|source| BenchError::Io {
        what: what.into(),
        source,
    })
}
