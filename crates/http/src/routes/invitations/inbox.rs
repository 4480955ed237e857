//! The inbox of an invitee: the open invitations to the caller's own address.

use axum::extract::State;
use axum::response::Response;
use freehold_domain::{Id, Refusal};
use http::StatusCode;

use super::list_query::InvitationPageRequest;
use super::views::{AcceptedInvitationView, ClosedInvitationView, OwnInvitationsView};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::NoBody;
use crate::extract::{Command, PathParams, UnscopedCaller};
use crate::response::command_response;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_own_invitations))
        .routes(routes!(accept_own_invitation))
        .routes(routes!(decline_invitation))
}

/// Returns the open invitations to the caller's own address.
#[utoipa::path(
    get, path = "/invitations", tag = "Invitations",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items on a page; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page"),
    ),
    responses(
        (status = 200, description = "The invitations, newest first; the header `Link` has the next page", body = OwnInvitationsView<'_>),
        (status = 403, description = "The caller's address is not verified"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_own_invitations(
    State(state): State<AppState>,
    UnscopedCaller(caller): UnscopedCaller,
    page_request: InvitationPageRequest,
) -> Result<Response, Problem> {
    let page = state
        .app()
        .own_invitations(&caller, &page_request.query())
        .await?;
    page_request.response(page.next.map(Id::uuid), |next| {
        OwnInvitationsView::of(&page.items, next)
    })
}

/// Accepts an invitation to the caller's own address.
#[utoipa::path(
    post, path = "/invitations/{invitation_id}/accept", tag = "Invitations",
    params(("invitation_id" = String, Path, description = "The invitation's id")),
    responses(
        (status = 200, description = "The caller has joined", body = AcceptedInvitationView<'_>),
        (status = 403, description = "The caller's address is not verified"),
        (status = 404, description = "The caller has no such invitation"),
        (status = 409, description = "The invitation was accepted, or the caller is a member already"),
        (status = 410, description = "The invitation has expired, or its sender may not send it any more"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn accept_own_invitation(
    State(state): State<AppState>,
    UnscopedCaller(caller): UnscopedCaller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = id.parse().map_err(|_| Refusal::InvitationNotFound)?;
    let joined = state
        .app()
        .accept_own_invitation(&caller, &context, id)
        .await?;
    command_response(StatusCode::OK, &joined, AcceptedInvitationView::from)
}

/// Declines an invitation to the caller's own address.
#[utoipa::path(
    post, path = "/invitations/{invitation_id}/decline", tag = "Invitations",
    params(("invitation_id" = String, Path, description = "The invitation's id")),
    responses(
        (status = 200, description = "The invitation was declined and cannot be accepted any more", body = ClosedInvitationView),
        (status = 403, description = "The caller's address is not verified"),
        (status = 404, description = "The caller has no such open invitation"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn decline_invitation(
    State(state): State<AppState>,
    UnscopedCaller(caller): UnscopedCaller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = id.parse().map_err(|_| Refusal::InvitationNotFound)?;
    let declined = state
        .app()
        .decline_invitation(&caller, &context, id)
        .await?;
    command_response(StatusCode::OK, &declined, |id| {
        ClosedInvitationView::declined(*id)
    })
}
