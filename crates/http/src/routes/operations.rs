//! What those who run the server ask it: is it up, can it serve, what has it done.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::response::show;
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

/// The one word of a healthy server.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`; a server that is not answers with another status.
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Whether the server answers.
#[utoipa::path(
    get, path = "/health", tag = "Operations", security(()),
    responses((status = 200, description = "It does", body = Health)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn health() -> Result<Response, Problem> {
    show(&OK)
}

/// Whether the process should be left alone; restart it when this does not answer.
#[utoipa::path(
    get, path = "/livez", tag = "Operations", security(()),
    responses((status = 200, description = "It should", body = Health)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn alive() -> Result<Response, Problem> {
    show(&OK)
}

/// Whether requests should be sent here: asks the database.
#[utoipa::path(
    get, path = "/readyz", tag = "Operations", security(()),
    responses(
        (status = 200, description = "They should", body = Health),
        (status = 503, description = "The database does not answer"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn ready(State(house): State<AppState>) -> Result<Response, Problem> {
    match house.app().ready().await {
        Ok(()) => show(&OK),
        Err(_) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            "The database does not answer.",
        )),
    }
}

/// Counts and times in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "Operations", security(()),
    responses((status = 200, description = "OpenMetrics", content_type = "application/openmetrics-text")),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn metrics(State(house): State<AppState>) -> Result<Response, Problem> {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let letters = house.app().email_job_counts().await;
    if let Err(error) = &letters {
        tracing::warn!(%error, "letters could not be counted");
    }
    house.metrics().letters(letters.ok());
    let text = house.metrics().render()?;
    let kind = HeaderValue::from_static(kind);
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
