//! What operators delete: whole accounts, and single things of them.

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
