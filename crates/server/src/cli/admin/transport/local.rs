//! Inside of this process, over the database itself.

use axum::{Router, body::to_bytes};
use freehold_app::{App, Extensions, Operator};
use freehold_http::NormalizePath;
use tower::ServiceExt as _;

use super::request::{Reply, Request};
use crate::{
    cli::shared::{context::operator, error::Failed},
    config::Config,
    startup::{self, Missing, NoStart},
};

/// The API of this process.
pub(in crate::cli::admin) struct Local {
    app: App,
    api: NormalizePath<Router>,
    operator: Operator,
}

impl Local {
    /// Over the configured database.
    ///
    /// A command that makes something may make the database, and bring it up to
    /// date; one that only looks, or takes something away, does neither.
    pub(super) async fn open(
        config: &Config,
        extensions: Extensions,
        missing: Missing,
    ) -> Result<Self, Failed> {
        let store = startup::open_store(config, missing).await?;
        match missing {
            Missing::Make => startup::bring_up_to_date(config, &store).await?,
            Missing::Leave => match store.missing_migrations().await? {
                0 => {}
                steps => return Err(NoStart::Behind(steps).into()),
            },
        }
        let app = startup::start_app(config, store, extensions);
        Ok(Self {
            api: startup::api_of(config, &app),
            app,
            operator: Operator::at_the_server(&operator()),
        })
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn ask(&self, request: &Request) -> Result<Reply, Failed> {
        let answer = request.to_here(&self.operator)?;
        let Ok(answer) = self.api.clone().oneshot(answer).await;
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(|error| Failed::Refused(format!("the answer broke off: {error}")))?;
        Reply::of(head.status, &head.headers, &bytes)
            .map_err(|_| Failed::Refused("the answer is not JSON".to_owned()))
    }

    /// Leaves nothing open.
    pub(super) async fn close(self) {
        self.app.close().await;
    }
}
