//! Creation of accounts by operators: several accounts at once, or one object at a time.

mod create;
mod credentials;
mod drafts;
mod entities;
mod graph;
mod import_entry;
mod memberships;
mod request_parts;
mod simple_accounts;
mod view_parts;
mod views;

use crate::api_routes::ApiRoutes;

pub use import_entry::{parse_simple_account, rename_simple_account_paths};
pub(super) use views::AccountError;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .merge(graph::routes())
        .merge(simple_accounts::routes())
        .merge(entities::routes())
        .merge(memberships::routes())
        .merge(credentials::routes())
}
