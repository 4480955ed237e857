//! Taking single things away from people: a membership, a login, an API key, each by its own id.
//! What stands before it in the path has to be an id, and is not compared.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Operator, RequestContext};
use freehold_domain::{Level, Organization, Project, User, Workspace};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::delete::id;
use super::views::{DeletionView, Single};
use crate::admin::{AccountsDelete, By, CredentialsWrite, Order};
use crate::error::Problem;
use crate::extract::InPath;
use crate::extract::body::NoBody;
use crate::response::done_alike;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(delete_identity))
        .routes(routes!(delete_organization_membership))
        .routes(routes!(delete_workspace_membership))
        .routes(routes!(delete_project_membership))
        .routes(routes!(delete_api_key))
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
async fn delete_identity(
    State(house): State<AppState>,
    By { operator, .. }: By<CredentialsWrite>,
    path: InPath<2>,
    Order { call, body: NoBody }: Order<NoBody>,
) -> Result<Response, Problem> {
    let InPath([user, identity]) = path;
    id::<User>("user_id", &user)?;
    let identity = id("identity_id", &identity)?;
    let done = house.app().withdraw_identity(&operator, &call, identity);
    let done = done.await?;
    let rehearsed = done.rehearsal.is_some();
    done_alike(StatusCode::OK, &done, |gone| {
        DeletionView::single(rehearsed, Single::Identity, gone.0)
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
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsDelete>,
    path: InPath<2>,
    Order { call, body: NoBody }: Order<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Organization;
    end::<Organization>(&house, &operator, &call, level, path).await
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
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsDelete>,
    path: InPath<2>,
    Order { call, body: NoBody }: Order<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Workspace;
    end::<Workspace>(&house, &operator, &call, level, path).await
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
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsDelete>,
    path: InPath<2>,
    Order { call, body: NoBody }: Order<NoBody>,
) -> Result<Response, Problem> {
    let level = Level::Project;
    end::<Project>(&house, &operator, &call, level, path).await
}

/// Ends the second of `path` in the first, which is a `P`.
async fn end<P>(
    house: &AppState,
    operator: &Operator,
    call: &RequestContext,
    level: Level,
    InPath([place, membership]): InPath<2>,
) -> Result<Response, Problem> {
    let (kind, named) = match level {
        Level::Organization => (Single::OrganizationMembership, "organization_id"),
        Level::Workspace => (Single::WorkspaceMembership, "workspace_id"),
        Level::Project => (Single::ProjectMembership, "project_id"),
    };
    id::<P>(named, &place)?;
    let membership = id("membership_id", &membership)?;
    let app = house.app();
    let done = app.withdraw_membership(operator, call, level, membership);
    let done = done.await?;
    let rehearsed = done.rehearsal.is_some();
    done_alike(StatusCode::OK, &done, |gone| {
        DeletionView::single(rehearsed, kind, gone.0)
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
async fn delete_api_key(
    State(house): State<AppState>,
    By { operator, .. }: By<CredentialsWrite>,
    path: InPath<1>,
    Order { call, body: NoBody }: Order<NoBody>,
) -> Result<Response, Problem> {
    let InPath([key]) = path;
    let key = id("api_key_id", &key)?;
    let done = house.app().withdraw_key(&operator, &call, key).await?;
    let rehearsed = done.rehearsal.is_some();
    done_alike(StatusCode::OK, &done, |gone| {
        DeletionView::single(rehearsed, Single::ApiKey, gone.0)
    })
}
