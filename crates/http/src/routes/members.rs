//! Members: assigning roles, removing members, leaving, and resetting a member's password. Not
//! here: inviting (`invitations`).

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, RemovalCounts, RoleAssignment};
use freehold_domain::{Email, Id, Refusal};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{NoBody, request_body};
use crate::extract::{Command, PathParams, ProjectCaller, QueryParams};
use crate::response::{SecretView, command_response};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(assign_role, unassign_role))
        .routes(routes!(remove_from_workspace))
        .routes(routes!(remove_from_organization))
        .routes(routes!(leave_organization))
        .routes(routes!(reset_member_password))
}

request_body! {
    /// A role for a member of a workspace.
    struct AssignRole {
        /// The member's address.
        #[schema(value_type = String, format = "email")]
        email: Email,
        /// The id of the workspace's organization.
        organization_id: Uuid,
        /// A role of workspaces, but not `owner`.
        role: String,
    }

    /// The member to remove.
    struct MemberQuery {
        /// The member's address.
        #[schema(value_type = String)]
        email: Email,
    }

    /// The member whose password is reset.
    struct UserIdQuery {
        /// The member's user id.
        user_id: Uuid,
    }
}

impl AssignRole {
    fn into_assignment(self, text: &str) -> Result<RoleAssignment, Problem> {
        let Self {
            email,
            organization_id,
            role,
        } = self;
        Ok(RoleAssignment {
            organization: Id::new(organization_id),
            workspace: text.parse().map_err(|_| Refusal::InvalidUuid)?,
            email,
            role,
        })
    }
}

/// What was removed together with a membership.
#[derive(Debug, Serialize, ToSchema)]
struct RemovalCountsView {
    /// How many memberships of workspaces.
    workspaces: i64,
    /// How many memberships of projects.
    projects: i64,
    /// How many API keys of the user for these projects. They are not valid any more.
    api_keys: i64,
    /// How many open invitations to the user's address. They were revoked.
    invitations: i64,
}

impl From<&RemovalCounts> for RemovalCountsView {
    fn from(counts: &RemovalCounts) -> Self {
        let RemovalCounts {
            workspaces,
            projects,
            api_keys,
            invitations,
        } = *counts;
        Self {
            workspaces,
            projects,
            api_keys,
            invitations,
        }
    }
}

/// The response to the removal of a member.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedMemberView {
    /// What was removed together with the membership.
    removed: RemovalCountsView,
}

/// The response to leaving an organization.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOrganizationView {
    /// What was removed together with the caller's membership.
    left: RemovalCountsView,
}

/// Assigns another role to a member of a workspace, also in all projects of the workspace.
#[utoipa::path(
    post, path = "/workspaces/{workspace_id}/roles", tag = "Members",
    params(("workspace_id" = String, Path, description = "The workspace's id")),
    request_body = AssignRole,
    responses(
        (status = 200, description = "`true`: the member has the role", body = bool),
        (status = 400, description = "The role does not exist, or the workspace is not in the organization"),
        (status = 403, description = "The caller's role lacks the permission, or does not rank above the member's role or the new one"),
        (status = 404, description = "No account has the address, or its user is not a member"),
    ),
    extensions(("x-scope" = json!("workspace")), ("x-permission" = json!("modify_user_roles"))),
)]
async fn assign_role(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command { context, body }: Command<AssignRole>,
) -> Result<Response, Problem> {
    let PathParams([workspace]) = path;
    let assignment = body.into_assignment(&workspace)?;
    let assigned = state
        .app()
        .assign_role(&caller, &context, &assignment)
        .await?;
    command_response(StatusCode::OK, &assigned, |result| *result)
}

