//! Why a command did not do what was asked, and the exit code for it.

use std::{io, path::PathBuf, process::ExitCode};

use freehold_app::{DeliveryError, Failure, StoreError};

use crate::{config::Problems, startup::StartupError, terminal};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The house could not be opened.
    #[error(transparent)]
    Start(#[from] StartupError),
    /// A letter did not leave.
    #[error("the email was not sent: {0}")]
    Delivery(#[from] DeliveryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application said no, or broke.
    #[error(transparent)]
    Application(#[from] Failure),
    /// The API said no, or broke; in its own words.
    #[error("{0}")]
    Refused(String),
    /// A server that was asked for cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// What was typed makes no sense here.
    #[error("{0}")]
    InvalidArgument(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// This cannot be done with this database.
    #[error("{0}")]
    Unsupported(String),
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    StandardInput(io::Error),
    /// A file could not be read or written.
    #[error("{}: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Part of the work ended before its time.
    #[error("a background task failed; see the log")]
    TaskFailed,
    /// The system gave no threads.
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
