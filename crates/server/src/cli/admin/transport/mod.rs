//! How an operator's request reaches the API: inside of this process, over the
//! database itself, or over the network to a running server. Both ways end at
//! the same routes.
//!
//! Not here: what is asked (`operation`), and how the answer is shown (`operation::output`).

mod local;
mod operator_key;
mod remote;
mod request;

use std::path::Path;

use freehold_app::Extensions;
use url::Url;

use crate::{cli::shared::error::CommandError, config::Config, startup::MissingDatabase};
use local::Local;
use remote::Remote;

pub(super) use request::{Reply, Request, path};

/// The way to the API.
pub(super) enum Transport {
    /// Inside of this process.
    Local(Local),
    /// Over the network.
    Remote(Remote),
}

impl Transport {
    /// Over the configured database.
    ///
    /// A command that makes something may make the database, and bring it up to
    /// date; one that only looks, or takes something away, does neither.
    pub(super) async fn local(
        config: &Config,
        extensions: Extensions,
        if_missing: MissingDatabase,
    ) -> Result<Self, CommandError> {
        Local::open(config, extensions, if_missing)
            .await
            .map(Self::Local)
    }

    /// To the server at `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn remote(server: Url, key_file: Option<&Path>) -> Result<Self, CommandError> {
        Remote::open(server, key_file).map(Self::Remote)
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, CommandError> {
        match self {
            Self::Local(local) => local.send(request).await,
            Self::Remote(remote) => remote.send(request).await,
        }
    }

    /// Leaves nothing open.
    pub(super) async fn close(self) {
        match self {
            Self::Local(local) => local.close().await,
            Self::Remote(_) => {}
        }
    }
}
