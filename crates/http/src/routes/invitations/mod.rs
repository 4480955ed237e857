//! Invitations: the reference API's three endpoints below a workspace, and the list of an
//! organization. The inbox of an invitee is in [`inbox`], the views are in [`views`], the query of
//! lists is in [`list_query`].

pub(crate) mod bulk;
mod bulk_csv;
mod inbox;
pub(crate) mod links;
mod list_query;
mod views;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use freehold_app::{Acceptance, Caller, InvitationReference, NewInvitation};
use freehold_domain::{Email, Id, Refusal};
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{FieldReader, NoBody, request_body};
use crate::extract::query::query_pairs;
use crate::extract::{Command, PathParams, UnscopedCaller};
use crate::response::command_response;
use crate::state::AppState;
use list_query::InvitationPageRequest;
use views::{
    ClosedInvitationView, InvitationMessage, InvitationsView, InviteResponse, SentInvitationView,
};

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(create_invitation))
        .routes(routes!(resend_invitation_by_email))
        .routes(routes!(accept_invitation))
        .routes(routes!(list_invitations))
        .routes(routes!(revoke_invitation))
        .routes(routes!(resend_invitation))
        .merge(inbox::routes())
}

/// The role of invitees without one in the request.
const DEFAULT_ROLE: &str = "viewer";

request_body! {
    /// An invitee.
    struct Invitee {
        /// The invitee's address.
        #[schema(value_type = String, format = "email")]
        email: Email,
        /// The invitee's role: the first of the list; `viewer` by default.
        roles: Option<Vec<String>>,
    }

    /// The invitation to send again.
    struct ResendInvitation {
        /// The invitee's address.
        #[schema(value_type = String, format = "email")]
        email: Email,
    }

    /// The values in the link of an invitation.
    struct AcceptInvitation {
        /// The token.
        token: String,
        /// The invitee's address.
        email: String,
    }
}

/// Requires `project_id` in the query, as the reference API does. Its value is ignored: the
/// invitation has the project.
#[derive(Debug)]
struct RequiredProjectParam;

impl FromRequestParts<AppState> for RequiredProjectParam {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        if query_pairs(&parts.uri).any(|(key, _)| key == "project_id") {
            return Ok(Self);
        }
        let mut reader = FieldReader::at("query");
        reader.nested("project_id", |reader| {
            reader.report("missing", "Field required", &Value::Null);
            None::<()>
        });
        Err(Problem::unprocessable(reader.into_problems()))
    }
}

