//! What happened in an organization, for those who run it.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, OrganizationEvent, OrganizationEventQuery};
use freehold_domain::{Refusal, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::request_body;
use crate::extract::{PageRequest, PathParams};
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_organization_events))
}

request_body! {
    /// Which events.
    struct EventQueryParams {
        action: Option<String>,
        #[schema(value_type = Option<String>)]
        after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        before: Option<Timestamp>,
    }
}

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationActorView<'a> {
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    kind: &'a str,
    /// Whose program or session it was. Null for operators, and for those who were refused and are
    /// not in the organization.
    id: Option<Uuid>,
    /// What others see of them, while they are in the organization.
    name: Option<&'a str>,
}

/// Something that happened in an organization, or was refused.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationEventView<'a> {
    id: Uuid,
    at: String,
    action: &'a str,
    actor: OrganizationActorView<'a>,
    target_id: Option<Uuid>,
    /// The `code` of the refusal.
    refused: Option<&'a str>,
}

impl<'a> From<&'a OrganizationEvent> for OrganizationEventView<'a> {
    fn from(event: &'a OrganizationEvent) -> Self {
        let OrganizationEvent {
            id,
            at,
            action,
            actor_kind,
            actor,
            actor_name,
            target,
            refused,
        } = event;
        Self {
            id: *id,
            at: at.iso_offset(),
            action,
            actor: OrganizationActorView {
                kind: actor_kind,
                id: *actor,
                name: actor_name.as_deref(),
            },
            target_id: *target,
            refused: refused.as_deref(),
        }
    }
}

/// Some of what happened.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationEventsView<'a> {
    events: Vec<OrganizationEventView<'a>>,
    /// The `cursor` of the next page.
    next: Option<String>,
}

/// What happened in an organization, and what was refused.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/events", tag = "Organizations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("action" = Option<String>, Query, description = "Exactly this, such as `member.removed`"),
        ("after" = Option<String>, Query, description = "At this moment or later"),
        ("before" = Option<String>, Query, description = "Earlier than this"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "Newest first; the header `Link` leads to the next page", body = OrganizationEventsView<'_>),
        (status = 403, description = "The caller neither owns it nor administers it or a workspace of it, or there is no such organization"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("admin"))),
)]
async fn list_organization_events(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    page_request: PageRequest<EventQueryParams, Uuid>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    let EventQueryParams {
        action,
        after,
        before,
    } = &page_request.filter;
    let query = OrganizationEventQuery {
        action: action.clone(),
        since: *after,
        until: *before,
        after: page_request.after,
        limit: page_request.limit,
    };
    let page = state
        .app()
        .organization_events(&caller, organization, &query);
    let page = page.await?;
    page_request.response(page.next, |next| OrganizationEventsView {
        events: page.items.iter().map(OrganizationEventView::from).collect(),
        next,
    })
}
