//! Deletion of memberships, logins and API keys, each by its own id. The id of the parent in the path
//! has to be well-formed; it is not compared with the object.

use axum::extract::State;
use axum::response::Response;
use freehold_domain::{Level, Organization, Project, User, Workspace};

use super::delete::parse_id;
use super::views::{DeletionView, SingleKind, single_deletion_response};
use crate::admin::{AccountsDelete, CredentialsWrite, OperatorPathCommand};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(delete_account_identity))
        .routes(routes!(delete_organization_membership))
        .routes(routes!(delete_workspace_membership))
        .routes(routes!(delete_project_membership))
        .routes(routes!(delete_account_api_key))
}

/// Deletes a login of a user. Their sessions end; the user stays.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/users/{user_id}/identities/{identity_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("user_id" = String, Path, description = "The user's id"),
        ("identity_id" = String, Path, description = "The login's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The login was deleted", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No login has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn delete_account_identity(
    State(state): State<AppState>,
    command: OperatorPathCommand<CredentialsWrite, 2>,
) -> Result<Response, Problem> {
    let OperatorPathCommand {
        operator,
        context,
        path: [user, identity],
        ..
    } = command;
    parse_id::<User>("user_id", &user)?;
    let identity = parse_id("identity_id", &identity)?;
    let output = state.app().delete_identity(&operator, &context, identity);
    single_deletion_response(&output.await?, SingleKind::Identity, |deleted| &deleted.0)
}

/// Deletes a membership of an organization, and the member's workspace and project memberships in it.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/organizations/{organization_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The membership was deleted", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No membership has this id"),
        (status = 409, description = "It is the owner's membership"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_organization_membership(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 2>,
) -> Result<Response, Problem> {
    delete_membership::<Organization>(&state, command, Level::Organization).await
}

/// Deletes a membership of a workspace, and the member's memberships of its projects. The membership
/// of the organization stays.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/workspaces/{workspace_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The membership was deleted", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No membership has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_workspace_membership(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 2>,
) -> Result<Response, Problem> {
    delete_membership::<Workspace>(&state, command, Level::Workspace).await
}

/// Deletes a membership of a project. The memberships of the workspace and the organization stay.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/projects/{project_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("project_id" = String, Path, description = "The project's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The membership was deleted", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No membership has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_project_membership(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 2>,
) -> Result<Response, Problem> {
    delete_membership::<Project>(&state, command, Level::Project).await
}

/// Deletes the membership that is the second path parameter. The first one is the id of a `T`.
async fn delete_membership<T>(
    state: &AppState,
    command: OperatorPathCommand<AccountsDelete, 2>,
    level: Level,
) -> Result<Response, Problem> {
    let OperatorPathCommand {
        operator,
        context,
        path: [scope, membership],
        ..
    } = command;
    let (kind, parameter) = match level {
        Level::Organization => (SingleKind::OrganizationMembership, "organization_id"),
        Level::Workspace => (SingleKind::WorkspaceMembership, "workspace_id"),
        Level::Project => (SingleKind::ProjectMembership, "project_id"),
    };
    parse_id::<T>(parameter, &scope)?;
    let membership = parse_id("membership_id", &membership)?;
    let app = state.app();
    let output = app.delete_membership(&operator, &context, level, membership);
    single_deletion_response(&output.await?, kind, |deleted| &deleted.0)
}

/// Deletes an API key. It stops working at once.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/api-keys/{api_key_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("api_key_id" = String, Path, description = "The key's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The key was deleted", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No API key has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn delete_account_api_key(
    State(state): State<AppState>,
    command: OperatorPathCommand<CredentialsWrite, 1>,
) -> Result<Response, Problem> {
    let OperatorPathCommand {
        operator,
        context,
        path: [key],
        ..
    } = command;
    let key = parse_id("api_key_id", &key)?;
    let app = state.app();
    let output = app.delete_api_key_by_id(&operator, &context, key);
    single_deletion_response(&output.await?, SingleKind::ApiKey, |deleted| &deleted.0)
}
