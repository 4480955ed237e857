//! What roles there are, what each may do, and whether the caller may do
//! something.

pub(crate) mod api_keys;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use freehold_app::{Caller, PermissionQuestion};
use freehold_domain::{Level, Permission, PermissionSet, RoleDefinition};
use http::request::Parts;
use http::{HeaderValue, header};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::extract::ProjectCaller;
use crate::extract::query::query_pairs;
use crate::response::ok_json;
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_roles))
        .routes(routes!(check_permission))
        .routes(routes!(list_workspace_roles))
        .routes(routes!(list_permissions))
}

/// Every role, by the level at which it is given.
#[derive(Debug, Serialize, ToSchema)]
struct RoleCatalogView<'a> {
    organization: Vec<RoleView<'a>>,
    workspace: Vec<RoleView<'a>>,
    project: Vec<RoleView<'a>>,
}

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
struct RoleView<'a> {
    role: &'a str,
    description: &'a str,
    /// `["*"]` for the owner, who may do everything.
    permissions: Vec<&'static str>,
}

impl<'a> From<&'a RoleDefinition> for RoleView<'a> {
    fn from(role: &'a RoleDefinition) -> Self {
        let permissions = if role.permissions() == PermissionSet::ALL {
            vec!["*"]
        } else {
            role.permissions_in_order()
                .iter()
                .map(|it| it.as_str())
                .collect()
        };
        Self {
            role: role.slug(),
            description: role.description(),
            permissions,
        }
    }
}

/// A role that members of a workspace can have.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceRoleView<'a> {
    role_name: &'a str,
    role_description: &'a str,
}

/// That the caller may, and what the service shows to act for them.
#[derive(Debug, Serialize, ToSchema)]
struct PermissionCheckView {
    /// Always `allow`.
    effect: &'static str,
    /// `Secret` and a token: an `Authorization` for the same person and
    /// project, good for 15 minutes.
    credentials: String,
}

/// The role catalogue.
#[utoipa::path(
    get, path = "/access/roles", tag = "Access",
    responses((status = 200, description = "Every role of each level", body = RoleCatalogView<'_>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_roles(State(state): State<AppState>, _: Caller) -> Result<Response, Problem> {
    let roles = state.app().roles();
    let of = |level| roles.roles(level).iter().map(RoleView::from).collect();
    ok_json(&RoleCatalogView {
        organization: of(Level::Organization),
        workspace: of(Level::Workspace),
        project: of(Level::Project),
    })
}

/// The roles that members of a workspace can have.
#[utoipa::path(
    get, path = "/workspaces/roles", tag = "Access",
    responses((status = 200, description = "The roles", body = Vec<WorkspaceRoleView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_workspace_roles(
    State(state): State<AppState>,
    _: Caller,
) -> Result<Response, Problem> {
    let roles = state.app().roles().roles(Level::Workspace).iter();
    let roles = roles.map(|role| WorkspaceRoleView {
        role_name: role.slug(),
        role_description: role.description(),
    });
    ok_json(&roles.collect::<Vec<_>>())
}

/// Every permission there is, by name.
#[utoipa::path(
    get, path = "/workspaces/permissions", tag = "Access",
    responses((status = 200, description = "The permissions, sorted", body = Vec<String>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_permissions(_: Caller) -> Result<Response, Problem> {
    let mut names = Permission::ALL.map(Permission::as_str);
    names.sort_unstable();
    ok_json(&names.as_slice())
}

/// Whether the caller may do something, asked by a service that does it.
#[utoipa::path(
    get, path = "/access/permissions/check", tag = "Access",
    params(
        ("action" = Option<String>, Query, description = "A permission"),
        ("scope_type" = Option<String>, Query, description = "`project`, `workspace` or `organization`"),
        ("scope_id" = Option<String>, Query, description = "Its id; it has to be the one that the request works in"),
        ("resource_type" = Option<String>, Query, description = "`service` or `local_secrets`"),
        ("resource_id" = Option<String>, Query, description = "Not looked at"),
    ),
    responses(
        (status = 200, description = "They may", body = PermissionCheckView),
        (status = 403, description = "They may not, or the question makes no sense"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("the one asked about"))),
)]
async fn check_permission(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    PermissionCheckQuery(question): PermissionCheckQuery,
) -> Result<Response, Problem> {
    let token = state.app().check_permission(&caller, &question)?;
    let mut response = ok_json(&PermissionCheckView {
        effect: "allow",
        credentials: format!("Secret {}", token.expose_secret()),
    })?;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The question as the query asks it.
struct PermissionCheckQuery(PermissionQuestion);

impl FromRequestParts<AppState> for PermissionCheckQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let mut question = PermissionQuestion::default();
        for (name, value) in query_pairs(&parts.uri) {
            let part = match &*name {
                "action" => &mut question.action,
                "scope_type" => &mut question.scope_type,
                "scope_id" => &mut question.scope_id,
                "resource_type" => &mut question.resource_type,
                _ => continue,
            };
            *part = Some(value.into_owned());
        }
        Ok(Self(question))
    }
}
