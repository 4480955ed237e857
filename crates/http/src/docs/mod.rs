//! The OpenAPI document and the API reference page.

#[cfg(test)]
mod openapi;
mod reference_page;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extension_routes;
use crate::state::AppState;

/// The document that the server serves: the committed file, which a test compares with the code.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(openapi_document))
        .routes(routes!(api_reference))
}

/// Returns the OpenAPI document of this API.
#[utoipa::path(
    get, path = "/openapi.json", tag = "Operations", security(()),
    responses((status = 200, description = "The document (OpenAPI 3.1)", content_type = "application/json")),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn openapi_document(State(state): State<AppState>) -> Result<Response, Problem> {
    let json = HeaderValue::from_static("application/json");
    let routes = &state.settings().extension_routes;
    if routes.is_empty() {
        return Ok(([(header::CONTENT_TYPE, json)], DOCUMENT).into_response());
    }
    let document = extension_routes::describe(DOCUMENT, routes)?;
    Ok(([(header::CONTENT_TYPE, json)], document).into_response())
}

/// Returns the API reference as an HTML page, with the list of errors.
#[utoipa::path(
    get, path = "/docs", tag = "Operations", security(()),
    responses((status = 200, description = "The page", content_type = "text/html")),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn api_reference() -> Response {
    reference_page::page().into_response()
}
