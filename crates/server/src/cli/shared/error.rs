//! Why a command did not do what was asked, and the exit code for it.

use std::{io, path::PathBuf, process::ExitCode};

use freehold_app::{DeliveryError, Failure, StoreError};

use crate::{config::Problems, startup::NoStart, terminal};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The house could not be opened.
    #[error(transparent)]
    Start(#[from] NoStart),
    /// A letter did not leave.
    #[error("the letter did not leave: {0}")]
    DeliveryError(#[from] DeliveryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application said no, or broke.
    #[error(transparent)]
    Answer(#[from] Failure),
    /// The API said no, or broke; in its own words.
    #[error("{0}")]
    Refused(String),
    /// A server that was asked for cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// What was typed makes no sense here.
    #[error("{0}")]
    Typed(String),
    /// There is no such thing.
    #[error("{0}")]
    NotThere(String),
    /// This cannot be done with this database.
    #[error("{0}")]
    NotHere(String),
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// A file could not be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Part of the work ended before its time.
    #[error("a part of the work ended before its time; the log says why")]
    Ended,
    /// The system gave no threads.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl Failed {
    pub(crate) fn say(&self) {
        terminal::remark(self.to_string());
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_) | Self::Typed(_) => 2,
            Self::NotHere(_) | Self::Unreachable(_) => 3,
            Self::Start(_)
            | Self::Store(_)
            | Self::DeliveryError(_)
            | Self::Answer(_)
            | Self::Refused(_)
            | Self::NotThere(_)
            | Self::Input(_)
            | Self::File { .. }
            | Self::Ended
            | Self::Runtime(_) => 1,
        })
    }
}
