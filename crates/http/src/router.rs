//! All routes and the middleware around them.

use std::sync::Arc;

use axum::Router;
use freehold_app::App;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::api_routes::ApiRoutes;
use crate::middleware::normalize_path::NormalizePath;
use crate::middleware::{cors, observability};
use crate::settings::HttpSettings;
use crate::state::AppState;
use crate::{admin, docs, extension_routes, routes};

/// Smaller responses are not compressed.
const MIN_COMPRESSED_BYTES: u64 = 1000;

/// Builds the whole API as one service. It reads the peer's address from an
/// `axum::extract::ConnectInfo<SocketAddr>`, which the server puts into the extensions of each
/// request.
#[must_use]
pub fn api(app: App, settings: HttpSettings) -> NormalizePath<Router> {
    let state = AppState::new(app, settings);
    let layers = ServiceBuilder::new()
        .layer(observability::ObservabilityLayer(Arc::clone(
            state.metrics(),
        )))
        .layer(cors::layer(state.settings()))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(MIN_COMPRESSED_BYTES)),
        );
    NormalizePath::new(
        all_routes()
            .into_router()
            .merge(extension_routes::router(&state.settings().extension_routes))
            .fallback(routes::fallback::no_such_path)
            .method_not_allowed_fallback(routes::fallback::method_not_allowed)
            .layer(layers)
            .with_state(state),
    )
}

/// Returns every route.
pub(crate) fn all_routes() -> ApiRoutes {
    ApiRoutes::new()
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
        .merge(docs::routes())
}
