//! Sends the requests of admin commands: inside this process, on the local database,
//! or over the network, to a running server. The same routes answer both.
//!
//! Not here: which request a command sends (`operation`), and how the response is
//! printed (`operation::output`).

mod local;
mod operator_key;
mod remote;
mod request;

use std::path::Path;

use url::Url;

use crate::{cli::shared::error::CommandError, config::Config, startup::MissingDatabase};
use local::Local;
use remote::Remote;

pub(super) use request::{Reply, Request, path};

/// A connection to the admin API.
pub(super) enum Transport {
    /// The API inside this process.
    Local(Local),
    /// The API of a running server.
    Remote(Remote),
}

impl Transport {
    /// Opens the configured database, with its schema created or checked as in
    /// [`crate::startup::open_app`].
    pub(super) async fn local(
        config: &Config,
        if_missing: MissingDatabase,
    ) -> Result<Self, CommandError> {
        Local::open(config, if_missing).await.map(Self::Local)
    }

    /// Creates a client for `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn remote(server: Url, key_file: Option<&Path>) -> Result<Self, CommandError> {
        Remote::open(server, key_file).map(Self::Remote)
    }

    /// Sends a request and returns the response, whatever its status.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, CommandError> {
        match self {
            Self::Local(local) => local.send(request).await,
            Self::Remote(remote) => remote.send(request).await,
        }
    }

    /// Closes the local database.
    pub(super) async fn close(self) {
        match self {
            Self::Local(local) => local.close().await,
            Self::Remote(_) => {}
        }
    }
}
