//! Inside of this process, over the database itself.

use axum::{Router, body::to_bytes};
use freehold_app::{App, Extensions, Operator};
use freehold_http::NormalizePath;
use tower::ServiceExt as _;

use super::request::{Reply, Request};
use crate::{
    cli::shared::{context::operator_name, error::CommandError},
    config::Config,
    startup::{self, MissingDatabase},
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
        if_missing: MissingDatabase,
    ) -> Result<Self, CommandError> {
        let app = startup::open_app(config, extensions, if_missing).await?;
        Ok(Self {
            api: startup::build_api(config, &app),
            app,
            operator: Operator::local(&operator_name()),
        })
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, CommandError> {
        let response = request.to_local(&self.operator)?;
        let Ok(response) = self.api.clone().oneshot(response).await;
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(|error| CommandError::Refused(format!("the response ended early: {error}")))?;
        Reply::from_response(head.status, &head.headers, &bytes)
            .map_err(|_| CommandError::Refused("the response is not JSON".to_owned()))
    }

    /// Leaves nothing open.
    pub(super) async fn close(self) {
        self.app.close().await;
    }
}
