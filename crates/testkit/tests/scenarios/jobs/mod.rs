//! Background jobs: which node runs them and when, what operators see of them, and
//! the deletion of rows whose retention has ended.

mod lease;
mod outcome;
mod purge;
mod slices;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use freehold_app::{App, Extension, Fault, Job, JobContext, JobStatus, Outcome};
use freehold_testkit::TestApp;
use tokio::sync::Notify;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// How often nodes look whether a job is due, in these scenarios.
const SHORT: Duration = Duration::from_millis(20);
/// How long a scenario waits for what must not happen.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// An extension with a job that one node at a time runs, `sample_report`, and one
/// of every node, `sample_tick`. Clones share their state.
#[derive(Clone, Default)]
struct Sample(Arc<SampleState>);

#[derive(Default)]
struct SampleState {
    /// Runs of the report that were started.
    started: AtomicUsize,
    /// Those that have not ended, on all nodes, and the most at the same time.
    running: AtomicUsize,
    most_running: AtomicUsize,
    /// The same, for the job of every node.
    ticks_running: AtomicUsize,
    most_ticks_running: AtomicUsize,
    /// Whether a run of the report ends only after `proceed`, or at the stop.
    waits: AtomicBool,
    proceed: Notify,
    fails: AtomicBool,
    panics: AtomicBool,
}

/// Counts a run until it ends, also when it is aborted.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn start(running: &'a AtomicUsize, most: &AtomicUsize) -> Self {
        let now_running = running.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now_running, Ordering::SeqCst);
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Extension for Sample {
    fn capability(&self) -> &'static str {
        "sample"
    }

    fn jobs(&self) -> Vec<Job> {
        let (report, tick) = (self.clone(), self.clone());
        vec![
            Job::on_one_node("sample_report", HOUR, move |context| {
                let report = report.clone();
                async move { report.report(&context).await }
            }),
            Job::on_every_node("sample_tick", SHORT, move |_| {
                let tick = tick.clone();
                async move {
                    let state = &tick.0;
                    let _running = Running::start(&state.ticks_running, &state.most_ticks_running);
                    tokio::time::sleep(SHORT * 5).await;
                    Ok(())
                }
            }),
        ]
    }
}

impl Sample {
    async fn report(&self, context: &JobContext) -> Outcome<()> {
        let state = &*self.0;
        let _running = Running::start(&state.running, &state.most_running);
        state.started.fetch_add(1, Ordering::SeqCst);
        assert!(!state.panics.load(Ordering::SeqCst), "on purpose");
        if state.waits.load(Ordering::SeqCst) {
            tokio::select! {
                () = context.stopping() => {}
                () = state.proceed.notified() => {}
            }
        } else {
            // Longer than the other node needs to look again.
            tokio::time::sleep(SHORT * 5).await;
        }
        if state.fails.load(Ordering::SeqCst) {
            let text = "refused by https://x.test/?token=secret-token";
            return Err(Fault::Internal(text.to_owned()).into());
        }
        Ok(())
    }

    fn started(&self) -> usize {
        self.0.started.load(Ordering::SeqCst)
    }

    /// Waits until this number of runs was started; panics if there are more.
    async fn wait_for_started(&self, count: usize) {
        wait_until("runs are started", async || self.started() >= count).await;
        assert_eq!(self.started(), count);
    }
}

/// Waits for a condition; panics after a while.
async fn wait_until(what: &str, is_met: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !is_met().await {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn status(app: &App, job: &str) -> JobStatus {
    let mut statuses = app.job_statuses().await.into_iter();
    statuses.find(|status| status.name == job).unwrap()
}

/// Waits until a job has run that was started after this call. The job must be due.
pub(crate) async fn wait_for_run(app: &TestApp, job: &str) {
    let now = freehold_domain::Clock::now(app.clock());
    wait_until(job, async || {
        let last_run = status(app.app(), job).await.last_run;
        last_run.is_some_and(|(at, _)| at > now)
    })
    .await;
}
