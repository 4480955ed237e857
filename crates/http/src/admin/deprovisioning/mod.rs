//! Deletions by operators: whole accounts (`delete`), or single memberships, logins and API keys
//! (`remove`).

mod delete;
mod remove;
mod views;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(delete::routes())
        .merge(remove::routes())
}
