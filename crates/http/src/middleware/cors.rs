//! CORS: the origins whose pages may use the API, and the headers that they may send and read.
//! The list of origins is exact: a pattern would admit every site that can get a matching name.

use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use futures_util::future::Either;
use http::{HeaderName, HeaderValue, Method, header};
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use crate::extract::command;
use crate::middleware::request_id::X_REQUEST_ID;
use crate::response;
use crate::session_protocol;
use crate::settings::HttpSettings;

const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
];

/// Puts [`CrossOrigin`] around the routes.
#[derive(Clone, Debug)]
pub(crate) struct CrossOriginLayer(CorsLayer);

impl<S: Clone> Layer<S> for CrossOriginLayer {
    type Service = CrossOrigin<S>;

    fn layer(&self, inner: S) -> CrossOrigin<S> {
        CrossOrigin {
            with_cors: self.0.layer(inner.clone()),
            without_cors: inner,
        }
    }
}

/// Answers preflight requests and adds CORS headers to responses. Requests without `Origin`, which
/// programs send, get none of these headers.
#[derive(Clone, Debug)]
pub(crate) struct CrossOrigin<S> {
    with_cors: Cors<S>,
    without_cors: S,
}

impl<S, B> Service<Request> for CrossOrigin<S>
where
    S: Service<Request, Response = Response<B>>,
    B: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<<Cors<S> as Service<Request>>::Future, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self.without_cors.poll_ready(context) {
            Poll::Ready(Ok(())) => self.with_cors.poll_ready(context),
            other => other,
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.headers().contains_key(header::ORIGIN) || request.method() == Method::OPTIONS {
            Either::Left(self.with_cors.call(request))
        } else {
            Either::Right(self.without_cors.call(request))
        }
    }
}

/// Builds the CORS layer from the settings.
pub(crate) fn layer(settings: &HttpSettings) -> CrossOriginLayer {
    let origins = settings
        .allowed_origins
        .iter()
        .filter_map(|origin| HeaderValue::try_from(origin).ok());
    let allowed_headers = [
        header::CONTENT_TYPE,
        header::AUTHORIZATION,
        X_REQUEST_ID.clone(),
        HeaderName::from_static("traceparent"),
    ];
    let allowed_headers = allowed_headers
        .into_iter()
        .chain(session_protocol::allowed_request_headers())
        .chain(command::allowed_request_headers());
    let exposed_headers = [X_REQUEST_ID.clone(), header::RETRY_AFTER]
        .into_iter()
        .chain(session_protocol::exposed_response_headers())
        .chain(response::exposed_response_headers());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods(METHODS)
        .allow_headers(allowed_headers.collect::<Vec<_>>())
        .expose_headers(exposed_headers.collect::<Vec<_>>())
        .max_age(Duration::from_secs(3600));
    CrossOriginLayer(cors)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    async fn request_from(method: Method, origin: Option<&str>) -> Response {
        let settings = HttpSettings {
            allowed_origins: vec!["https://web.example".into()],
            ..HttpSettings::default()
        };
        let routes = axum::Router::new()
            .route("/", post(|| async { "done" }))
            .layer(layer(&settings));
        let mut request = http::Request::builder().method(method).uri("/");
        if let Some(origin) = origin {
            request = request
                .header(header::ORIGIN, origin)
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        }
        routes
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn allowed_origins_may_send_cookies_and_read_tokens() {
        let answer = request_from(Method::POST, Some("https://web.example")).await;
        let headers = answer.headers();
        assert_eq!(
            headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://web.example"
        );
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let exposed = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .unwrap();
        assert!(exposed.contains("st-access-token") && exposed.contains("front-token"));
        let preflight = request_from(Method::OPTIONS, Some("https://web.example")).await;
        let allowed = preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(allowed.contains("st-auth-mode") && allowed.contains("rid"));
    }

    #[tokio::test]
    async fn other_origins_are_refused_and_requests_without_origin_untouched() {
        for other in ["https://evil.example", "https://web.example.evil", "null"] {
            let answer = request_from(Method::POST, Some(other)).await;
            assert!(
                !answer
                    .headers()
                    .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "{other}"
            );
            assert!(answer.headers().contains_key(header::VARY));
        }
        let without_cors = request_from(Method::POST, None).await;
        assert!(
            !without_cors
                .headers()
                .contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS)
        );
    }
}
