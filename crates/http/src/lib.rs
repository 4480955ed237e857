//! How programs ask: the HTTP API over `freehold-app`'s verbs.
//!
//! One file per resource holds its requests, views and handlers; around them stand the credential
//! (`caller`), the command's circumstances (`call`), the answer to everything that goes wrong
//! (`problem`) and the session protocol of the browser client (`session_wire`). No rule about who
//! may do what lives here, and no SQL.

mod access;
mod admin;
mod auth;
mod body;
mod bulk_invitations;
mod call;
mod caller;
mod cors;
mod errors;
mod in_path;
mod in_query;
mod invitation_links;
mod invitations;
mod keys;
mod members;
mod metrics;
mod openapi;
mod operations;
mod organizations;
mod paging;
mod path;
mod problem;
mod profile;
mod projects;
mod reference;
mod request_id;
mod resources;
mod session_wire;
mod settings;
mod unread;
mod watch;
mod workspaces;

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

pub use admin::{LocalOperator, simple_account, simple_account_words};
pub use path::Normalise;
pub use settings::{HttpSettings, is_cross_site};

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
    let mut routes = OpenApiRouter::with_openapi(openapi::Base::openapi())
        .merge(auth::routes())
        .merge(profile::routes())
        .merge(organizations::routes())
        .merge(workspaces::routes())
        .merge(members::routes())
        .merge(projects::routes())
        .merge(keys::routes())
        .merge(access::routes())
        .merge(resources::routes())
        .merge(bulk_invitations::routes())
        .merge(invitations::routes())
        .merge(invitation_links::routes())
        .merge(admin::routes())
        .merge(operations::routes())
        .merge(openapi::routes());
    openapi::describe_commands(routes.get_openapi_mut());
    routes
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
    instead(&house, request, Problem::no_such_path()).await
}

/// As [`no_such_path`]; the router adds `Allow`.
async fn method_not_allowed(State(house): State<House>, request: Request) -> Problem {
    instead(&house, request, Problem::method_not_allowed()).await
}

/// `problem`, for those who may hear it of a path that no handler answers.
async fn instead(house: &House, request: Request, problem: Problem) -> Problem {
    let (mut parts, _) = request.into_parts();
    match Open::to(parts.uri.path()) {
        Open::Everybody => problem,
        Open::Operators => admin::ByAny::from_request_parts(&mut parts, house)
            .await
            .err()
            .unwrap_or(problem),
        Open::Callers => Caller::from_request_parts(&mut parts, house)
            .await
            .err()
            .unwrap_or(problem),
    }
}

/// Who hears what is amiss at a path that no handler answers. Whom handlers answer is said by
/// their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Nobody needs a credential there.
    Everybody,
    /// Whoever has a credential.
    Callers,
    /// Whoever is an operator.
    Operators,
}

impl Open {
    fn to(path: &str) -> Self {
        let first = path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        match first {
            "auth" | ".well-known" | "health" | "livez" | "readyz" | "metrics" | "docs"
            | "openapi.json" => Self::Everybody,
            "admin" => Self::Operators,
            _ => Self::Callers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_operators_is_known_by_its_first_part() {
        for path in ["/admin", "/admin/accounts", "//admin/x"] {
            assert_eq!(Open::to(path), Open::Operators, "{path}");
        }
        assert_eq!(Open::to("/administrators"), Open::Callers);
        assert_eq!(Open::to("/x/admin/"), Open::Callers);
        assert_eq!(Open::to("/auth/admin"), Open::Everybody);
    }
}
