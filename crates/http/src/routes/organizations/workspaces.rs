//! Workspaces: requests and handlers. How they look is in [`super::workspace_views`].

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewWorkspace, WorkspaceUpdate};
use freehold_domain::{FreeText, Refusal};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::workspace_views::{ListedWorkspaceView, RoleDescriptions, WorkspaceView};
use crate::error::Problem;
use crate::extract::body::{Change, request_body};
use crate::extract::{Command, PathParams};
use crate::response::{command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_workspaces))
        .routes(routes!(read_workspace))
        .routes(routes!(create_workspace))
        .routes(routes!(update_workspace))
}

request_body! {
    /// A new workspace.
    struct CreateWorkspace {
        /// Not blank.
        #[schema(value_type = String)]
        name: FreeText,
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// `default` is the word for the one that came with the organization; any other may be
        /// used, or none.
        #[schema(value_type = Option<String>)]
        kind as "type": Option<FreeText>,
    }

    /// What to change; what is left out stays. At least one value must not be empty.
    struct UpdateWorkspace {
        /// An empty one is passed over: a workspace has a name.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
    }
}

/// The workspaces that the caller is in, in all organizations.
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

/// A workspace with the people in it.
#[utoipa::path(
    get, path = "/workspaces/{workspace_id}", tag = "Workspaces",
    params(("workspace_id" = String, Path, description = "The workspace's id")),
    responses(
        (status = 200, description = "The workspace", body = WorkspaceView<'_>),
        (status = 404, description = "No such workspace, or the caller is not in it"),
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

/// Makes a workspace with a default project and its content. The caller is its only member.
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
        (status = 400, description = "Nothing to change"),
        (status = 403, description = "The caller's role there does not allow it"),
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
    // A text that is no id names nothing; whether the caller may ask at all comes first.
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
