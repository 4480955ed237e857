//! The audit trail, for operators.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    ActorReference, AuditEvent, EventQuery, OrganizationReference, TargetReference,
};
use freehold_domain::{Id, Organization, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::admin::{AuditRead, AuthorizedOperator, OperatorReadContext};
use crate::error::Problem;
use crate::extract::PageRequest;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_audit_events))
}

request_body! {
    /// Which events.
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

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
struct ActorView<'a> {
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    kind: &'a str,
    /// The user, or the operator's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// What the operator is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// Something that happened, or was refused.
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
    /// The `code` of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    /// What the operator gave as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The decision's `trace`, and what else explains it.
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

/// Some of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
struct EventsView<'a> {
    events: Vec<EventView<'a>>,
    /// The `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What happened, and what was refused and why.
#[utoipa::path(
    get, path = "/admin/events", tag = "Operators", security(("operator" = [])),
    params(
        ("actor" = Option<String>, Query, description = "By whom: a person's id or address, an operator's name, or the id of an operator's key"),
        ("target" = Option<String>, Query, description = "To what, by its id; to a person also by address, to an organization also by slug"),
        ("organization" = Option<String>, Query, description = "Whose affair it was, by its id or its slug"),
        ("action" = Option<String>, Query, description = "Exactly this, such as `organization.created`"),
        ("refused" = Option<bool>, Query, description = "Only what was refused, or only what was not"),
        ("request" = Option<String>, Query, description = "What was refused in the request with this id: the `request_id` that whoever was refused has been shown"),
        ("after" = Option<String>, Query, description = "At this moment or later"),
        ("before" = Option<String>, Query, description = "Earlier than this"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, body = EventsView<'_>, description = "Newest first; the header `Link` leads to the \
            next page. Where several things are asked for, a page may be short and still have a next one"),
        (status = 404, description = "Nobody has this address, or no organization this slug"),
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
