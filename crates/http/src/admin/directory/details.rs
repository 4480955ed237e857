//! `GET /admin/users/{user}` and `GET /admin/organizations/{organization}`: details of one user and
//! one organization.

use axum::extract::State;
use axum::response::Response;

use super::organization_view::OperatorOrganizationView;
use super::user_view::OperatorUserView;
use crate::admin::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::PathParams;
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(read_user_details))
        .routes(routes!(read_organization_details))
}

/// Returns a user with their logins, memberships, API keys and open invitations.
#[utoipa::path(
    get, path = "/admin/users/{user}", tag = "Operators", security(("operator" = [])),
    params(
        ("user" = String, Path, description = "The user's id or email address"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The user. Lists have at most 500 items; `truncated` is true if one has more", body = OperatorUserView<'_>),
        (status = 404, description = "No user has this id or email address"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn read_user_details(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsRead>,
    OperatorReadContext(context): OperatorReadContext,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([reference]) = path;
    let details = state
        .app()
        .read_user_details(&operator, &context, &reference)
        .await?;
    ok_json(&OperatorUserView::from(&details))
}

/// Returns an organization with its owner, members, workspaces, projects and open invitations.
#[utoipa::path(
    get, path = "/admin/organizations/{organization}", tag = "Operators", security(("operator" = [])),
    params(
        ("organization" = String, Path, description = "The organization's id or slug"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The organization. Lists have at most 500 items; `truncated` is true if one has more. \
            `GET /admin/users?organization=` lists all members", body = OperatorOrganizationView<'_>),
        (status = 404, description = "No organization has this id or slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn read_organization_details(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsRead>,
    OperatorReadContext(context): OperatorReadContext,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([reference]) = path;
    let contents = state
        .app()
        .read_organization_overview(&operator, &context, &reference)
        .await?;
    ok_json(&OperatorOrganizationView::from(&contents))
}
