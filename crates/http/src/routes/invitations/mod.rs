//! Invitations: the contract's three endpoints below a workspace, and an organization's list. The
//! inbox of whoever is invited is in [`inbox`], how invitations look in [`views`], what a list is
//! asked for in [`list_query`].

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
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_invitation))
        .routes(routes!(resend_invitation_by_email))
        .routes(routes!(accept_invitation))
        .routes(routes!(list_invitations))
        .routes(routes!(revoke_invitation))
        .routes(routes!(resend_invitation))
        .merge(inbox::routes())
}

/// The role of those for whom none is named.
const DEFAULT_ROLE: &str = "viewer";

request_body! {
    /// Somebody to be asked.
    struct Invitee {
        #[schema(value_type = String, format = "email")]
        email: Email,
        /// The first one counts; `viewer` if there is none.
        roles: Option<Vec<String>>,
    }

    /// Whose invitation is to be sent again.
    struct ResendInvitation {
        #[schema(value_type = String, format = "email")]
        email: Email,
    }

    /// What the link of an invitation holds.
    struct AcceptInvitation {
        token: String,
        /// Whom it is for.
        email: String,
    }
}

/// The contract wants the project of the link in the query. The invitation itself says where it
/// leads.
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

/// Asks somebody to join a workspace.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "The workspace's id"),
    ),
    request_body(content = Vec<Invitee>, description = "Exactly one"),
    responses(
        (status = 200, description = "Asked: the link, or `true` when a letter brings it", body = InviteResponse<'_>),
        (status = 400, description = "Not exactly one, oneself, somebody who is a member or asked already, or no such role"),
        (status = 403, description = "The caller may not invite, or not as this"),
        (status = 404, description = "The organization has no such workspace"),
        (status = 429, description = "The organization has invited too many within a day"),
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

/// Sends the invitation of an address again, with a new link.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite/resend",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "The workspace's id"),
    ),
    request_body = ResendInvitation,
    responses(
        (status = 200, description = "Sent: the link, or `true` when a letter brings it", body = InviteResponse<'_>),
        (status = 403, description = "The caller may not invite, or not as this"),
        (status = 404, description = "No such workspace, or nobody asked this address to join it"),
        (status = 429, description = "The organization has invited too many within a day"),
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

/// Joins by the link of an invitation.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/workspaces/{workspace_id}/invite/accept",
    tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("workspace_id" = String, Path, description = "Not looked at: the invitation says where it leads"),
        ("project_id" = String, Query, description = "Has to be there, and is not looked at"),
    ),
    request_body = AcceptInvitation,
    responses(
        (status = 200, description = "Joined", body = InvitationMessage),
        (status = 400, description = "No such invitation, or not the caller's"),
        (status = 409, description = "It was used, or the caller is a member already"),
        (status = 410, description = "Its time ran out, or nobody stands behind it any more"),
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

/// The invitations to the workspaces of an organization that the caller may invite to.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/invitations", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("status" = Option<String>, Query, description = "`pending`, `expired`, `accepted`, `declined` or `revoked`"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "Newest first; the header `Link` leads to the next page", body = InvitationsView<'_>),
        (status = 403, description = "The caller may invite nowhere in it"),
        (status = 404, description = "No such organization, or the caller is not in it"),
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

/// Takes an invitation back.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/invitations/{invitation_id}", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("invitation_id" = String, Path, description = "The invitation's id"),
    ),
    responses(
        (status = 200, description = "Taken back: its link is void", body = ClosedInvitationView),
        (status = 403, description = "The caller may not invite to where it leads"),
        (status = 404, description = "No such invitation, or it was answered"),
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

/// Sends an invitation again, with a new link; also one whose time ran out.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitations/{invitation_id}/resend", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("invitation_id" = String, Path, description = "The invitation's id"),
    ),
    responses(
        (status = 200, description = "Sent", body = SentInvitationView<'_>),
        (status = 403, description = "The caller may not invite to where it leads, or not as this"),
        (status = 404, description = "No such invitation, or it was answered"),
        (status = 429, description = "The organization has invited too many within a day"),
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
