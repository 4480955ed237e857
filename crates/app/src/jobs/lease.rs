//! Running a job on one node at a time: a row of the database says which process
//! runs it, and until when.
//!
//! The lease is taken by one conditional statement, renewed while the job runs,
//! and released at its end. If the node stops without releasing it, another one
//! starts the job when the lease has ended. Times are those of each node's clock:
//! clocks must not differ by more than the lease.

use std::time::Duration;

use freehold_domain::Timestamp;
use freehold_store::StoreError;
use uuid::Uuid;

use super::runner::run_once;
use super::{Job, JobContext, sanitize_error};
use crate::command::{Failure, Outcome, with_retries};

/// How long other nodes wait after the last sign of life of the node that runs a
/// job.
const LEASE: Duration = Duration::from_secs(2 * 60);
/// How often a lease is renewed at least: twice before it ends.
const MAX_RENEWAL_INTERVAL: Duration = Duration::from_secs(40);
/// After how many intervals without a finished run a job is overdue.
const OVERDUE_INTERVALS: u32 = 3;

/// This process, as it takes part in leases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runner {
    /// Identifies the process.
    id: Uuid,
    /// How often it looks whether a job is due, and renews its leases.
    pub(super) poll_interval: Duration,
}

impl Runner {
    pub(super) fn new(id: Uuid, poll_interval: Duration) -> Self {
        Self {
            id,
            poll_interval: poll_interval.min(MAX_RENEWAL_INTERVAL),
        }
    }
}

/// How a run on one node ended.
pub(super) enum SharedRun {
    /// The job is not due, or another node runs it.
    NotStarted,
    /// This node lost the lease, or stopped: another node starts the job again.
    Interrupted,
    /// The run finished, with this result.
    Finished(Outcome<()>),
}

/// Runs `job` if it is due and no other node runs it.
///
/// # Errors
/// If the lease could not be taken.
pub(super) async fn run_if_due(
    job: &Job,
    runner: Runner,
    context: &JobContext,
) -> Outcome<SharedRun> {
    if !is_due(job, runner, context).await? || !take(job, runner, context).await? {
        return Ok(SharedRun::NotStarted);
    }
    let Some(result) = run_with_lease(job, runner, context).await else {
        tracing::warn!(job = job.name, "a background job lost its lease");
        return Ok(SharedRun::Interrupted);
    };
    if result.is_ok() && context.is_stopping() {
        move_lease(job, runner, context, context.now()).await?;
        return Ok(SharedRun::Interrupted);
    }
    if let Err(error) = finish(job, runner, context, &result).await {
        tracing::warn!(job = job.name, %error, "the end of a background job could not be recorded");
    }
    Ok(SharedRun::Finished(result))
}

/// Whether the job may be started, without writing anything: usually it may not.
async fn is_due(job: &Job, runner: Runner, context: &JobContext) -> Result<bool, StoreError> {
    let record = context.store().job(job.name).await?;
    let now = context.now();
    Ok(record.is_none_or(|record| {
        // This process has the lease if the end of its last run was not recorded.
        let is_free = record.lease_until <= now || record.runner == runner.id;
        let finished = record.last_finished_at;
        is_free && finished.is_none_or(|at| at + job.interval <= now)
    }))
}

async fn take(job: &Job, runner: Runner, context: &JobContext) -> Outcome<bool> {
    with_retries(context.random(), &|| async {
        let now = context.now();
        let mut tx = context.store().begin();
        let taken = tx
            .start_job(
                job.name,
                runner.id,
                now + LEASE,
                now,
                now - job.interval,
                overdue_at(job, now),
            )
            .await?;
        tx.commit().await?;
        Ok(taken)
    })
    .await
}

/// Runs the job and renews its lease. Returns nothing if the lease was lost; the
/// run is aborted then.
async fn run_with_lease(job: &Job, runner: Runner, context: &JobContext) -> Option<Outcome<()>> {
    let mut run = std::pin::pin!(run_once(job, context));
    let mut lease_until = context.now() + LEASE;
    loop {
        tokio::select! {
            biased;
            result = &mut run => return Some(result),
            () = tokio::time::sleep(runner.poll_interval) => {}
        }
        let until = context.now() + LEASE;
        match move_lease(job, runner, context, until).await {
            Ok(true) => lease_until = until,
            Ok(false) => return None,
            Err(error) => {
                tracing::warn!(job = job.name, %error, "the lease of a background job could not be renewed");
                if context.now() >= lease_until {
                    return None;
                }
            }
        }
    }
}

async fn move_lease(
    job: &Job,
    runner: Runner,
    context: &JobContext,
    until: Timestamp,
) -> Outcome<bool> {
    with_retries(context.random(), &|| async {
        let mut tx = context.store().begin();
        let had_it = tx.move_job_lease(job.name, runner.id, until).await?;
        tx.commit().await?;
        Ok(had_it)
    })
    .await
}

async fn finish(
    job: &Job,
    runner: Runner,
    context: &JobContext,
    result: &Outcome<()>,
) -> Outcome<()> {
    let error = result.as_ref().err().map(Failure::to_string);
    let error = error.map(|text| sanitize_error(&text));
    let had_it = with_retries(context.random(), &|| async {
        let now = context.now();
        let mut tx = context.store().begin();
        let had_it = tx
            .finish_job(
                job.name,
                runner.id,
                now,
                error.clone(),
                overdue_at(job, now),
            )
            .await?;
        tx.commit().await?;
        Ok(had_it)
    })
    .await?;
    if !had_it {
        tracing::warn!(
            job = job.name,
            "a background job took longer than its lease"
        );
    }
    Ok(())
}

/// When a job is overdue that is finished, or started for the first time, at `now`.
fn overdue_at(job: &Job, now: Timestamp) -> Timestamp {
    now + job.interval * OVERDUE_INTERVALS + LEASE
}
