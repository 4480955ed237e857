//! Taking single things away from people: a membership, a login, an API key, each by its own id.
//! What stands before it in the path has to be an id, and is not compared.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Operator, RequestContext};
use freehold_domain::{Level, Organization, Project, User, Workspace};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::delete::parse_id;
use super::views::{DeletionView, SingleKind};
use crate::admin::{AccountsDelete, AuthorizedOperator, CredentialsWrite, OperatorCommand};
use crate::error::Problem;
use crate::extract::PathParams;
use crate::extract::body::NoBody;
use crate::response::operator_command_response;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(delete_account_identity))
        .routes(routes!(delete_organization_membership))
        .routes(routes!(delete_workspace_membership))
        .routes(routes!(delete_project_membership))
        .routes(routes!(delete_account_api_key))
}

/// Takes a way of signing in from somebody. Their sessions end, their account stays.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/users/{user_id}/identities/{identity_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("user_id" = String, Path, description = "The person's id"),
        ("identity_id" = String, Path, description = "The login's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The login is gone", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such login"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn delete_account_identity(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<CredentialsWrite>,
    path: PathParams<2>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([user, identity]) = path;
    parse_id::<User>("user_id", &user)?;
    let identity = parse_id("identity_id", &identity)?;
    let output = state.app().delete_identity(&operator, &context, identity);
    let output = output.await?;
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, &output, |removed| {
        DeletionView::single(dry_run, SingleKind::Identity, removed.0)
    })
}

/// Ends a membership of an organization, with all that somebody has in it.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/organizations/{organization_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The membership is gone", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such membership"),
        (status = 409, description = "It is the owner's"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_organization_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<2>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Organization;
    remove_membership::<Organization>(&state, &operator, &context, level, path).await
}

/// Ends a membership of a workspace and of its projects. The membership of the organization stays.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/workspaces/{workspace_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The membership is gone", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such membership"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_workspace_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<2>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Workspace;
    remove_membership::<Workspace>(&state, &operator, &context, level, path).await
}

/// Ends a membership of a project. Those of the workspace and the organization stay.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/projects/{project_id}/memberships/{membership_id}",
    tag = "Operators", security(("operator" = [])),
    params(
        ("project_id" = String, Path, description = "The project's id"),
        ("membership_id" = String, Path, description = "The membership's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The membership is gone", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such membership"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_project_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<2>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Project;
    remove_membership::<Project>(&state, &operator, &context, level, path).await
}

/// Ends the second of `path` in the first, which is a `P`.
async fn remove_membership<P>(
    state: &AppState,
    operator: &Operator,
    context: &RequestContext,
    level: Level,
    PathParams([place, membership]): PathParams<2>,
) -> Result<Response, Problem> {
    let (kind, parameter) = match level {
        Level::Organization => (SingleKind::OrganizationMembership, "organization_id"),
        Level::Workspace => (SingleKind::WorkspaceMembership, "workspace_id"),
        Level::Project => (SingleKind::ProjectMembership, "project_id"),
    };
    parse_id::<P>(parameter, &place)?;
    let membership = parse_id("membership_id", &membership)?;
    let app = state.app();
    let output = app.delete_membership(operator, context, level, membership);
    let output = output.await?;
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, &output, |removed| {
        DeletionView::single(dry_run, kind, removed.0)
    })
}

/// Takes an API key back. It opens nothing from then on.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/api-keys/{api_key_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("api_key_id" = String, Path, description = "The key's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The key is gone", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such key"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn delete_account_api_key(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<CredentialsWrite>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([key]) = path;
    let key = parse_id("api_key_id", &key)?;
    let output = state
        .app()
        .delete_api_key_by_id(&operator, &context, key)
        .await?;
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, &output, |removed| {
        DeletionView::single(dry_run, SingleKind::ApiKey, removed.0)
    })
}
