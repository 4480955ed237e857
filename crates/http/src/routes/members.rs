//! Members: their roles in a workspace, taking them out, leaving, and a new password for one of
//! them. Inviting people is in `invitations`.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, RemovalCounts, RoleAssignment};
use freehold_domain::{Email, Id, Refusal};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::{NoBody, request_body};
use crate::extract::{Command, PathParams, ProjectCaller, QueryParams};
use crate::response::{SecretView, command_response};
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(assign_role, unassign_role))
        .routes(routes!(remove_from_workspace))
        .routes(routes!(remove_from_organization))
        .routes(routes!(leave_organization))
        .routes(routes!(reset_member_password))
}

request_body! {
    /// A role for a member of a workspace.
    struct AssignRole {
        /// Whose.
        #[schema(value_type = String, format = "email")]
        email: Email,
        /// The organization around the workspace.
        organization_id: Uuid,
        /// One of the workspace's roles; not `owner`.
        role: String,
    }

    /// Who is to be taken out.
    struct MemberQuery {
        #[schema(value_type = String)]
        email: Email,
    }

    /// Whose password is to be set.
    struct UserIdQuery {
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

/// What somebody lost with their membership.
#[derive(Debug, Serialize, ToSchema)]
struct RemovalCountsView {
    /// Workspaces that they were in.
    workspaces: i64,
    /// Projects that they were in.
    projects: i64,
    /// Their API keys for these projects. They open nothing any more.
    api_keys: i64,
    /// Open invitations to their address, taken back.
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

/// What a removed member lost.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedMemberView {
    removed: RemovalCountsView,
}

/// What whoever left has lost.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOrganizationView {
    left: RemovalCountsView,
}

/// Gives a member of a workspace another role, there and in all of its projects.
#[utoipa::path(
    post, path = "/workspaces/{workspace_id}/roles", tag = "Members",
    params(("workspace_id" = String, Path, description = "The workspace's id")),
    request_body = AssignRole,
    responses(
        (status = 200, description = "They have it", body = bool),
        (status = 400, description = "No such role, or the workspace is not in the organization"),
        (status = 403, description = "The caller's role does not allow it, or is not above the other"),
        (status = 404, description = "No such account, or no member"),
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

/// Takes a role from a member, who becomes a viewer. Whoever has another role keeps it.
#[utoipa::path(
    delete, path = "/workspaces/{workspace_id}/roles", tag = "Members",
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("email" = String, Query, description = "Whose"),
        ("organization_id" = String, Query, description = "The organization around the workspace"),
        ("role" = String, Query, description = "Which"),
    ),
    responses(
        (status = 200, description = "They do not have it", body = bool),
        (status = 400, description = "No such role, or the workspace is not in the organization"),
        (status = 403, description = "The caller's role does not allow it, or is not above the other"),
        (status = 404, description = "No such account, or no member"),
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

/// Takes somebody out of a workspace, and out of its organization if they are in no other workspace
/// of it; takes their invitation back. For an unknown address nothing happens.
#[utoipa::path(
    delete, path = "/workspaces/{workspace_id}/users", tag = "Members",
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("email" = String, Query, description = "Whom"),
    ),
    responses(
        (status = 200, description = "They are not in it", body = bool),
        (status = 403, description = "The caller is no admin there, or not above the member"),
        (status = 404, description = "No such workspace"),
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

/// Takes somebody out of a whole organization.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/members/{user_id}", tag = "Members",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("user_id" = String, Path, description = "The member's user id"),
    ),
    responses(
        (status = 200, description = "What they lost", body = RemovedMemberView),
        (status = 403, description = "The caller may not take them out of each of their workspaces"),
        (status = 404, description = "No such member"),
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
    // A text that is no id names nobody; whether the caller may ask at all comes first.
    let removed = state
        .app()
        .remove_from_organization(&caller, &context, organization, user.parse().ok())
        .await?;
    command_response(StatusCode::OK, &removed, |counts| RemovedMemberView {
        removed: counts.into(),
    })
}

/// Leaves an organization with everything in it. Its owner has to hand it over first.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/leave", tag = "Members",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "What the caller lost", body = LeftOrganizationView),
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

/// Makes a link that sets the password of a member of the caller's workspace: sent to the member,
/// or, without a mailer, answered.
#[utoipa::path(
    post, path = "/profile/reset-password", tag = "Profile",
    params(("user_id" = String, Query, description = "The member's user id")),
    responses(
        (status = 200, description = "The link, or null when it was sent", body = Option<String>),
        (status = 403, description = "The caller's role does not allow it, or is not above the member's"),
        (status = 404, description = "Nobody in the caller's workspace"),
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
