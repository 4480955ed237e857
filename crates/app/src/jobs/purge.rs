//! Deleting rows whose retention has ended: one job for each kind of row, in
//! slices with pauses between them, so that commands do not wait.

use std::time::Duration;

use freehold_domain::Timestamp;
use freehold_store::{ExpiringRows, Store, TimeOrderedRows};
use uuid::Uuid;

use super::{Job, JobContext};
use crate::command::{Outcome, with_retries};
use crate::operators::BOOTSTRAP;

/// The number of rows that one transaction deletes at most.
const SLICE_ROWS: i64 = 500;
/// The pause between two slices.
const SLICE_PAUSE: Duration = Duration::from_millis(20);
/// How often rows are deleted that have expired.
const EXPIRED_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// How often rows are deleted whose retention in days has ended.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long expired rows stay: a command may be replacing one that has just
/// expired, and should not wait for this job.
const EXPIRED_RETENTION: Duration = Duration::from_secs(60);
/// After this time a job is one that no server has any more, such as a job of an
/// edition that was removed.
const JOB_RETENTION: Duration = Duration::from_secs(90 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// How long rows are kept; `None` keeps them for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Audit events, from when they happened. Those of the unattended bootstrap
    /// stay, because it reads in them what it has done.
    pub audit_events: Option<Duration>,
    /// Events in the outbox that no client has fetched, from when they happened.
    pub undelivered_events: Option<Duration>,
    /// Rows of the outbox that were delivered: emails from when they were sent.
    pub delivered: Option<Duration>,
    /// Dead email jobs, from the last attempt.
    pub dead_emails: Option<Duration>,
    /// Invitations, from when they were answered or revoked, or have expired.
    pub invitations: Option<Duration>,
    /// The progress of imports, from when they finished.
    pub imports: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days| Some(Duration::from_secs(days * DAY));
        Self {
            audit_events: None,
            undelivered_events: days(30),
            delivered: days(7),
            dead_emails: days(90),
            invitations: days(365),
            imports: days(90),
        }
    }
}

#[derive(Clone, Copy)]
enum Rows {
    Expiring(ExpiringRows),
    TimeOrdered(TimeOrderedRows),
}

/// A job for each kind of row, also for those that are kept for ever: a job that
/// has run once and does not run any more would be overdue.
pub(super) fn jobs(retention: &Retention) -> Vec<Job> {
    use Rows::{Expiring, TimeOrdered};
    let expired = |name, rows| {
        let retention = Some(EXPIRED_RETENTION);
        (name, EXPIRED_INTERVAL, retention, Expiring(rows))
    };
    let old = |name, retention, rows| (name, RETENTION_INTERVAL, retention, rows);
    let audit_events = TimeOrderedRows::AuditEvents {
        except_operator: BOOTSTRAP,
    };
    let all = [
        expired("purge_sessions", ExpiringRows::Sessions),
        expired("purge_password_resets", ExpiringRows::PasswordResets),
        expired("purge_attempts", ExpiringRows::Attempts),
        expired(
            "purge_idempotency_records",
            ExpiringRows::IdempotencyRecords,
        ),
        old(
            "purge_audit_events",
            retention.audit_events,
            TimeOrdered(audit_events),
        ),
        old(
            "purge_undelivered_events",
            retention.undelivered_events,
            TimeOrdered(TimeOrderedRows::UndeliveredEvents),
        ),
        old(
            "purge_delivered",
            retention.delivered,
            Expiring(ExpiringRows::DeliveredOutboxRows),
        ),
        old(
            "purge_dead_emails",
            retention.dead_emails,
            Expiring(ExpiringRows::DeadEmailJobs),
        ),
        old(
            "purge_invitations",
            retention.invitations,
            TimeOrdered(TimeOrderedRows::Invitations),
        ),
        old(
            "purge_imports",
            retention.imports,
            Expiring(ExpiringRows::Imports),
        ),
        old(
            "purge_jobs",
            Some(JOB_RETENTION),
            Expiring(ExpiringRows::Jobs),
        ),
    ];
    let job = |(name, interval, retention, rows)| {
        Job::on_one_node(name, interval, move |context| async move {
            match retention {
                Some(retention) => purge(name, rows, retention, &context).await,
                None => Ok(()),
            }
        })
    };
    all.into_iter().map(job).collect()
}

/// Deletes the rows that ended longer than `retention` ago.
async fn purge(
    job: &'static str,
    rows: Rows,
    retention: Duration,
    context: &JobContext,
) -> Outcome<()> {
    let before = context.now() - retention;
    let mut total = 0;
    let mut after = Uuid::nil();
    loop {
        let slice = || delete_slice(context.store(), rows, before, after);
        let (deleted, next) = with_retries(context.random(), &slice).await?;
        total += deleted;
        match next {
            Some(next) if context.pause(SLICE_PAUSE).await => after = next,
            Some(_) | None => break,
        }
    }
    if total > 0 {
        tracing::debug!(job, rows = total, "rows were deleted");
    }
    Ok(())
}

/// Deletes one slice in a transaction of its own. Returns how many rows it
/// deleted, and the id after which the next slice begins, if there is one.
async fn delete_slice(
    store: &Store,
    rows: Rows,
    before: Timestamp,
    after: Uuid,
) -> Outcome<(u64, Option<Uuid>)> {
    match rows {
        Rows::Expiring(rows) => {
            let mut tx = store.begin();
            let deleted = tx.purge_expired(rows, before, SLICE_ROWS).await?;
            tx.commit().await?;
            let is_full = i64::try_from(deleted).is_ok_and(|deleted| deleted >= SLICE_ROWS);
            Ok((deleted, is_full.then_some(after)))
        }
        Rows::TimeOrdered(rows) => {
            let (end, is_last) = store.slice_end(rows, after, before, SLICE_ROWS).await?;
            let mut tx = store.begin();
            let deleted = tx.purge_slice(rows, after, end, before).await?;
            tx.commit().await?;
            Ok((deleted, (!is_last).then_some(end)))
        }
    }
}
