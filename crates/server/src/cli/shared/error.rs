//! Errors of commands and their exit codes.

use std::{io, path::PathBuf, process::ExitCode};

use freehold_app::{DeliveryError, Failure, StoreError};

use crate::{config::Problems, startup::StartupError, terminal};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The application could not start.
    #[error(transparent)]
    Start(#[from] StartupError),
    /// An email was not sent.
    #[error("the email was not sent: {0}")]
    Delivery(#[from] DeliveryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application refused the command, or failed.
    #[error(transparent)]
    Application(#[from] Failure),
    /// The admin API refused the request, or failed, with this message.
    #[error("{0}")]
    Refused(String),
    /// The server of `--server` cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// An argument is invalid.
    #[error("{0}")]
    InvalidArgument(String),
    /// The object does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The command is not supported with this database or configuration.
    #[error("{0}")]
    Unsupported(String),
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    StandardInput(io::Error),
    /// A file could not be read or written.
    #[error("{}: {error}", .path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// A background task panicked.
    #[error("a background task failed; see the log")]
    TaskFailed,
    /// The runtime could not create its threads.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl CommandError {
    pub(crate) fn print(&self) {
        terminal::print_note(self.to_string());
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) | Self::InvalidArgument(_) => 2,
            Self::Unsupported(_) | Self::Unreachable(_) => 3,
            Self::Start(_)
            | Self::Store(_)
            | Self::Delivery(_)
            | Self::Application(_)
            | Self::Refused(_)
            | Self::NotFound(_)
            | Self::StandardInput(_)
            | Self::File { .. }
            | Self::TaskFailed
            | Self::Runtime(_) => 1,
        })
    }
}
