//! The outermost middleware: gives each request an id, counts, times and logs it, writes its error
//! body, and turns a panic of its handler into a 500.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use tower::{Layer, Service};
use tracing::{Instrument, debug, debug_span, error};

use crate::error::{Problem, write_problem};
use crate::middleware::metrics::Metrics;
use crate::middleware::request_id::{RequestId, X_REQUEST_ID, trace_id};
use crate::middleware::unread_body;

/// Puts [`ObservabilityService`] around the routes.
#[derive(Clone, Debug)]
pub(crate) struct ObservabilityLayer(pub(crate) Arc<Metrics>);

impl<S> Layer<S> for ObservabilityLayer {
    type Service = ObservabilityService<S>;

    fn layer(&self, inner: S) -> ObservabilityService<S> {
        ObservabilityService {
            inner,
            metrics: Arc::clone(&self.0),
        }
    }
}

/// A service whose requests are observed.
#[derive(Clone, Debug)]
pub(crate) struct ObservabilityService<S> {
    inner: S,
    metrics: Arc<Metrics>,
}

impl<S, B> Service<Request> for ObservabilityService<S>
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let started = Instant::now();
        let (mut request, unread) = unread_body::track(request);
        let id = RequestId::from_headers(request.headers());
        request.extensions_mut().insert(id.clone());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = request.method().clone();
        // The route, not the path, which can have secrets of invitations and resets. The span is
        // at level debug: warnings and errors have the request's id themselves.
        let span = debug_span!(
            "request",
            request_id = id.as_str(),
            %method,
            route = route.as_ref().map_or("unmatched", MatchedPath::as_str),
            trace_id = trace_id(request.headers()),
        );
        let metrics = Arc::clone(&self.metrics);
        let in_flight = metrics.track_in_flight();
        let outcome = span
            .in_scope(|| std::panic::catch_unwind(AssertUnwindSafe(|| self.inner.call(request))));
        Box::pin(
            async move {
                let outcome = match outcome {
                    Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
                    Err(panic) => Err(panic),
                };
                let mut response = match outcome {
                    Ok(Ok(response)) => response.map(Body::new),
                    Ok(Err(never)) => match never {},
                    Err(panic) => {
                        error!(
                            request_id = id.as_str(),
                            "a handler panicked: {}",
                            panic_message(&*panic)
                        );
                        Problem::internal().into_response()
                    }
                };
                write_problem(&mut response, id.as_str());
                unread.close_connection_if_unread(&mut response);
                response
                    .headers_mut()
                    .insert(X_REQUEST_ID.clone(), id.to_header());
                let (status, took) = (response.status(), started.elapsed());
                debug!(
                    status = status.as_u16(),
                    duration_us = took.as_micros() as u64,
                    "request completed"
                );
                metrics.record_response(route, &method, status, took);
                drop(in_flight);
                Ok(response)
            }
            .instrument(span),
        )
    }
}

/// Returns the message of a panic, if it has one.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use freehold_app::Fault;
    use http::{StatusCode, header};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;
    use crate::middleware::metrics::StoreCounters;

    async fn request(uri: &str) -> (Response, String) {
        request_with_id("r-1", uri).await
    }

    async fn request_with_id(id: &str, uri: &str) -> (Response, String) {
        let metrics = Arc::new(Metrics::new(|| StoreCounters {
            round_trips: 7,
            statements: 9,
        }));
        let metrics_handle = Arc::clone(&metrics);
        let routes = Router::new()
            .route("/fine/{id}", get(|| async { "fine" }))
            .route(
                "/panics",
                get(async || -> String { panic!("a secret inside") }),
            )
            .route("/refuses", get(|| async { Problem::busy() }))
            .route(
                "/fails",
                get(|| async { Problem::from(Fault::Internal("why".into())) }),
            )
            .route(
                "/waits",
                get(|| async { Problem::from(Fault::Unavailable("why".into())) }),
            )
            .fallback(|| async { Problem::no_such_path() })
            .layer(ObservabilityLayer(metrics));
        let request = http::Request::get(uri)
            .header(&X_REQUEST_ID, id)
            .body(Body::empty())
            .unwrap();
        let response = routes.oneshot(request).await.unwrap();
        (response, metrics_handle.render().unwrap())
    }

    async fn json_of(response: Response) -> Value {
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn panic_becomes_a_500_without_details() {
        let (response, _) = request("/panics").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            json_of(response).await,
            json!({"detail": "An internal error has occurred.", "type": "/docs#error-internal",
                   "title": "Internal", "status": 500, "code": "internal", "request_id": "r-1"})
        );
    }

    #[tokio::test]
    async fn problem_is_json_with_the_request_id() {
        let (response, _) = request("/refuses").await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[&X_REQUEST_ID], "r-1");
        assert_eq!(json_of(response).await["code"], "busy");
        let (response, _) = request("/nowhere").await;
        assert_eq!(json_of(response).await["detail"], "Not Found");
    }

    /// The log, one JSON object a line.
    #[derive(Clone, Default)]
    struct LogBuffer(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for LogBuffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn warnings_and_errors_carry_the_request_id() {
        let lines = LogBuffer::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        // For the whole process: with a subscriber for one thread, the first event of another
        // thread could disable the event for all.
        tracing::subscriber::set_global_default(log).unwrap();
        for uri in ["/fails", "/waits", "/panics"] {
            request_with_id("r-logged", uri).await;
        }
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let levels: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["request_id"] == "r-logged")
            .map(|line| line["level"].clone())
            .collect();
        let expected = ["ERROR", "WARN", "ERROR"];
        assert_eq!(levels, expected, "{text}");
    }

    #[tokio::test]
    async fn requests_are_counted_by_route_and_none_stays_in_flight() {
        let (response, metrics) = request("/fine/1").await;
        assert_eq!(response.status(), StatusCode::OK);
        for line in [
            r#"freehold_http_requests_total{route="/fine/{id}",method="GET",status="2xx"} 1"#,
            "freehold_http_in_flight 0",
            "freehold_store_round_trips_total 7",
            "freehold_store_statements_total 9",
        ] {
            assert!(
                metrics.lines().any(|found| found == line),
                "{line} is not in\n{metrics}"
            );
        }
    }
}
