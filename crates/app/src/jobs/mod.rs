//! Background jobs: what a job is ([`Job`]), and when the jobs of this server
//! run (`runner`).
//!
//! A job runs on every node, or on one node at a time (`lease`), and again after
//! its interval. The jobs of the core are here: writing when keys were last used
//! (`key_uses`) and deleting rows whose retention has ended (`purge`). Email
//! delivery is in `email`; an edition adds its jobs with
//! [`Extension::jobs`](crate::Extension::jobs).

mod context;
mod error_text;
mod key_uses;
mod lease;
mod purge;
mod runner;
mod status;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::command::Outcome;
use crate::extension::Extensions;

pub use context::JobContext;
pub(crate) use error_text::sanitize_error;
pub(crate) use key_uses::{KeyUses, UsedKey};
pub use purge::Retention;
pub(crate) use runner::Jobs;
pub use status::JobStatus;

/// How often the uses of keys are written to the database.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// The future of one run of a job.
pub type JobFuture = Pin<Box<dyn Future<Output = Outcome<()>> + Send>>;

/// A background job. A run that fails is logged and counted; the next one starts
/// after the interval all the same.
#[derive(Clone)]
pub struct Job {
    name: &'static str,
    interval: Duration,
    runs_on: RunsOn,
    wake: Option<Arc<Notify>>,
    run: Arc<dyn Fn(JobContext) -> JobFuture + Send + Sync>,
}

/// Which nodes run a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunsOn {
    EveryNode,
    /// The node that has the lease in the database.
    OneNode,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("name", &self.name)
            .field("interval", &self.interval)
            .field("runs_on", &self.runs_on)
            .finish_non_exhaustive()
    }
}

impl Job {
    /// A job that every node runs, each in its own time: `interval` is the pause
    /// between two of its runs. Several nodes may run it at once.
    pub fn on_every_node<F>(
        name: &'static str,
        interval: Duration,
        run: impl Fn(JobContext) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Outcome<()>> + Send + 'static,
    {
        Self::new(name, interval, RunsOn::EveryNode, run)
    }

    /// A job that one node at a time runs, again when `interval` has passed since
    /// the end of its last run on any node. If that node stops in the middle of a
    /// run, another one starts the job again, so a run must be safe to repeat.
    ///
    /// The name identifies the job in the database and in the metrics.
    pub fn on_one_node<F>(
        name: &'static str,
        interval: Duration,
        run: impl Fn(JobContext) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Outcome<()>> + Send + 'static,
    {
        Self::new(name, interval, RunsOn::OneNode, run)
    }

    fn new<F>(
        name: &'static str,
        interval: Duration,
        runs_on: RunsOn,
        run: impl Fn(JobContext) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Outcome<()>> + Send + 'static,
    {
        Self {
            name,
            interval,
            runs_on,
            wake: None,
            run: Arc::new(move |context| Box::pin(run(context))),
        }
    }

    /// Also starts a run when `wake` is notified, without waiting for the
    /// interval. For a job of every node.
    pub(crate) fn woken_by(mut self, wake: Arc<Notify>) -> Self {
        self.wake = Some(wake);
        self
    }
}

/// The jobs of a server, except email delivery, which needs a mailer.
pub(crate) fn server_jobs(
    retention: &Retention,
    key_uses: &Arc<KeyUses>,
    extensions: &Extensions,
) -> Vec<Job> {
    let key_uses = key_uses.clone();
    let flush = move |context: JobContext| {
        let key_uses = key_uses.clone();
        async move { Ok(key_uses.flush(context.store()).await?) }
    };
    let mut jobs = vec![Job::on_every_node("flush_key_uses", FLUSH_INTERVAL, flush)];
    jobs.extend(purge::jobs(retention));
    jobs.extend(extensions.jobs());
    jobs
}
