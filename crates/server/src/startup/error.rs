//! Why the server did not start.

use std::net::SocketAddr;

use freehold_app::StoreError;
use freehold_mail::MailerSetupError;

use super::{admin_key::AdminKeyError, bootstrap::BootstrapError};

/// Why the server did not start, or an operator's command could not begin.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// No admin key, or no folder for it.
    #[error(transparent)]
    Key(#[from] AdminKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no database to look at, and looking must not make one.
    #[error("there is no database at {0}: `freehold serve` creates it")]
    NoDatabase(String),
    /// The schema is behind and must not be touched.
    #[error(
        "the database has {0} pending migration(s): run `freehold migrate`, or set FREEHOLD_AUTO_MIGRATIONS=on"
    )]
    PendingMigrations(usize),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The first account, or the accounts of a file.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// Letters cannot be sent with these settings.
    #[error(transparent)]
    Mailer(#[from] MailerSetupError),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
}