/// Invites a user to a workspace.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "The workspace's id"),
    ),
    request_body(content = Vec<Invitee>, description = "A list of exactly one invitee"),
    responses(
        (status = 200, description = "The invitee is invited: the link, or `true` if it was sent by email", body = InviteResponse<'_>),
        (status = 400, description = "Not exactly one invitee; the caller's own address; the invitee is a member or has an open invitation; or the role does not exist"),
        (status = 403, description = "The caller may not invite, or not with this role"),
        (status = 404, description = "The organization has no such workspace"),
        (status = 429, description = "The organization has sent too many invitations within a day"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn create_invitation(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command { context, body }: Command<Vec<Invitee>>,
) -> Result<Response, Problem> {
    let PathParams([organization, workspace]) = path;
    let [Invitee { email, roles }]: [Invitee; 1] =
        body.try_into().map_err(|_| Refusal::OneInvitationAtATime)?;
    let role = roles.and_then(|roles| roles.into_iter().next());
    let new = NewInvitation {
        organization: organization.parse().ok(),
        workspace: workspace.parse().ok(),
        email,
        role: role.unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
    };
    let sent = state.app().invite(&caller, &context, &new).await?;
    command_response(StatusCode::OK, &sent, InviteResponse::from)
}

/// Sends the open invitation to an address again, with a new link.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite/resend",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "The workspace's id"),
    ),
    request_body = ResendInvitation,
    responses(
        (status = 200, description = "The link, or `true` if it was sent by email", body = InviteResponse<'_>),
        (status = 403, description = "The caller may not invite, or not with this role"),
        (status = 404, description = "The workspace does not exist, or the address has no invitation to it"),
        (status = 429, description = "The organization has sent too many invitations within a day"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn resend_invitation_by_email(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command { context, body }: Command<ResendInvitation>,
) -> Result<Response, Problem> {
    let PathParams([organization, workspace]) = path;
    let invitation = InvitationReference::Address {
        organization: organization.parse().ok(),
        workspace: workspace.parse().ok(),
        email: body.email,
    };
    let sent = state
        .app()
        .resend_invitation(&caller, &context, &invitation)
        .await?;
    command_response(StatusCode::OK, &sent, InviteResponse::from)
}

/// Accepts an invitation with the values in its link.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite/accept",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "Ignored: the invitation has the workspace"),
        ("project_id" = String, Query, description = "Required, but its value is ignored"),
    ),
    request_body = AcceptInvitation,
    responses(
        (status = 200, description = "The caller has joined", body = InvitationMessage),
        (status = 400, description = "The invitation does not exist, or is for another address"),
        (status = 409, description = "The invitation was accepted, or the caller is a member already"),
        (status = 410, description = "The invitation has expired, or its sender may not send it any more"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn accept_invitation(
    State(state): State<AppState>,
    UnscopedCaller(caller): UnscopedCaller,
    _: RequiredProjectParam,
    path: PathParams<2>,
    Command { context, body }: Command<AcceptInvitation>,
) -> Result<Response, Problem> {
    let PathParams([organization, _]) = path;
    let AcceptInvitation { token, email } = body;
    let acceptance = Acceptance {
        organization: organization.parse().ok(),
        token,
        email,
    };
    let joined = state
        .app()
        .accept_invitation(&caller, &context, &acceptance)
        .await?;
    command_response(StatusCode::OK, &joined, |_| InvitationMessage::JOINED)
}

/// Returns the invitations to those workspaces of an organization to which the caller may invite.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/invitations", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("status" = Option<String>, Query, description = "Only invitations with this status: `pending`, `expired`, `accepted`, `declined` or `revoked`"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items on a page; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page"),
    ),
    responses(
        (status = 200, description = "The invitations, newest first; the header `Link` has the next page", body = InvitationsView<'_>),
        (status = 403, description = "The caller may not invite to any workspace of the organization"),
        (status = 404, description = "The organization does not exist, or the caller is not a member"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn list_invitations(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    page_request: InvitationPageRequest,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let id = organization
        .parse()
        .map_err(|_| Refusal::WorkspaceNotInOrganization)?;
    let page = state
        .app()
        .invitations(&caller, id, &page_request.query())
        .await?;
    page_request.response(page.next.map(Id::uuid), |next| {
        InvitationsView::of(&page.items, next)
    })
}

/// Revokes an invitation.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/invitations/{invitation_id}", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("invitation_id" = String, Path, description = "The invitation's id"),
    ),
    responses(
        (status = 200, description = "The invitation was revoked and cannot be accepted any more", body = ClosedInvitationView),
        (status = 403, description = "The caller may not invite to its workspace"),
        (status = 404, description = "The invitation does not exist, or was accepted, declined or revoked"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn revoke_invitation(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let invitation = invitation_ref(&path);
    let revoked = state
        .app()
        .revoke_invitation(&caller, &context, &invitation)
        .await?;
    command_response(StatusCode::OK, &revoked, |id| {
        ClosedInvitationView::revoked(*id)
    })
}

/// Sends an invitation again, with a new link. The invitation may have expired.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitations/{invitation_id}/resend", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("invitation_id" = String, Path, description = "The invitation's id"),
    ),
    responses(
        (status = 200, description = "The invitation was sent", body = SentInvitationView<'_>),
        (status = 403, description = "The caller may not invite to its workspace, or not with its role"),
        (status = 404, description = "The invitation does not exist, or was accepted, declined or revoked"),
        (status = 429, description = "The organization has sent too many invitations within a day"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn resend_invitation(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let invitation = invitation_ref(&path);
    let sent = state
        .app()
        .resend_invitation(&caller, &context, &invitation)
        .await?;
    command_response(StatusCode::OK, &sent, SentInvitationView::from)
}

fn invitation_ref(PathParams([organization, invitation]): &PathParams<2>) -> InvitationReference {
    InvitationReference::Invitation {
        organization: organization.parse().ok(),
        id: invitation.parse().ok(),
    }
}
