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

use crate::{cli::shared::error::Failed, config::Config, startup::Missing};
use local::Local;
use remote::Remote;

pub(super) use request::{Reply, Request, path};

/// The way to the API.
pub(super) enum Wire {
    /// Inside of this process.
    Here(Local),
    /// Over the network.
    There(Remote),
}

impl Wire {
    /// Over the configured database.
    ///
    /// A command that makes something may make the database, and bring it up to
    /// date; one that only looks, or takes something away, does neither.
    pub(super) async fn here(
        config: &Config,
        extensions: Extensions,
        missing: Missing,
    ) -> Result<Self, Failed> {
        Local::open(config, extensions, missing)
            .await
            .map(Self::Here)
    }

    /// To the server at `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn there(server: Url, key_file: Option<&Path>) -> Result<Self, Failed> {
        Remote::open(server, key_file).map(Self::There)
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn ask(&self, request: &Request) -> Result<Reply, Failed> {
        match self {
            Self::Here(local) => local.ask(request).await,
            Self::There(remote) => remote.ask(request).await,
        }
    }

    /// Leaves nothing open.
    pub(super) async fn close(self) {
        match self {
            Self::Here(local) => local.close().await,
            Self::There(_) => {}
        }
    }
}
