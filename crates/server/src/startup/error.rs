//! Errors of startup.

use std::net::SocketAddr;

use freehold_app::StoreError;
use freehold_mail::MailerSetupError;

use super::{admin_key::AdminKeyError, bootstrap::BootstrapError};

/// Why the server or a command could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The admin key or its directory.
    #[error(transparent)]
    Key(#[from] AdminKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database is missing, and the command must not create it.
    #[error("there is no database at {0}: `freehold serve` creates it")]
    NoDatabase(String),
    /// The schema is not current, and must not be migrated.
    #[error(
        "the database has {0} pending migration(s): run `freehold migrate`, or set FREEHOLD_AUTO_MIGRATIONS=on"
    )]
    PendingMigrations(usize),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// Error of the operating system.
        reason: std::io::Error,
    },
    /// The unattended bootstrap.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// The mailer cannot be set up with these settings.
    #[error(transparent)]
    Mailer(#[from] MailerSetupError),
    /// No signal handler could be installed.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
}
