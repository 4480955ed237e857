//! Reads by operators: users, organizations, audit events and the outbox.

mod audit_events;
mod details;
mod organization_view;
mod outbox;
mod search;
mod user_view;

use crate::api_routes::ApiRoutes;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .merge(search::routes())
        .merge(details::routes())
        .merge(audit_events::routes())
        .merge(outbox::routes())
}
