//! Email jobs in the outbox: claimed by one node at a time, then sent, postponed,
//! or dead.
//!
//! Not here: queueing an email job (`outbox`), and the data of each email
//! (`data`).

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// An email job that this node may send until its lease ends.
    #[derive(Clone, Debug)]
    pub struct ClaimedEmailJob {
        /// The row.
        pub id: Uuid = "id",
        /// The email as JSON.
        pub payload: serde_json::Value = "payload",
        /// How often it was tried, this attempt included.
        pub attempts: i64 = "attempts",
        /// When it was queued.
        pub created_at: Timestamp = "created_at",
        /// When other nodes may claim the job. Also identifies this claim: a later
        /// one has another lease.
        pub lease: Timestamp = "available_at",
    }

    /// An undelivered email job.
    #[derive(Clone, Debug)]
    pub struct EmailJobRecord {
        /// The row.
        pub id: Uuid = "id",
        /// The email as JSON.
        pub payload: serde_json::Value = "payload",
        /// When it was queued.
        pub created_at: Timestamp = "created_at",
        /// When it is tried next.
        pub available_at: Timestamp = "available_at",
        /// How often it was tried.
        pub attempts: i64 = "attempts",
        /// Since when the job is dead.
        pub failed_at: Option<Timestamp> = "failed_at",
        /// The error of the last attempt.
        pub last_error: Option<String> = "last_error",
    }
}

/// The number of undelivered email jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailJobCounts {
    /// Jobs that will be tried, for the first time or again.
    pub queued: i64,
    /// Dead jobs.
    pub dead: i64,
}

statements! {
    rows ClaimedEmailJob, EmailJobRecord;

    // The indexes on jobs contain just these.
    {QUEUED} = "topic = 'email' AND done_at IS NULL AND failed_at IS NULL";
    {DEAD} = "topic = 'email' AND done_at IS NULL AND failed_at IS NOT NULL";
    // The claimed job `$1`, unless the lease `$2` has ended.
    {LEASED} = "id = $1 AND available_at = $2 AND done_at IS NULL AND failed_at IS NULL";

    NEXT_EMAIL_JOB = "SELECT min(available_at) FROM outbox WHERE {QUEUED}";
    CLAIM_EMAIL_JOBS = "
        UPDATE outbox SET attempts = attempts + 1, available_at = $2
         WHERE id IN (SELECT id FROM outbox WHERE {QUEUED} AND available_at <= $1
                       ORDER BY available_at, id LIMIT $3)
     RETURNING {ClaimedEmailJob}",
        postgres = "
        WITH due (job) AS MATERIALIZED
             (SELECT id FROM outbox WHERE {QUEUED} AND available_at <= $1
               ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE outbox SET attempts = attempts + 1, available_at = $2
          FROM due WHERE outbox.id = due.job
     RETURNING {ClaimedEmailJob}";
    FINISH_EMAIL_JOB = "UPDATE outbox SET done_at = $3, last_error = $4 WHERE {LEASED}";
    POSTPONE_EMAIL_JOB = "
        UPDATE outbox SET available_at = $3, last_error = $4, attempts = attempts - $5
         WHERE {LEASED}";
    MARK_EMAIL_JOB_DEAD = "UPDATE outbox SET failed_at = $3, last_error = $4 WHERE {LEASED}";
    RETRY_EMAIL_JOB = "
        UPDATE outbox SET failed_at = NULL, attempts = 0, available_at = $1
         WHERE {DEAD} AND id = $2";
    RETRY_EMAIL_JOBS = "
        UPDATE outbox SET failed_at = NULL, attempts = 0, available_at = $1 WHERE {DEAD}";
    EMAIL_JOB_COUNTS = "
        SELECT (SELECT count(*) FROM outbox WHERE {QUEUED}),
               (SELECT count(*) FROM outbox WHERE {DEAD})";
    UNDELIVERED_EMAIL_JOBS = "
        SELECT {EmailJobRecord} FROM outbox
         WHERE topic = 'email' AND done_at IS NULL ORDER BY created_at, id LIMIT $1";
    DEAD_EMAIL_JOBS = "
        SELECT {EmailJobRecord} FROM outbox WHERE {DEAD} ORDER BY created_at, id LIMIT $1";
}

impl Store {
    /// Returns when the next email job is to be tried; nothing when none is queued.
    pub async fn next_email_job(&self) -> Result<Option<Timestamp>> {
        let next = self
            .read_one(&NEXT_EMAIL_JOB, values![], |row| {
                row.get::<Option<Timestamp>>(0)
            })
            .await?;
        Ok(next.flatten())
    }

    /// Returns how many email jobs are queued and how many are dead.
    pub async fn email_job_counts(&self) -> Result<EmailJobCounts> {
        let counts = self
            .read_one(&EMAIL_JOB_COUNTS, values![], |row| {
                Ok(EmailJobCounts {
                    queued: row.get(0)?,
                    dead: row.get(1)?,
                })
            })
            .await?;
        Ok(counts.unwrap_or_default())
    }

    /// Returns undelivered email jobs, the oldest first; only dead ones if `dead`.
    pub async fn undelivered_email_jobs(
        &self,
        dead: bool,
        limit: u32,
    ) -> Result<Vec<EmailJobRecord>> {
        let sql = if dead {
            &DEAD_EMAIL_JOBS
        } else {
            &UNDELIVERED_EMAIL_JOBS
        };
        self.read(sql, values![i64::from(limit)], FromRow::read)
            .await
    }
}

impl Tx {
    /// Claims at most `max_jobs` email jobs that are to be tried at `now`, until
    /// `lease`. No two nodes claim the same one.
    pub async fn claim_email_jobs(
        &mut self,
        now: Timestamp,
        lease: Timestamp,
        max_jobs: i64,
    ) -> Result<Vec<ClaimedEmailJob>> {
        self.read(
            &CLAIM_EMAIL_JOBS,
            values![now, lease, max_jobs],
            FromRow::read,
        )
        .await
    }

    /// Finishes a claimed email job: it was sent, or cancelled for `reason`.
    /// Returns whether this node still had the lease.
    pub async fn finish_email_job(
        &mut self,
        job: &ClaimedEmailJob,
        now: Timestamp,
        reason: Option<String>,
    ) -> Result<bool> {
        let values = values![job.id, job.lease, now, reason];
        Ok(self.claim(&FINISH_EMAIL_JOB, values).await? == 1)
    }

    /// Postpones a claimed email job to `at`. `counts_as_attempt` is whether an
    /// attempt was made.
    pub fn postpone_email_job(
        &mut self,
        job: &ClaimedEmailJob,
        at: Timestamp,
        reason: String,
        counts_as_attempt: bool,
    ) {
        let uncounted = i64::from(!counts_as_attempt);
        self.write(
            &POSTPONE_EMAIL_JOB,
            values![job.id, job.lease, at, reason, uncounted],
        );
    }

    /// Marks a claimed email job as dead: it is tried again only if an operator retries it.
    pub fn mark_email_job_dead(&mut self, job: &ClaimedEmailJob, now: Timestamp, reason: String) {
        self.write(
            &MARK_EMAIL_JOB_DEAD,
            values![job.id, job.lease, now, reason],
        );
    }

    /// Queues one or all dead email jobs again. Returns how many.
    pub async fn retry_email_jobs(&mut self, only: Option<Uuid>, now: Timestamp) -> Result<u64> {
        match only {
            Some(id) => self.claim(&RETRY_EMAIL_JOB, values![now, id]).await,
            None => self.claim(&RETRY_EMAIL_JOBS, values![now]).await,
        }
    }
}
