//! Endpoints for monitoring: health, liveness, readiness and metrics.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use freehold_domain::Permission;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::response::ok_json;
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(health))
        .routes(routes!(liveness))
        .routes(routes!(readiness))
        .routes(routes!(metrics))
        .routes(routes!(capabilities))
}

/// An error code of an extension.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorCodeView {
    /// The `code` of error responses.
    code: &'static str,
    /// A short title.
    title: &'static str,
    /// When it happens, and what to do about it.
    explanation: &'static str,
}

/// What this server can do beside the open core.
#[derive(Debug, Serialize, ToSchema)]
struct CapabilitiesView {
    /// The names of its extensions; empty for the open core.
    capabilities: Vec<&'static str>,
    /// The names of the plans; null if no extension has plans.
    plans: Option<Vec<String>>,
    /// The permissions that extensions and this deployment have added.
    permissions: Vec<String>,
    /// The error codes of the extensions.
    error_codes: Vec<ErrorCodeView>,
}

/// Returns what this server can do beside the open core: its extensions, plans, added permissions
/// and error codes.
#[utoipa::path(
    get, path = "/capabilities", tag = "Operations", security(()),
    responses((status = 200, description = "The capabilities", body = CapabilitiesView)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn capabilities(State(state): State<AppState>) -> Result<Response, Problem> {
    let app = state.app();
    let extensions = app.extensions();
    let permissions = app.permissions().iter();
    let added = permissions.filter(|permission| permission.as_str().parse::<Permission>().is_err());
    ok_json(&CapabilitiesView {
        capabilities: extensions.capabilities().collect(),
        plans: extensions.plans(),
        permissions: added
            .map(|permission| permission.as_str().to_owned())
            .collect(),
        error_codes: extensions
            .error_codes()
            .map(|code| ErrorCodeView {
                code: code.code,
                title: code.title,
                explanation: code.explanation,
            })
            .collect(),
    })
}

/// The status of a healthy server.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`; otherwise the HTTP status is not 200.
    status: &'static str,
}

const HEALTHY: Health = Health { status: "ok" };

/// Returns 200 if the server runs.
#[utoipa::path(
    get, path = "/health", tag = "Operations", security(()),
    responses((status = 200, description = "The server runs", body = Health)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn health() -> Result<Response, Problem> {
    ok_json(&HEALTHY)
}

/// The liveness probe: returns 200 while the process runs. Restart a process that does not respond.
#[utoipa::path(
    get, path = "/livez", tag = "Operations", security(()),
    responses((status = 200, description = "The process runs", body = Health)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn liveness() -> Result<Response, Problem> {
    ok_json(&HEALTHY)
}

/// The readiness probe: returns 200 if the database responds, so that this node can serve requests.
#[utoipa::path(
    get, path = "/readyz", tag = "Operations", security(()),
    responses(
        (status = 200, description = "The node can serve requests", body = Health),
        (status = 503, description = "The database does not respond"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn readiness(State(state): State<AppState>) -> Result<Response, Problem> {
    match state.app().ready().await {
        Ok(()) => ok_json(&HEALTHY),
        Err(_) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            "The database does not respond.",
        )),
    }
}

/// Returns metrics of this node in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "Operations", security(()),
    responses((status = 200, description = "The metrics", content_type = "application/openmetrics-text")),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let email_jobs = state.app().email_job_counts().await;
    if let Err(error) = &email_jobs {
        tracing::warn!(%error, "email jobs could not be counted");
    }
    state.metrics().email_jobs(email_jobs.ok());
    state.metrics().jobs(&state.app().job_statuses().await);
    let text = state.metrics().render()?;
    let content_type = HeaderValue::from_static(content_type);
    Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
}
