//! How programs ask: the HTTP API over `freehold-app`'s verbs.
//!
//! `routes` and `admin` hold requests, views and handlers, one file per resource; `router` lists
//! them. Around them stand the extractors with the credential and the command's circumstances
//! (`extract`), the answer to everything that goes wrong (`error`), what happens around every
//! request (`middleware`), the session protocol of the browser client (`session_protocol`) and the
//! description of the API (`docs`). No rule about who may do what lives here, and no SQL.

mod admin;
mod docs;
mod error;
mod extract;
mod middleware;
mod response;
mod router;
mod routes;
mod session_protocol;
mod settings;
mod state;

pub use admin::{LocalOperator, parse_simple_account, rename_simple_account_paths};
pub use middleware::normalize_path::NormalizePath;
pub use router::api;
pub use settings::{HttpSettings, is_cross_site};
