//! How programs ask: the HTTP API over `freehold-app`'s verbs.
//!
//! One file per resource holds its requests, views and handlers; around them stand the credential
//! (`caller`), the command's circumstances (`call`), the answer to everything that goes wrong
//! (`problem`) and the session protocol of the browser client (`session_wire`). No rule about who
//! may do what lives here, and no SQL.

mod access;
mod auth;
mod body;
mod call;
mod caller;
mod cors;
mod errors;
mod in_path;
mod keys;
mod metrics;
mod openapi;
mod operations;
mod organizations;
mod path;
mod problem;
mod profile;
mod projects;
mod reference;
mod request_id;
mod resources;
mod session_wire;
mod settings;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use freehold_app::{App, Caller};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

pub use path::Normalise;
pub use settings::HttpSettings;

use metrics::Metrics;
use problem::Problem;

/// Smaller answers gain nothing from compression.
const WORTH_COMPRESSING: u64 = 1000;

/// The whole API as one service. The server tells it the peer's address by an
/// `axum::extract::ConnectInfo<SocketAddr>` in the extensions of each request.
#[must_use]
pub fn api(app: App, settings: HttpSettings) -> Normalise<Router> {
    let house = House::new(app, settings);
    let (routes, _) = documented().split_for_parts();
    let around = ServiceBuilder::new()
        .layer(watch::Watch(Arc::clone(&house.0.metrics)))
        .layer(cors::layer(house.settings()))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(WORTH_COMPRESSING)),
        );
    Normalise::new(
        routes
            .fallback(no_such_path)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(around)
            .with_state(house),
    )
}

/// Every route, with its description.
fn documented() -> OpenApiRouter<House> {
    OpenApiRouter::with_openapi(openapi::Base::openapi())
        .merge(auth::routes())
        .merge(profile::routes())
        .merge(organizations::routes())
        .merge(projects::routes())
        .merge(keys::routes())
        .merge(access::routes())
        .merge(resources::routes())
        .merge(operations::routes())
        .merge(openapi::routes())
}

/// What handlers share: the application behind the doors, and what the doors themselves keep.
#[derive(Clone, Debug)]
struct House(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    settings: HttpSettings,
    metrics: Arc<Metrics>,
}

impl House {
    fn new(app: App, settings: HttpSettings) -> Self {
        let counted = app.clone();
        let metrics = Arc::new(Metrics::new(move || counted.store_round_trips()));
        Self(Arc::new(Inner {
            app,
            settings,
            metrics,
        }))
    }

    fn app(&self) -> &App {
        &self.0.app
    }

    fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}

/// Strangers do not learn which paths exist: for them the missing credential comes first.
async fn no_such_path(State(house): State<House>, request: Request) -> Problem {
    let (mut parts, _) = request.into_parts();
    if is_public(parts.uri.path()) {
        return Problem::no_such_path();
    }
    match Caller::from_request_parts(&mut parts, &house).await {
        Ok(_) => Problem::no_such_path(),
        Err(problem) => problem,
    }
}

/// As [`no_such_path`]; the router adds `Allow`.
async fn method_not_allowed(State(house): State<House>, request: Request) -> Problem {
    let (mut parts, _) = request.into_parts();
    if is_public(parts.uri.path()) {
        return Problem::method_not_allowed();
    }
    match Caller::from_request_parts(&mut parts, &house).await {
        Ok(_) => Problem::method_not_allowed(),
        Err(problem) => problem,
    }
}

/// Whether a path that no handler answers lies where nobody needs a credential. Which handlers
/// need none is said by their arguments.
fn is_public(path: &str) -> bool {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    matches!(
        first,
        "auth"
            | ".well-known"
            | "health"
            | "livez"
            | "readyz"
            | "metrics"
            | "docs"
            | "openapi.json"
    )
}
