//! The last runs of the jobs, for the metrics.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use freehold_domain::Timestamp;

use super::{Job, RunsOn};

/// The runs of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStatus {
    /// Its name.
    pub name: &'static str,
    /// How many runs on this node succeeded since it was started.
    pub succeeded: u64,
    /// How many runs on this node failed since it was started.
    pub failed: u64,
    /// How long these runs took together.
    pub run_time: Duration,
    /// When the last run finished, and whether it failed: the last one on this
    /// node, or on any node if one node at a time runs the job. Nothing if there
    /// was none, or if it could not be read.
    pub last_run: Option<(Timestamp, bool)>,
}

/// The runs of a job on this node, counted.
pub(super) struct RunCounts {
    runs_on: RunsOn,
    status: Mutex<JobStatus>,
}

impl RunCounts {
    pub(super) fn new(job: &Job) -> Self {
        Self {
            runs_on: job.runs_on,
            status: Mutex::new(JobStatus {
                name: job.name,
                succeeded: 0,
                failed: 0,
                run_time: Duration::ZERO,
                last_run: None,
            }),
        }
    }

    pub(super) fn is_shared(&self) -> bool {
        self.runs_on == RunsOn::OneNode
    }

    pub(super) fn add(&self, finished_at: Timestamp, took: Duration, succeeded: bool) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            status.succeeded += 1;
        } else {
            status.failed += 1;
        }
        status.run_time += took;
        status.last_run = Some((finished_at, !succeeded));
    }

    pub(super) fn status(&self) -> JobStatus {
        self.status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
