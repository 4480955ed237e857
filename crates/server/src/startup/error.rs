//! Why the server did not start.

use std::net::SocketAddr;

use freehold_app::StoreError;
use freehold_mail::MailerSetupError;

use super::{admin_key::NoKey, bootstrap::NoFirstStart};

/// Why the server did not start, or an operator's command could not begin.
#[derive(Debug, thiserror::Error)]
pub enum NoStart {
    /// No admin key, or no folder for it.
    #[error(transparent)]
    Key(#[from] NoKey),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no database to look at, and looking must not make one.
    #[error("there is no database at {0} yet: `freehold serve` makes it")]
    NoDatabase(String),
    /// The schema is behind and must not be touched.
    #[error(
        "the database lacks {0} migration(s): run `freehold migrate`, or set FREEHOLD_AUTO_MIGRATIONS=on"
    )]
    Behind(usize),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
    /// The first account, or the accounts of a file.
    #[error(transparent)]
    FirstStart(#[from] NoFirstStart),
    /// Letters cannot be sent with these settings.
    #[error(transparent)]
    Mailer(#[from] MailerSetupError),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
}