/// Unassigns a role from a member, who becomes a viewer. A member with another role keeps it.
#[utoipa::path(
    delete, path = "/workspaces/{workspace_id}/roles", tag = "Members",
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("email" = String, Query, description = "The member's address"),
        ("organization_id" = String, Query, description = "The id of the workspace's organization"),
        ("role" = String, Query, description = "The role"),
    ),
    responses(
        (status = 200, description = "`true`: the member does not have the role", body = bool),
        (status = 400, description = "The role does not exist, or the workspace is not in the organization"),
        (status = 403, description = "The caller's role lacks the permission, or does not rank above the member's role or the new one"),
        (status = 404, description = "No account has the address, or its user is not a member"),
    ),
    extensions(("x-scope" = json!("workspace")), ("x-permission" = json!("modify_user_roles"))),
)]
async fn unassign_role(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    QueryParams(query): QueryParams<AssignRole>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([workspace]) = path;
    let assignment = query.into_assignment(&workspace)?;
    let unassigned = state
        .app()
        .unassign_role(&caller, &context, &assignment)
        .await?;
    command_response(StatusCode::OK, &unassigned, |result| *result)
}

/// Removes a member from a workspace, and from its organization if they are in no other workspace
/// of it; revokes an open invitation to the address. An unknown address changes nothing.
#[utoipa::path(
    delete, path = "/workspaces/{workspace_id}/users", tag = "Members",
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("email" = String, Query, description = "The member's address"),
    ),
    responses(
        (status = 200, description = "`true`: the user is not a member", body = bool),
        (status = 403, description = "The caller is not an admin of the workspace, or does not rank above the member"),
        (status = 404, description = "The workspace does not exist, or the caller has no access to it"),
    ),
    extensions(("x-scope" = json!("workspace")), ("x-permission" = json!("admin"))),
)]
async fn remove_from_workspace(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    QueryParams(MemberQuery { email }): QueryParams<MemberQuery>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([workspace]) = path;
    let workspace = workspace.parse().map_err(|_| Refusal::InvalidUuid)?;
    let removed = state
        .app()
        .remove_from_workspace(&caller, &context, workspace, &email)
        .await?;
    command_response(StatusCode::OK, &removed, |result| *result)
}

/// Removes a member from an organization with all its workspaces and projects.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/members/{user_id}", tag = "Members",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("user_id" = String, Path, description = "The member's user id"),
    ),
    responses(
        (status = 200, description = "The member was removed", body = RemovedMemberView),
        (status = 403, description = "The caller may not remove the member from each of the member's workspaces"),
        (status = 404, description = "The organization has no such member"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("admin"))),
)]
async fn remove_from_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization, user]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    // A text that is not an id names no user. The caller's permission is checked before.
    let removed = state
        .app()
        .remove_from_organization(&caller, &context, organization, user.parse().ok())
        .await?;
    command_response(StatusCode::OK, &removed, |counts| RemovedMemberView {
        removed: counts.into(),
    })
}

/// Removes the caller from an organization with all its workspaces and projects. The owner has to
/// transfer ownership first.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/leave", tag = "Members",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The caller left", body = LeftOrganizationView),
        (status = 400, description = "The caller is the owner"),
        (status = 403, description = "The caller is not a member"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("member"))),
)]
async fn leave_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    let left = state
        .app()
        .leave_organization(&caller, &context, organization)
        .await?;
    command_response(StatusCode::OK, &left, |counts| LeftOrganizationView {
        left: counts.into(),
    })
}

/// Creates a password reset link for a member of the caller's workspace. The link is sent to the
/// member, or returned if the server does not send mail.
#[utoipa::path(
    post, path = "/profile/reset-password", tag = "Profile",
    params(("user_id" = String, Query, description = "The member's user id")),
    responses(
        (status = 200, description = "The link, or null if it was sent by email", body = Option<String>),
        (status = 403, description = "The caller's role lacks the permission, or does not rank above the member's role"),
        (status = 404, description = "The caller's workspace has no such member"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("reset_password"))),
)]
async fn reset_member_password(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    QueryParams(UserIdQuery { user_id }): QueryParams<UserIdQuery>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let reset = state
        .app()
        .reset_password_of_member(&caller, &context, Id::new(user_id))
        .await?;
    command_response(StatusCode::OK, &reset, |reset| {
        reset.link.as_ref().map(SecretView)
    })
}
