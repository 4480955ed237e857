//! Reads by operators: users, organizations, audit events and the outbox.

mod audit_events;
mod details;
mod organization_view;
mod outbox;
mod search;
mod user_view;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(search::routes())
        .merge(details::routes())
        .merge(audit_events::routes())
        .merge(outbox::routes())
}
