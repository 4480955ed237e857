//! The audit log of an organization, for its owner and admins.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, OrganizationEvent, OrganizationEventQuery};
use freehold_domain::{Refusal, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::extract::{PageRequest, PathParams};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(list_organization_events))
}

request_body! {
    /// The filter of a list of events.
    struct EventQueryParams {
        /// Only events with this action.
        action: Option<String>,
        /// Only events at this time or later.
        #[schema(value_type = Option<String>)]
        after: Option<Timestamp>,
        /// Only events before this time.
        #[schema(value_type = Option<String>)]
        before: Option<Timestamp>,
    }
}

/// The actor of an event.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationActorView<'a> {
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    kind: &'a str,
    /// The user whose session, key or service token was used. Null for operators, and for refused
    /// users who are not members of the organization.
    id: Option<Uuid>,
    /// The user's name, while they are a member of the organization.
    name: Option<&'a str>,
}

/// A change or a refused attempt in an organization.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationEventView<'a> {
    /// The event's id.
    id: Uuid,
    /// When the event happened.
    at: String,
    /// The action, such as `member.removed`.
    action: &'a str,
    /// The actor.
    actor: OrganizationActorView<'a>,
    /// The id of the object that the action changed.
    target_id: Option<Uuid>,
    /// The `code` of the refusal; null if the action succeeded.
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

/// A page of audit events.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationEventsView<'a> {
    /// The events, newest first.
    events: Vec<OrganizationEventView<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next: Option<String>,
}

/// Returns the audit log of an organization: changes and refused attempts.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/events", tag = "Organizations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("action" = Option<String>, Query, description = "Only events with this action, such as `member.removed`"),
        ("after" = Option<String>, Query, description = "Only events at this time or later"),
        ("before" = Option<String>, Query, description = "Only events before this time"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items on a page; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page"),
    ),
    responses(
        (status = 200, description = "The events, newest first; the header `Link` has the next page", body = OrganizationEventsView<'_>),
        (status = 403, description = "The caller is neither its owner nor an admin of it or of one of its workspaces, or the organization does not exist"),
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
