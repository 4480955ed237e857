//! `GET /admin/events`: the audit log.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    ActorReference, AuditEvent, EventQuery, OrganizationReference, TargetReference,
};
use freehold_domain::{Id, Organization, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::admin::{AuditRead, AuthorizedOperator, OperatorReadContext};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::PageRequest;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(list_audit_events))
}

request_body! {
    /// Filters for audit events.
    struct EventQueryParams {
        actor: Option<String>,
        #[schema(value_type = Option<String>)]
        target: Option<TargetReference>,
        #[schema(value_type = Option<String>)]
        organization: Option<OrganizationReference>,
        action: Option<String>,
        refused: Option<bool>,
        request: Option<String>,
        #[schema(value_type = Option<String>)]
        after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        before: Option<Timestamp>,
    }
}

/// The actor of an audit event.
#[derive(Debug, Serialize, ToSchema)]
struct ActorView<'a> {
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    kind: &'a str,
    /// Id of the user or of the operator key.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Name of the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// An audit event.
#[derive(Debug, Serialize, ToSchema)]
struct EventView<'a> {
    id: Uuid,
    at: String,
    action: &'a str,
    actor: ActorView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    organization_id: Option<Id<Organization>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<Uuid>,
    /// The `code` of the refusal; absent if the action succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    /// The reason that the operator gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The `trace` of the decision and other details of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<&'a Value>,
}

impl<'a> From<&'a AuditEvent> for EventView<'a> {
    fn from(event: &'a AuditEvent) -> Self {
        let AuditEvent {
            id,
            at,
            action,
            actor_kind,
            actor,
            actor_name,
            reason,
            organization,
            target,
            refused,
            request_id,
            address,
            details,
        } = event;
        Self {
            id: *id,
            at: at.iso_offset(),
            action,
            actor: ActorView {
                kind: actor_kind,
                id: *actor,
                name: actor_name.as_deref(),
            },
            organization_id: *organization,
            target_id: *target,
            refused: refused.as_deref(),
            request_id: request_id.as_deref(),
            address: address.as_deref(),
            reason: reason.as_deref(),
            details: details.as_ref(),
        }
    }
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
struct EventsView<'a> {
    events: Vec<EventView<'a>>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists audit events, including refusals with their traces.
#[utoipa::path(
    get, path = "/admin/events", tag = "Operators", security(("operator" = [])),
    params(
        ("actor" = Option<String>, Query, description = "Only events of this actor: a user's id or email address, an operator's name, or the id of an operator key"),
        ("target" = Option<String>, Query, description = "Only events with this target: an id, a user's email address, or an organization's slug"),
        ("organization" = Option<String>, Query, description = "Only events in this organization, by id or slug"),
        ("action" = Option<String>, Query, description = "Only this action, such as `organization.created`"),
        ("refused" = Option<bool>, Query, description = "Only refusals (`true`) or only successful actions (`false`)"),
        ("request" = Option<String>, Query, description = "Only refusals of the request with this id: the `request_id` of an error response"),
        ("after" = Option<String>, Query, description = "Only events at or after this time"),
        ("before" = Option<String>, Query, description = "Only events before this time"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Maximum number of results; default 50"),
        ("cursor" = Option<String>, Query, description = "The `next` of the previous page"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, body = EventsView<'_>, description = "Newest first; the header `Link` has the URL of the \
            next page. With several filters, a page can be shorter than `limit` although another one follows"),
        (status = 404, description = "No user has this email address, or no organization has this slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:audit:read"))),
)]
async fn list_audit_events(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AuditRead>,
    OperatorReadContext(context): OperatorReadContext,
    page_request: PageRequest<EventQueryParams, Uuid>,
) -> Result<Response, Problem> {
    let EventQueryParams {
        actor,
        target,
        organization,
        action,
        refused,
        request,
        after,
        before,
    } = &page_request.filter;
    let query = EventQuery {
        actor: actor.as_deref().map(ActorReference::parse),
        target: target.clone(),
        organization: organization.clone(),
        action: action.clone(),
        refused: *refused,
        request: request.clone(),
        since: *after,
        until: *before,
        after: page_request.after,
        limit: page_request.limit,
    };
    let page = state.app().audit_log(&operator, &context, &query).await?;
    page_request.response(page.next, |next| EventsView {
        events: page.items.iter().map(EventView::from).collect(),
        next,
    })
}
