//! All routes, and what stands around them.

use std::sync::Arc;

use axum::Router;
use freehold_app::App;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::docs::openapi;
use crate::middleware::normalize_path::NormalizePath;
use crate::middleware::{cors, observability};
use crate::settings::HttpSettings;
use crate::state::AppState;
use crate::{admin, docs, routes};

/// Smaller answers gain nothing from compression.
const WORTH_COMPRESSING: u64 = 1000;

/// The whole API as one service. The server tells it the peer's address by an
/// `axum::extract::ConnectInfo<SocketAddr>` in the extensions of each request.
#[must_use]
pub fn api(app: App, settings: HttpSettings) -> NormalizePath<Router> {
    let house = AppState::new(app, settings);
    let (routes, _) = documented().split_for_parts();
    let around = ServiceBuilder::new()
        .layer(observability::Watch(Arc::clone(house.metrics())))
        .layer(cors::layer(house.settings()))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(WORTH_COMPRESSING)),
        );
    NormalizePath::new(
        routes
            .fallback(routes::fallback::no_such_path)
            .method_not_allowed_fallback(routes::fallback::method_not_allowed)
            .layer(around)
            .with_state(house),
    )
}

/// Every route, with its description.
pub(crate) fn documented() -> OpenApiRouter<AppState> {
    let mut routes = OpenApiRouter::with_openapi(openapi::Base::openapi())
        .merge(routes::auth::routes())
        .merge(routes::accounts::routes())
        .merge(routes::organizations::routes())
        .merge(routes::organizations::workspaces::routes())
        .merge(routes::organizations::projects::routes())
        .merge(routes::members::routes())
        .merge(routes::invitations::routes())
        .merge(routes::invitations::bulk::routes())
        .merge(routes::invitations::links::routes())
        .merge(routes::access::routes())
        .merge(routes::access::api_keys::routes())
        .merge(routes::content::routes())
        .merge(routes::audit::routes())
        .merge(admin::routes())
        .merge(routes::operations::routes())
        .merge(docs::routes());
    openapi::describe_commands(routes.get_openapi_mut());
    routes
}
