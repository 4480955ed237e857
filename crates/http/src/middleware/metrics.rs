//! Metrics of requests, emails and the store, and their text format for `/metrics`.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::MatchedPath;
use freehold_app::{EmailJobCounts, Fault, JobStatus};
use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::job_metrics::JobMetrics;

/// Upper bounds in seconds: from a cached read to a sign-in that waits for password hashing.
const LATENCY_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The metrics of one server process.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    email_jobs: Family<EmailJobLabels, Gauge>,
    jobs: JobMetrics,
}

impl Metrics {
    /// Creates the metrics. `store` returns the counters of the database.
    pub(crate) fn new(store: impl Fn() -> StoreCounters + Send + Sync + 'static) -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let latency =
            Family::new_with_constructor((|| Histogram::new(LATENCY_BUCKETS)) as fn() -> Histogram);
        let in_flight = Gauge::default();
        let mut registry = Registry::default();
        registry.register(
            "freehold_http_requests",
            "Requests that were answered",
            requests.clone(),
        );
        registry.register(
            "freehold_http_request_duration_seconds",
            "Seconds from the head of a request to the head of its response",
            latency.clone(),
        );
        registry.register(
            "freehold_http_in_flight",
            "Requests that are being answered",
            in_flight.clone(),
        );
        let email_jobs = Family::<EmailJobLabels, Gauge>::default();
        registry.register(
            "freehold_email_jobs",
            "Emails that were not sent, by state (queued or dead), for all nodes together",
            email_jobs.clone(),
        );
        let jobs = JobMetrics::register(&mut registry);
        #[expect(
            clippy::disallowed_methods,
            reason = "the start time of the process is not input of any rule"
        )]
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |at| at.as_secs_f64());
        registry.register_collector(Box::new(ProcessCollector {
            started,
            store: Box::new(store),
        }));
        Self {
            registry,
            requests,
            latency,
            in_flight,
            email_jobs,
            jobs,
        }
    }

    /// Sets the numbers of unsent emails; without `counts` they are left out.
    pub(crate) fn email_jobs(&self, counts: Option<EmailJobCounts>) {
        self.email_jobs.clear();
        if let Some(EmailJobCounts { queued, dead }) = counts {
            for (state, count) in [("queued", queued), ("dead", dead)] {
                self.email_jobs
                    .get_or_create(&EmailJobLabels { state })
                    .set(count);
            }
        }
    }

    /// Sets the runs of the background jobs.
    pub(crate) fn jobs(&self, statuses: &[JobStatus]) {
        self.jobs.set(statuses);
    }

    /// Counts a request as in flight until the guard is dropped, also if its client disconnects.
    pub(crate) fn track_in_flight(&self) -> InFlightGuard {
        self.in_flight.inc();
        InFlightGuard(self.in_flight.clone())
    }

    /// Counts a response.
    pub(crate) fn record_response(
        &self,
        route: Option<MatchedPath>,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let route = Route(route);
        self.latency
            .get_or_create(&RouteLabels {
                route: route.clone(),
            })
            .observe(took.as_secs_f64());
        let labels = RequestLabels {
            route,
            method: method_label(method),
            status: status_class(status),
        };
        self.requests.get_or_create(&labels).inc();
    }

    /// Renders all metrics in the OpenMetrics text format.
    pub(crate) fn render(&self) -> Result<String, Fault> {
        let mut out = String::with_capacity(8 * 1024);
        // Writing into a string fails only if an encoder of this module does.
        text::encode(&mut out, &self.registry).map_err(|error| {
            Fault::Internal(format!("the metrics could not be written: {error}"))
        })?;
        Ok(out)
    }
}

/// Decrements the gauge when it is dropped.
#[derive(Debug)]
pub(crate) struct InFlightGuard(Gauge);

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The pattern that a path matched, as a label: it has no more values than there are routes.
#[derive(Clone, Debug)]
struct Route(Option<MatchedPath>);

impl Route {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: Route,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EmailJobLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Route,
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

const fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// The counters of the database, since the start of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreCounters {
    /// Round trips to the database server.
    pub(crate) round_trips: u64,
    /// Statements without those that begin and end transactions.
    pub(crate) statements: u64,
}

/// Numbers that are stored elsewhere and read for each scrape.
struct ProcessCollector {
    started: f64,
    store: Box<dyn Fn() -> StoreCounters + Send + Sync>,
}

impl fmt::Debug for ProcessCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessCollector")
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let started = ConstGauge::new(self.started);
        started.encode(encoder.encode_descriptor(
            "process_start_time_seconds",
            "When this process started, in seconds since 1970",
            None,
            MetricType::Gauge,
        )?)?;
        let store = (self.store)();
        let round_trips = ConstCounter::new(store.round_trips);
        round_trips.encode(encoder.encode_descriptor(
            "freehold_store_round_trips",
            "Round trips to the database",
            None,
            MetricType::Counter,
        )?)?;
        let statements = ConstCounter::new(store.statements);
        statements.encode(encoder.encode_descriptor(
            "freehold_store_statements",
            "Statements that the database has run, without the start and end of transactions",
            None,
            MetricType::Counter,
        )?)
    }
}
