//! Roles and their permissions, and the permission check for services.

pub(crate) mod api_keys;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use freehold_app::{Caller, PermissionCheck};
use freehold_domain::{Level, PermissionRef, RoleDefinition};
use http::request::Parts;
use http::{HeaderValue, header};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::ProjectCaller;
use crate::extract::query::query_pairs;
use crate::response::ok_json;
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_roles))
        .routes(routes!(list_described_permissions))
        .routes(routes!(check_permission))
        .routes(routes!(list_workspace_roles))
        .routes(routes!(list_permissions))
}

/// The role catalog, by the level at which a role is assigned.
#[derive(Debug, Serialize, ToSchema)]
struct RoleCatalogView<'a> {
    /// The roles of members of an organization.
    organization: Vec<RoleView<'a>>,
    /// The roles of members of a workspace.
    workspace: Vec<RoleView<'a>>,
    /// The roles of members of a project.
    project: Vec<RoleView<'a>>,
}

/// A role and its permissions.
#[derive(Debug, Serialize, ToSchema)]
struct RoleView<'a> {
    /// The role's name, such as `viewer`.
    role: &'a str,
    /// What the role is for.
    description: &'a str,
    /// The role's permissions; `["*"]` for the owner, who has all.
    permissions: Vec<&'a str>,
}

impl<'a> From<&'a RoleDefinition> for RoleView<'a> {
    fn from(role: &'a RoleDefinition) -> Self {
        let permissions = if role.has_every_permission() {
            vec!["*"]
        } else {
            let permissions = role.permissions_in_order();
            permissions.map(PermissionRef::as_str).collect()
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
    /// The role's name, such as `viewer`.
    role_name: &'a str,
    /// What the role is for.
    role_description: &'a str,
}

/// A permission that roles can have.
#[derive(Debug, Serialize, ToSchema)]
struct PermissionView<'a> {
    /// The permission's name, such as `view_testsets`.
    permission: &'a str,
    /// What the permission is for; empty for a built-in one.
    description: &'a str,
    /// Whether every server has the permission. Others are those of extensions, and those that the
    /// deployer declares.
    built_in: bool,
}

impl<'a> From<PermissionRef<'a>> for PermissionView<'a> {
    fn from(permission: PermissionRef<'a>) -> Self {
        Self {
            permission: permission.as_str(),
            description: permission.description(),
            built_in: permission.built_in().is_some(),
        }
    }
}

/// The response to a permission check that is positive.
#[derive(Debug, Serialize, ToSchema)]
struct PermissionCheckView {
    /// Always `allow`.
    effect: &'static str,
    /// `Secret` and a service token: the value of `Authorization` with which the service acts for
    /// the same user in the same project, for 15 minutes.
    credentials: String,
}

/// Returns the role catalog.
#[utoipa::path(
    get, path = "/access/roles", tag = "Access",
    responses((status = 200, description = "The roles of each level", body = RoleCatalogView<'_>)),
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

/// Returns the roles that members of a workspace can have.
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

/// Returns the names of all permissions: the built-in ones, sorted, then all others, sorted.
#[utoipa::path(
    get, path = "/workspaces/permissions", tag = "Access",
    responses((status = 200, description = "The permissions, sorted", body = Vec<String>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_permissions(State(state): State<AppState>, _: Caller) -> Result<Response, Problem> {
    let mut permissions: Vec<_> = state.app().permissions().iter().collect();
    permissions.sort_unstable_by_key(|it| (it.built_in().is_none(), it.as_str()));
    let names: Vec<_> = permissions.into_iter().map(PermissionRef::as_str).collect();
    ok_json(&names)
}

/// Returns all permissions with their descriptions, in the order in which roles list them.
#[utoipa::path(
    get, path = "/access/permissions", tag = "Access",
    responses((status = 200, description = "The permissions", body = Vec<PermissionView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_described_permissions(
    State(state): State<AppState>,
    _: Caller,
) -> Result<Response, Problem> {
    let permissions = state.app().permissions().iter();
    ok_json(&permissions.map(PermissionView::from).collect::<Vec<_>>())
}

/// Checks whether the caller has a permission, and returns a service token. For services that act
/// for the caller.
#[utoipa::path(
    get, path = "/access/permissions/check", tag = "Access",
    params(
        ("action" = Option<String>, Query, description = "The permission, such as `view_testsets`"),
        ("scope_type" = Option<String>, Query, description = "`project`, `workspace` or `organization`"),
        ("scope_id" = Option<String>, Query, description = "The id of the scope. It has to be the scope in which the request works"),
        ("resource_type" = Option<String>, Query, description = "`service` or `local_secrets`"),
        ("resource_id" = Option<String>, Query, description = "Ignored"),
    ),
    responses(
        (status = 200, description = "The caller has the permission", body = PermissionCheckView),
        (status = 403, description = "The caller does not have the permission, or the query is not valid"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("the one in `action`"))),
)]
async fn check_permission(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    PermissionCheckQuery(check): PermissionCheckQuery,
) -> Result<Response, Problem> {
    let token = state.app().check_permission(&caller, &check)?;
    let mut response = ok_json(&PermissionCheckView {
        effect: "allow",
        credentials: format!("Secret {}", token.expose_secret()),
    })?;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The permission check in the query.
struct PermissionCheckQuery(PermissionCheck);

impl FromRequestParts<AppState> for PermissionCheckQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let mut check = PermissionCheck::default();
        for (name, value) in query_pairs(&parts.uri) {
            let part = match &*name {
                "action" => &mut check.action,
                "scope_type" => &mut check.scope_type,
                "scope_id" => &mut check.scope_id,
                "resource_type" => &mut check.resource_type,
                _ => continue,
            };
            *part = Some(value.into_owned());
        }
        Ok(Self(check))
    }
}
