//! The routes of the API, each beside its OpenAPI description.
//!
//! `#[utoipa::path]` on a handler says its method and path, and describes it. Every build reads
//! method and path; only the tests of this crate read the descriptions, which `openapi.json` is
//! generated from. A server would contain a tenth more code with them.

use axum::Router;
use axum::routing::MethodRouter;
#[cfg(test)]
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

/// Routes, all below one router.
#[derive(Default)]
pub(crate) struct ApiRoutes {
    router: Router<AppState>,
    #[cfg(test)]
    documented: OpenApiRouter<AppState>,
}

/// The handlers of one path: the path, and the handlers by method.
pub(crate) struct PathRoutes {
    pub(crate) path: String,
    pub(crate) handlers: MethodRouter<AppState>,
    #[cfg(test)]
    pub(crate) documented: utoipa_axum::router::UtoipaMethodRouter<AppState>,
}

impl ApiRoutes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the handlers of a path, which [`routes!`] collects.
    pub(crate) fn routes(self, routes: PathRoutes) -> Self {
        Self {
            router: self.router.route(&routes.path, routes.handlers),
            #[cfg(test)]
            documented: self.documented.routes(routes.documented),
        }
    }

    /// Adds other routes.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            router: self.router.merge(other.router),
            #[cfg(test)]
            documented: self.documented.merge(other.documented),
        }
    }

    /// Changes the router, as by a layer around its routes.
    pub(crate) fn map_router(
        mut self,
        change: impl FnOnce(Router<AppState>) -> Router<AppState>,
    ) -> Self {
        self.router = change(self.router);
        self
    }

    pub(crate) fn into_router(self) -> Router<AppState> {
        self.router
    }

    /// Returns the routes with their descriptions.
    #[cfg(test)]
    pub(crate) fn into_documented(self) -> OpenApiRouter<AppState> {
        self.documented
    }
}

/// Collects the handlers of one path, which their `#[utoipa::path]` names.
macro_rules! routes {
    ($first:ident $(, $other:ident)* $(,)?) => {
        utoipa_axum::paste! {{
            use utoipa::Path;
            use utoipa_axum::PathItemExt as _;

            let mut handlers = axum::routing::MethodRouter::new();
            for method in [<__path_ $first>]::methods() {
                handlers = handlers.on(method.to_method_filter(), $first);
            }
            $(
                for method in [<__path_ $other>]::methods() {
                    handlers = handlers.on(method.to_method_filter(), $other);
                }
            )*
            $crate::api_routes::PathRoutes {
                path: [<__path_ $first>]::path(),
                handlers,
                #[cfg(test)]
                documented: utoipa_axum::routes!($first $(, $other)*),
            }
        }}
    };
}
pub(crate) use routes;
