//! The background jobs that one node at a time runs: the lease of the node that
//! runs a job, and the job's last run.
//!
//! Not here: when a job is due, and what it does (`app::jobs`).

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// A job that was started at least once.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct JobRecord {
        /// Its name.
        pub name: String = "name",
        /// The process that started it last.
        pub runner: Uuid = "runner_id",
        /// Until when only that process may start it.
        pub lease_until: Timestamp = "lease_until",
        /// When its last run finished.
        pub last_finished_at: Option<Timestamp> = "last_finished_at",
        /// Why that run failed; nothing if it succeeded.
        pub last_error: Option<String> = "last_error",
    }
}

statements! {
    rows JobRecord;

    START_JOB = "
        INSERT INTO jobs (name, runner_id, lease_until, last_started_at, overdue_at)
        VALUES ($1, $2, $3, $4, $6)
            ON CONFLICT (name) DO UPDATE
           SET runner_id = excluded.runner_id, lease_until = excluded.lease_until,
               last_started_at = excluded.last_started_at
         WHERE (jobs.lease_until <= excluded.last_started_at
                OR jobs.runner_id = excluded.runner_id)
           AND (jobs.last_finished_at IS NULL OR jobs.last_finished_at <= $5)";
    MOVE_LEASE = "UPDATE jobs SET lease_until = $3 WHERE name = $1 AND runner_id = $2";
    FINISH_JOB = "
        UPDATE jobs
           SET lease_until = $3, last_finished_at = $3, last_error = $4, overdue_at = $5
         WHERE name = $1 AND runner_id = $2";
    JOB = "SELECT {JobRecord} FROM jobs WHERE name = $1";
    JOBS = "SELECT {JobRecord} FROM jobs ORDER BY name LIMIT $1";
}

/// More jobs than any server has.
const MAX_JOBS: i64 = 1_000;

impl Store {
    /// Returns a job; nothing if it was never started.
    pub async fn job(&self, name: &'static str) -> Result<Option<JobRecord>> {
        self.read_one(&JOB, values![name], FromRow::read).await
    }

    /// Returns all jobs that were started at least once.
    pub async fn jobs(&self) -> Result<Vec<JobRecord>> {
        self.read(&JOBS, values![MAX_JOBS], FromRow::read).await
    }
}

impl Tx {
    /// Takes the lease of a job for the process `runner`, unless another process
    /// has it or the last run finished after `due_if_finished_by`. Returns
    /// whether `runner` has it now. `overdue_at` is stored with the first start
    /// only: a job that is started again and again without finishing is overdue.
    pub async fn start_job(
        &mut self,
        name: &'static str,
        runner: Uuid,
        lease_until: Timestamp,
        now: Timestamp,
        due_if_finished_by: Timestamp,
        overdue_at: Timestamp,
    ) -> Result<bool> {
        let values = values![
            name,
            runner,
            lease_until,
            now,
            due_if_finished_by,
            overdue_at
        ];
        Ok(self.claim(&START_JOB, values).await? == 1)
    }

    /// Changes the end of the lease: later to renew it, or the current time to
    /// release it. Returns whether `runner` still had it.
    pub async fn move_job_lease(
        &mut self,
        name: &'static str,
        runner: Uuid,
        until: Timestamp,
    ) -> Result<bool> {
        Ok(self
            .claim(&MOVE_LEASE, values![name, runner, until])
            .await?
            == 1)
    }

    /// Records that a run has finished, with `error` if it failed, and releases
    /// the lease. Returns whether `runner` still had it.
    pub async fn finish_job(
        &mut self,
        name: &'static str,
        runner: Uuid,
        now: Timestamp,
        error: Option<String>,
        overdue_at: Timestamp,
    ) -> Result<bool> {
        let values = values![name, runner, now, error, overdue_at];
        Ok(self.claim(&FINISH_JOB, values).await? == 1)
    }
}
