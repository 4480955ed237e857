//! The inbox of whoever is invited: the open invitations for the caller's own address.

use axum::extract::State;
use axum::response::Response;
use freehold_domain::{Id, Refusal};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::list_query::InvitationPageRequest;
use super::views::{AcceptedInvitationView, ClosedInvitationView, OwnInvitationsView};
use crate::error::Problem;
use crate::extract::body::NoBody;
use crate::extract::{Command, PathParams, UnscopedCaller};
use crate::response::command_response;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_own_invitations))
        .routes(routes!(accept_own_invitation))
        .routes(routes!(decline_invitation))
}

/// The open invitations for the caller's own address.
#[utoipa::path(
    get, path = "/invitations", tag = "Invitations",
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "Newest first; the header `Link` leads to the next page", body = OwnInvitationsView<'_>),
        (status = 403, description = "It is not known that the address is the caller's"),
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

/// Accepts an invitation for the caller's own address.
#[utoipa::path(
    post, path = "/invitations/{invitation_id}/accept", tag = "Invitations",
    params(("invitation_id" = String, Path, description = "The invitation's id")),
    responses(
        (status = 200, description = "Joined", body = AcceptedInvitationView<'_>),
        (status = 403, description = "It is not known that the address is the caller's"),
        (status = 404, description = "No such invitation for the caller"),
        (status = 409, description = "It was used, or the caller is a member already"),
        (status = 410, description = "Its time ran out, or nobody stands behind it any more"),
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

/// Says no to an invitation for the caller's own address.
#[utoipa::path(
    post, path = "/invitations/{invitation_id}/decline", tag = "Invitations",
    params(("invitation_id" = String, Path, description = "The invitation's id")),
    responses(
        (status = 200, description = "Declined: it cannot be accepted any more", body = ClosedInvitationView),
        (status = 403, description = "It is not known that the address is the caller's"),
        (status = 404, description = "No open invitation for the caller"),
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
