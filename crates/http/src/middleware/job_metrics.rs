//! Metrics of the background jobs. They are counted in `app` and copied here for
//! each scrape. Error texts are not part of them.

use std::sync::atomic::{AtomicU64, Ordering};

use freehold_app::JobStatus;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The metrics of all background jobs.
#[derive(Debug)]
pub(super) struct JobMetrics {
    runs: Family<RunLabels, Counter>,
    run_seconds: Family<JobLabels, Counter<f64, AtomicU64>>,
    last_run: Family<JobLabels, Gauge>,
    last_run_failed: Family<JobLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    job: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    job: &'static str,
}

impl JobMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            runs: Family::default(),
            run_seconds: Family::default(),
            last_run: Family::default(),
            last_run_failed: Family::default(),
        };
        registry.register(
            "freehold_job_runs",
            "Finished runs of a background job on this node, by outcome (success or failure)",
            metrics.runs.clone(),
        );
        registry.register(
            "freehold_job_run_seconds",
            "Seconds that the finished runs of a background job took on this node",
            metrics.run_seconds.clone(),
        );
        registry.register(
            "freehold_job_last_run_timestamp_seconds",
            "When the last run of a background job finished, in seconds since 1970; on any node if one node at a time runs it",
            metrics.last_run.clone(),
        );
        registry.register(
            "freehold_job_last_run_failed",
            "Whether that run failed (0 or 1)",
            metrics.last_run_failed.clone(),
        );
        metrics
    }

    pub(super) fn set(&self, statuses: &[JobStatus]) {
        self.last_run.clear();
        self.last_run_failed.clear();
        for status in statuses {
            let job = status.name;
            for (outcome, runs) in [("success", status.succeeded), ("failure", status.failed)] {
                let counter = self.runs.get_or_create_owned(&RunLabels { job, outcome });
                counter.inner().store(runs, Ordering::Relaxed);
            }
            let seconds = status.run_time.as_secs_f64().to_bits();
            let counter = self.run_seconds.get_or_create_owned(&JobLabels { job });
            counter.inner().store(seconds, Ordering::Relaxed);
            if let Some((at, failed)) = status.last_run {
                let last_run = self.last_run.get_or_create_owned(&JobLabels { job });
                last_run.set(at.seconds());
                let last_run_failed = self.last_run_failed.get_or_create_owned(&JobLabels { job });
                last_run_failed.set(failed.into());
            }
        }
    }
}
