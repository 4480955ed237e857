//! Workspaces: requests and handlers. The views are in [`super::workspace_views`].

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewWorkspace, WorkspaceUpdate};
use freehold_domain::{FreeText, Refusal};
use http::StatusCode;

use super::workspace_views::{ListedWorkspaceView, RoleDescriptions, WorkspaceView};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{Change, request_body};
use crate::extract::{Command, PathParams};
use crate::response::{command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_workspaces))
        .routes(routes!(read_workspace))
        .routes(routes!(create_workspace))
        .routes(routes!(update_workspace))
}

request_body! {
    /// A new workspace.
    struct CreateWorkspace {
        /// The display name; not blank.
        #[schema(value_type = String)]
        name: FreeText,
        /// What the workspace is for.
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// Any text. The workspace that was created with the organization has `default`.
        #[schema(value_type = Option<String>)]
        kind as "type": Option<FreeText>,
    }

    /// The changes of a workspace. Missing members are not changed; at least one value must not
    /// be empty.
    struct UpdateWorkspace {
        /// The display name. An empty name is ignored.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        /// What the workspace is for.
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
    }
}

/// Returns the workspaces that the caller is a member of, in all organizations.
#[utoipa::path(
    get, path = "/workspaces", tag = "Workspaces",
    responses((status = 200, description = "The workspaces, oldest first", body = Vec<ListedWorkspaceView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_workspaces(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, Problem> {
    let workspaces = state.app().list_workspaces(&caller).await?;
    let views = workspaces.iter().map(ListedWorkspaceView::from);
    ok_json(&views.collect::<Vec<_>>())
}

/// Returns a workspace with its members.
#[utoipa::path(
    get, path = "/workspaces/{workspace_id}", tag = "Workspaces",
    params(("workspace_id" = String, Path, description = "The workspace's id")),
    responses(
        (status = 200, description = "The workspace", body = WorkspaceView<'_>),
        (status = 404, description = "The workspace does not exist, or the caller is not a member"),
    ),
    extensions(("x-scope" = json!("workspace")), ("x-permission" = json!("member"))),
)]
async fn read_workspace(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = id.parse().map_err(|_| Refusal::WorkspaceNotFound)?;
    let details = state.app().workspace(&caller, id).await?;
    let roles = RoleDescriptions::of(state.app().roles());
    ok_json(&WorkspaceView::new(&details, &roles))
}

/// Creates a workspace with a default project and its initial content. The caller is its only
/// member.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces", tag = "Workspaces",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = CreateWorkspace,
    responses(
        (status = 200, description = "The new workspace", body = WorkspaceView<'_>),
        (status = 400, description = "The name is blank"),
        (status = 403, description = "The caller is not the owner"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn create_workspace(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command { context, body }: Command<CreateWorkspace>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let CreateWorkspace {
        name,
        description,
        kind,
    } = body;
    let new = NewWorkspace {
        name,
        description: description.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
    };
    let id = organization.parse().ok();
    let created = state
        .app()
        .create_workspace(&caller, &context, id, new)
        .await?;
    let roles = RoleDescriptions::of(state.app().roles());
    command_response(StatusCode::OK, &created, |details| {
        WorkspaceView::new(details, &roles)
    })
}

/// Changes a workspace.
#[utoipa::path(
    put, path = "/organizations/{organization_id}/workspaces/{workspace_id}", tag = "Workspaces",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "The workspace's id"),
    ),
    request_body = UpdateWorkspace,
    responses(
        (status = 200, description = "The changed workspace", body = WorkspaceView<'_>),
        (status = 400, description = "The request has nothing to change"),
        (status = 403, description = "The caller's role in the workspace lacks the permission"),
        (status = 404, description = "The organization has no such workspace"),
    ),
    extensions(("x-scope" = json!("workspace")), ("x-permission" = json!("edit_workspace"))),
)]
async fn update_workspace(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command { context, body }: Command<UpdateWorkspace>,
) -> Result<Response, Problem> {
    let PathParams([organization, workspace]) = path;
    let UpdateWorkspace { name, description } = body;
    let update = WorkspaceUpdate {
        name: name.into(),
        description: description.into(),
    };
    // A text that is not an id names no object. The caller's permission is checked before.
    let (organization, workspace) = (organization.parse().ok(), workspace.parse().ok());
    let updated = state
        .app()
        .update_workspace(&caller, &context, organization, workspace, update)
        .await?;
    let roles = RoleDescriptions::of(state.app().roles());
    command_response(StatusCode::OK, &updated, |details| {
        WorkspaceView::new(details, &roles)
    })
}
