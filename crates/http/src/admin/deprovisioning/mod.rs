//! What operators delete: whole accounts, and single things of them.

mod delete;
mod remove;
mod views;

use utoipa_axum::router::OpenApiRouter;

use crate::state::House;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .merge(delete::routes())
        .merge(remove::routes())
}
