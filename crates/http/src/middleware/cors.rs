//! Which pages of other origins may use the API, and what they may send and read. The list of
//! origins is exact: a pattern would let in whoever can get a name under it.

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
            from_pages: self.0.layer(inner.clone()),
            plain: inner,
        }
    }
}

/// Answers browsers' preflights and marks answers to pages. Programs send no `Origin`, and get
/// none of the headers that only a browser reads.
#[derive(Clone, Debug)]
pub(crate) struct CrossOrigin<S> {
    from_pages: Cors<S>,
    plain: S,
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
        match self.plain.poll_ready(context) {
            Poll::Ready(Ok(())) => self.from_pages.poll_ready(context),
            other => other,
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.headers().contains_key(header::ORIGIN) || request.method() == Method::OPTIONS {
            Either::Left(self.from_pages.call(request))
        } else {
            Either::Right(self.plain.call(request))
        }
    }
}

/// The layer that answers preflights and marks answers.
pub(crate) fn layer(settings: &HttpSettings) -> CrossOriginLayer {
    let origins = settings
        .allowed_origins
        .iter()
        .filter_map(|origin| HeaderValue::try_from(origin).ok());
    let own = [
        header::CONTENT_TYPE,
        header::AUTHORIZATION,
        X_REQUEST_ID.clone(),
        HeaderName::from_static("traceparent"),
    ];
    let sent = own
        .into_iter()
        .chain(session_protocol::sent_headers())
        .chain(command::sent_headers());
    let told = [X_REQUEST_ID.clone(), header::RETRY_AFTER];
    let read = told
        .into_iter()
        .chain(session_protocol::readable_headers())
        .chain(response::readable_headers());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods(METHODS)
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(read.collect::<Vec<_>>())
        .max_age(Duration::from_secs(3600));
    CrossOriginLayer(cors)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: Method, origin: Option<&str>) -> Response {
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
    async fn a_page_of_ours_may_send_cookies_and_read_tokens() {
        let answer = ask(Method::POST, Some("https://web.example")).await;
        let told = answer.headers();
        assert_eq!(
            told[header::ACCESS_CONTROL_ALLOW_ORIGIN],
            "https://web.example"
        );
        assert_eq!(told[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        let exposed = told[header::ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .unwrap();
        assert!(exposed.contains("st-access-token") && exposed.contains("front-token"));
        let preflight = ask(Method::OPTIONS, Some("https://web.example")).await;
        let sent = preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(sent.contains("st-auth-mode") && sent.contains("rid"));
    }

    #[tokio::test]
    async fn other_pages_are_not_let_in_and_programs_not_bothered() {
        for other in ["https://evil.example", "https://web.example.evil", "null"] {
            let answer = ask(Method::POST, Some(other)).await;
            assert!(
                !answer
                    .headers()
                    .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "{other}"
            );
            assert!(answer.headers().contains_key(header::VARY));
        }
        let plain = ask(Method::POST, None).await;
        assert!(
            !plain
                .headers()
                .contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS)
        );
    }
}
