//! Everything about one person, everything about one organization.

use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::organization_view::OperatorOrganizationView;
use super::user_view::OperatorUserView;
use crate::admin::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::error::Problem;
use crate::extract::PathParams;
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(read_user_details))
        .routes(routes!(read_organization_details))
}

/// One person: logins, memberships on all three levels, keys and open invitations.
#[utoipa::path(
    get, path = "/admin/users/{user}", tag = "Operators", security(("operator" = [])),
    params(
        ("user" = String, Path, description = "An id or an address"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "Lists have at most 500 items; `truncated` says that one goes on", body = OperatorUserView<'_>),
        (status = 404, description = "Nobody has this id or address"),
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
    let file = state
        .app()
        .account_details(&operator, &context, &reference)
        .await?;
    ok_json(&OperatorUserView::from(&file))
}

/// One organization: its owner, people, workspaces, projects and open invitations.
#[utoipa::path(
    get, path = "/admin/organizations/{organization}", tag = "Operators", security(("operator" = [])),
    params(
        ("organization" = String, Path, description = "An id or a slug"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "Lists have at most 500 items; `truncated` says that one goes on. \
            `GET /admin/users?organization=` lists all people", body = OperatorOrganizationView<'_>),
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
    let graph = state
        .app()
        .organization_contents(&operator, &context, &reference)
        .await?;
    ok_json(&OperatorOrganizationView::from(&graph))
}
