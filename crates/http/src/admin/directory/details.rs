//! Everything about one person, everything about one organization.

use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::organization_view::AccountGraphView;
use super::user_view::AccountFileView;
use crate::admin::{AccountsRead, By, Looking};
use crate::error::Problem;
use crate::extract::InPath;
use crate::response::show;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(read_user))
        .routes(routes!(read_account))
}

/// One person: logins, memberships on all three levels, keys and open invitations.
#[utoipa::path(
    get, path = "/admin/users/{user}", tag = "Operators", security(("operator" = [])),
    params(
        ("user" = String, Path, description = "An id or an address"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "Lists have at most 500 items; `truncated` says that one goes on", body = AccountFileView<'_>),
        (status = 404, description = "Nobody has this id or address"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn read_user(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsRead>,
    Looking(call): Looking,
    path: InPath<1>,
) -> Result<Response, Problem> {
    let InPath([named]) = path;
    let file = house.app().account_file(&operator, &call, &named).await?;
    show(&AccountFileView::from(&file))
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
            `GET /admin/users?organization=` lists all people", body = AccountGraphView<'_>),
        (status = 404, description = "No organization has this id or slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn read_account(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsRead>,
    Looking(call): Looking,
    path: InPath<1>,
) -> Result<Response, Problem> {
    let InPath([named]) = path;
    let graph = house.app().account_graph(&operator, &call, &named).await?;
    show(&AccountGraphView::from(&graph))
}
