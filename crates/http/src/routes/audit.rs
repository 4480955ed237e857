//! What happened in an organization, for those who run it.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, OwnEvent, OwnEvents};
use freehold_domain::{Refusal, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::request_body;
use crate::extract::{InPath, Paged};
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read_own_events))
}

request_body! {
    /// Which events.
    struct Events {
        action: Option<String>,
        #[schema(value_type = Option<String>)]
        after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        before: Option<Timestamp>,
    }
}

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
struct OwnActorView<'a> {
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
struct OwnEventView<'a> {
    id: Uuid,
    at: String,
    action: &'a str,
    actor: OwnActorView<'a>,
    target_id: Option<Uuid>,
    /// The `code` of the refusal.
    refused: Option<&'a str>,
}

impl<'a> From<&'a OwnEvent> for OwnEventView<'a> {
    fn from(event: &'a OwnEvent) -> Self {
        let OwnEvent {
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
            actor: OwnActorView {
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
struct OwnEventsView<'a> {
    events: Vec<OwnEventView<'a>>,
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
        (status = 200, description = "Newest first; the header `Link` leads to the next page", body = OwnEventsView<'_>),
        (status = 403, description = "The caller neither owns it nor administers it or a workspace of it, or there is no such organization"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("admin"))),
)]
async fn read_own_events(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    asked: Paged<Events, Uuid>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::NotOrganizationMember)?;
    let Events {
        action,
        after,
        before,
    } = &asked.filter;
    let query = OwnEvents {
        action: action.clone(),
        since: *after,
        until: *before,
        after: asked.after,
        limit: asked.limit,
    };
    let page = house.app().own_events(&caller, organization, &query);
    let page = page.await?;
    asked.show(page.next, |next| OwnEventsView {
        events: page.items.iter().map(OwnEventView::from).collect(),
        next,
    })
}
