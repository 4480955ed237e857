//! The jobs of this process: starting them, running each again after its
//! interval, and stopping them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use freehold_domain::{Clock, RandomSource};
use freehold_store::Store;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::lease::{self, Runner, SharedRun};
use super::status::RunCounts;
use super::{Job, JobContext, JobStatus, RunsOn};
use crate::command::{Fault, Outcome};

/// How long a stop waits for running jobs, longer than email delivery waits for
/// emails that are being sent.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);

/// The jobs of this process.
pub(crate) struct Jobs {
    context: JobContext,
    runner: Runner,
    stop: watch::Sender<bool>,
    started: Mutex<Vec<StartedJob>>,
}

struct StartedJob {
    name: &'static str,
    counts: Arc<RunCounts>,
    /// Taken when the jobs are stopped.
    task: Option<JoinHandle<()>>,
}

impl Jobs {
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
        poll_interval: Duration,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        Self {
            runner: Runner::new(random.uuid(clock.now()), poll_interval),
            context: JobContext {
                store,
                clock,
                random,
                stop: stopping,
            },
            stop,
            started: Mutex::default(),
        }
    }

    /// Starts a job: it runs for the first time after its interval. Does nothing
    /// if a job of this name was started, or after [`Jobs::stop`].
    pub(crate) fn start(&self, job: Job) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = started.iter().any(|other| other.name == job.name);
        if is_known || self.context.is_stopping() {
            return;
        }
        let counts = Arc::new(RunCounts::new(&job));
        started.push(StartedJob {
            name: job.name,
            counts: counts.clone(),
            task: Some(match job.runs_on {
                RunsOn::EveryNode => {
                    tokio::spawn(run_on_every_node(job, self.context.clone(), counts))
                }
                RunsOn::OneNode => {
                    let context = self.context.clone();
                    tokio::spawn(run_on_one_node(job, self.runner, context, counts))
                }
            }),
        });
    }

    /// Stops all jobs. Waits for running ones, and aborts those that do not end.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let deadline = tokio::time::Instant::now() + STOP_TIMEOUT;
        let tasks: Vec<_> = {
            let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            let tasks = started.iter_mut();
            tasks
                .filter_map(|job| Some((job.name, job.task.take()?)))
                .collect()
        };
        for (job, mut task) in tasks {
            if tokio::time::timeout_at(deadline, &mut task).await.is_err() {
                tracing::warn!(job, "a background job did not stop and is aborted");
                task.abort();
            }
        }
    }

    /// Returns the runs of all jobs that were started.
    pub(crate) async fn statuses(&self) -> Vec<JobStatus> {
        let all: Vec<Arc<RunCounts>> = {
            let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
            started.iter().map(|job| job.counts.clone()).collect()
        };
        let shared = self.context.store().jobs().await;
        if let Err(error) = &shared {
            tracing::warn!(%error, "the last runs of background jobs could not be read");
        }
        let shared = shared.unwrap_or_default();
        let status = |counts: Arc<RunCounts>| {
            let mut status = counts.status();
            if counts.is_shared() {
                let record = shared.iter().find(|record| record.name == status.name);
                status.last_run = record.and_then(|record| {
                    Some((record.last_finished_at?, record.last_error.is_some()))
                });
            }
            status
        };
        all.into_iter().map(status).collect()
    }
}

async fn run_on_every_node(job: Job, context: JobContext, counts: Arc<RunCounts>) {
    let wake = job.wake.as_deref();
    while context.pause_until_woken(job.interval, wake).await {
        let started = Instant::now();
        let result = run_once(&job, &context).await;
        record(&job, &context, &counts, started, &result);
    }
}

async fn run_on_one_node(job: Job, runner: Runner, context: JobContext, counts: Arc<RunCounts>) {
    let wait = runner.poll_interval.min(job.interval);
    while context.pause(wait).await {
        let started = Instant::now();
        match lease::run_if_due(&job, runner, &context).await {
            Ok(SharedRun::Finished(result)) => record(&job, &context, &counts, started, &result),
            Ok(SharedRun::NotStarted | SharedRun::Interrupted) => {}
            Err(error) => {
                tracing::warn!(job = job.name, %error, "a background job could not be started");
            }
        }
    }
}

/// Runs a job in a task of its own, so that a panic ends this run only. Dropping
/// the future aborts the run.
pub(super) async fn run_once(job: &Job, context: &JobContext) -> Outcome<()> {
    let (run, context) = (job.run.clone(), context.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { run(context).await });
    match task.join_next().await {
        Some(Ok(result)) => result,
        // The panic itself is in the log.
        Some(Err(_)) | None => Err(Fault::Internal("the job panicked".to_owned()).into()),
    }
}

fn record(
    job: &Job,
    context: &JobContext,
    counts: &RunCounts,
    started: Instant,
    result: &Outcome<()>,
) {
    if let Err(error) = result {
        tracing::warn!(job = job.name, %error, "a background job failed");
    }
    counts.add(context.now(), started.elapsed(), result.is_ok());
}
