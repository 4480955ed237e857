//! Sends requests to the API inside this process, on the local database.

use axum::{Router, body::to_bytes};
use freehold_app::{App, Operator};
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
    /// Opens the configured database, with its schema created or checked as in
    /// [`startup::open_app`].
    pub(super) async fn open(
        config: &Config,
        if_missing: MissingDatabase,
    ) -> Result<Self, CommandError> {
        let app = startup::open_app(config, if_missing).await?;
        Ok(Self {
            api: startup::build_api(config, &app),
            app,
            operator: Operator::local(&operator_name()),
        })
    }

    /// Sends a request and returns the response, whatever its status.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, CommandError> {
        let response = request.to_local(&self.operator)?;
        let Ok(response) = self.api.clone().oneshot(response).await;
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX)
            .await
            .map_err(|error| CommandError::Refused(format!("cannot read the response: {error}")))?;
        Reply::from_response(head.status, &head.headers, &bytes)
            .map_err(|_| CommandError::Refused("the response is not JSON".to_owned()))
    }

    /// Closes the database.
    pub(super) async fn close(self) {
        self.app.close().await;
    }
}
