//! The caller's API keys for the current project.

use axum::extract::State;
use axum::response::Response;
use freehold_app::ApiKeyRecord;
use freehold_domain::Timestamp;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::NoBody;
use crate::extract::{Command, PathParams, ProjectCaller};
use crate::response::{SecretView, command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(delete_api_key))
}

/// An API key without its secret, which is returned once, when the key is created.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeyView<'a> {
    /// The part of the key before the dot.
    prefix: &'a str,
    /// When the key was created.
    created_at: Option<String>,
    /// When the key was last used, to the minute.
    last_used_at: Option<String>,
    /// When the key expires; null if it does not.
    expiration_date: Option<String>,
}

impl<'a> From<&'a ApiKeyRecord> for ApiKeyView<'a> {
    fn from(key: &'a ApiKeyRecord) -> Self {
        let ApiKeyRecord {
            prefix,
            created_at,
            last_used_at,
            expires_at,
        } = key;
        Self {
            prefix,
            created_at: created_at.map(Timestamp::blank_offset),
            last_used_at: last_used_at.map(Timestamp::blank_offset),
            expiration_date: expires_at.map(Timestamp::blank_offset),
        }
    }
}

/// The response to the deletion of a key.
#[derive(Debug, Serialize, ToSchema)]
struct DeletedApiKeyView {
    /// Always `API key deleted successfully`.
    message: &'static str,
}

/// Returns the caller's keys for the current project, newest first.
#[utoipa::path(
    get, path = "/keys", tag = "API keys",
    responses((status = 200, description = "The keys", body = Vec<ApiKeyView<'_>>)),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("view_api_keys"))),
)]
async fn list_api_keys(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
) -> Result<Response, Problem> {
    let keys = state.app().list_api_keys(&caller).await?;
    ok_json(&keys.iter().map(ApiKeyView::from).collect::<Vec<_>>())
}

/// Creates a key with which programs act as the caller in the current project.
#[utoipa::path(
    post, path = "/keys", tag = "API keys",
    responses((status = 200, description = "The key. It cannot be read again", body = String)),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("edit_api_keys"))),
)]
async fn create_api_key(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let key = state.app().create_api_key(&caller, &context).await?;
    command_response(StatusCode::OK, &key, |created| SecretView(&created.key))
}

/// Deletes a key. Requests with it are refused from then on.
#[utoipa::path(
    delete, path = "/keys/{prefix}", tag = "API keys",
    params(("prefix" = String, Path, description = "The part of the key before the dot")),
    responses(
        (status = 200, description = "The key was deleted", body = DeletedApiKeyView),
        (status = 404, description = "The key does not exist, or belongs to another user"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("edit_api_keys"))),
)]
async fn delete_api_key(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([prefix]) = path;
    let deleted = state
        .app()
        .delete_api_key(&caller, &context, &prefix)
        .await?;
    command_response(StatusCode::OK, &deleted, |()| DeletedApiKeyView {
        message: "API key deleted successfully",
    })
}
