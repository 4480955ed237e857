//! The HTTP API over the commands and queries of `freehold-app`.
//!
//! `routes` and `admin` have the requests, views and handlers, one folder or file per subject;
//! `router` lists them (`api_routes` joins a handler and its OpenAPI description). `extract` reads the credential, the request context and the body; `error`
//! writes error responses; `middleware` runs around every request; `session_protocol` is the
//! protocol of the browser client; `docs` serves the OpenAPI document and the reference page.
//!
//! Not here: rules about who may do what (`freehold-app`), SQL (`freehold-store`).

mod admin;
mod api_routes;
mod docs;
mod error;
mod extension_routes;
mod extract;
mod middleware;
mod response;
mod router;
mod routes;
mod session_protocol;
mod settings;
mod state;

pub use admin::{LocalOperator, parse_simple_account, rename_simple_account_paths};
pub use extension_routes::{ExtensionRequest, ExtensionResponse, ExtensionRoute, RouteAccess};
pub use middleware::normalize_path::NormalizePath;
pub use router::api;
pub use settings::{HttpSettings, is_cross_site};
