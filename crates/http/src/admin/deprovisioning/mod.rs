//! Deletions by operators: whole accounts (`delete`), or single memberships, logins and API keys
//! (`remove`).

mod delete;
mod remove;
mod views;

use crate::api_routes::ApiRoutes;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .merge(delete::routes())
        .merge(remove::routes())
}
