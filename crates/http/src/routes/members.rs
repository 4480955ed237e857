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
use crate::extract::{Command, InPath, InQuery, Scoped};
use crate::response::done;
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(assign_role, unassign_role))
        .routes(routes!(remove_from_workspace))
        .routes(routes!(remove_from_organization))
        .routes(routes!(leave_organization))
        .routes(routes!(reset_password_of_member))
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
    struct WhichMember {
        #[schema(value_type = String)]
        email: Email,
    }

    /// Whose password is to be set.
    struct WhichUser {
        user_id: Uuid,
    }
}

impl AssignRole {
    fn in_workspace(self, text: &str) -> Result<RoleAssignment, Problem> {
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
struct LostView {
    /// Workspaces that they were in.
    workspaces: i64,
    /// Projects that they were in.
    projects: i64,
    /// Their API keys for these projects. They open nothing any more.
    api_keys: i64,
    /// Open invitations to their address, taken back.
    invitations: i64,
}

impl From<&RemovalCounts> for LostView {
    fn from(lost: &RemovalCounts) -> Self {
        let RemovalCounts {
            workspaces,
            projects,
            api_keys,
            invitations,
        } = *lost;
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
struct RemovedView {
    removed: LostView,
}

/// What whoever left has lost.
#[derive(Debug, Serialize, ToSchema)]
struct LeftView {
    left: LostView,
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
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    Command { call, body }: Command<AssignRole>,
) -> Result<Response, Problem> {
    let InPath([workspace]) = path;
    let assignment = body.in_workspace(&workspace)?;
    let assigned = house.app().assign_role(&caller, &call, &assignment).await?;
    done(StatusCode::OK, &assigned, |yes| *yes)
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
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    InQuery(asked): InQuery<AssignRole>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([workspace]) = path;
    let assignment = asked.in_workspace(&workspace)?;
    let taken = house
        .app()
        .unassign_role(&caller, &call, &assignment)
        .await?;
    done(StatusCode::OK, &taken, |yes| *yes)
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
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    InQuery(WhichMember { email }): InQuery<WhichMember>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([workspace]) = path;
    let workspace = workspace.parse().map_err(|_| Refusal::InvalidUuid)?;
    let removed = house
        .app()
        .remove_from_workspace(&caller, &call, workspace, &email)
        .await?;
    done(StatusCode::OK, &removed, |yes| *yes)
}

/// Takes somebody out of a whole organization.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/members/{user_id}", tag = "Members",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("user_id" = String, Path, description = "The member's user id"),
    ),
    responses(
        (status = 200, description = "What they lost", body = RemovedView),
        (status = 403, description = "The caller may not take them out of each of their workspaces"),
        (status = 404, description = "No such member"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("admin"))),
)]
async fn remove_from_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<2>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([organization, user]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    // A text that is no id names nobody; whether the caller may ask at all comes first.
    let removed = house
        .app()
        .remove_from_organization(&caller, &call, organization, user.parse().ok())
        .await?;
    done(StatusCode::OK, &removed, |lost| RemovedView {
        removed: lost.into(),
    })
}

/// Leaves an organization with everything in it. Its owner has to hand it over first.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/leave", tag = "Members",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "What the caller lost", body = LeftView),
        (status = 400, description = "The caller is the owner"),
        (status = 403, description = "The caller is not a member"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("member"))),
)]
async fn leave_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    let left = house
        .app()
        .leave_organization(&caller, &call, organization)
        .await?;
    done(StatusCode::OK, &left, |lost| LeftView { left: lost.into() })
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
async fn reset_password_of_member(
    State(house): State<AppState>,
    Scoped(caller): Scoped,
    InQuery(WhichUser { user_id }): InQuery<WhichUser>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let reset = house
        .app()
        .reset_password_of_member(&caller, &call, Id::new(user_id))
        .await?;
    done(StatusCode::OK, &reset, Clone::clone)
}
