//! Which pages of other origins may use the API, and what they may send and read. The list of
//! origins is exact: a pattern would let in whoever can get a name under it.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::request_id::X_REQUEST_ID;
use crate::settings::HttpSettings;
use crate::{call, session_wire};

const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
];

/// The layer that answers preflights and marks answers.
pub(crate) fn layer(settings: &HttpSettings) -> CorsLayer {
    let origins = settings.allowed_origins.iter().filter_map(|origin| HeaderValue::try_from(origin).ok());
    let own = [header::CONTENT_TYPE, header::AUTHORIZATION, X_REQUEST_ID.clone(), HeaderName::from_static("traceparent")];
    let sent = own.into_iter().chain(session_wire::sent_headers()).chain(call::sent_headers());
    let told = [X_REQUEST_ID.clone(), header::RETRY_AFTER];
    let read = told.into_iter().chain(session_wire::readable_headers()).chain(call::readable_headers());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods(METHODS)
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(read.collect::<Vec<_>>())
        .max_age(Duration::from_secs(3600))
}
