//! Deleting rows whose retention has ended, in slices: each statement deletes a
//! limited number of rows, so that it holds no lock long.
//!
//! Rows that have an index on the time when they end are found by it
//! ([`ExpiringRows`]). The others are found by their ids, which are ordered by
//! the time of their creation ([`TimeOrderedRows`]): that costs no index, which
//! every command would have to maintain.
//!
//! Not here: how long rows are kept (`app::jobs`).

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::audit::read::first_id_at;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Sql, Store, Tx};

/// Rows that are deleted by the time when they ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiringRows {
    /// Sessions that have expired.
    Sessions,
    /// Password reset links that have expired.
    PasswordResets,
    /// Counters of attempts whose window has ended.
    Attempts,
    /// Idempotency records that have expired.
    IdempotencyRecords,
    /// Email jobs that were sent or cancelled, and events that were delivered.
    DeliveredOutboxRows,
    /// Email jobs that are dead.
    DeadEmailJobs,
    /// Imports that have finished.
    Imports,
    /// Jobs that no server has started any more.
    Jobs,
}

/// Rows that are deleted by the time in their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeOrderedRows {
    /// Audit events, except those of one operator.
    AuditEvents {
        /// The name of the operator whose events stay.
        except_operator: &'static str,
    },
    /// Events in the outbox that were not delivered.
    UndeliveredEvents,
    /// Invitations that were answered or revoked, or have expired.
    Invitations,
}

statements! {
    PURGE_SESSIONS = "DELETE FROM sessions WHERE id IN
        (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    PURGE_PASSWORD_RESETS = "DELETE FROM password_resets WHERE token_hash IN
        (SELECT token_hash FROM password_resets WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    PURGE_ATTEMPTS = "DELETE FROM attempts WHERE subject IN
        (SELECT subject FROM attempts WHERE until <= $1 ORDER BY until LIMIT $2)";
    PURGE_IDEMPOTENCY_RECORDS = "DELETE FROM idempotency_records WHERE id IN
        (SELECT id FROM idempotency_records WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    PURGE_DELIVERED = "DELETE FROM outbox WHERE id IN
        (SELECT id FROM outbox WHERE done_at <= $1 ORDER BY done_at LIMIT $2)";
    PURGE_DEAD_EMAIL_JOBS = "DELETE FROM outbox WHERE id IN
        (SELECT id FROM outbox WHERE topic = 'email' AND done_at IS NULL AND failed_at <= $1
          ORDER BY failed_at LIMIT $2)";
    /// Without an index: there is one row for each imported file.
    PURGE_IMPORTS = "DELETE FROM imports WHERE id IN
        (SELECT id FROM imports WHERE finished_at <= $1 ORDER BY finished_at LIMIT $2)";
    /// Without an index: there are a dozen rows.
    PURGE_JOBS = "DELETE FROM jobs WHERE name IN
        (SELECT name FROM jobs WHERE last_started_at <= $1 AND lease_until <= $1
          ORDER BY last_started_at LIMIT $2)";

    // The last id of a slice that begins behind `$1`.
    AUDIT_SLICE_END = "SELECT id FROM audit_events WHERE id > $1 AND id < $2
      ORDER BY id LIMIT 1 OFFSET $3";
    OUTBOX_SLICE_END = "SELECT id FROM outbox WHERE id > $1 AND id < $2
      ORDER BY id LIMIT 1 OFFSET $3";
    INVITATION_SLICE_END = "SELECT id FROM project_invitations WHERE id > $1 AND id < $2
      ORDER BY id LIMIT 1 OFFSET $3";

    PURGE_AUDIT_EVENTS = "DELETE FROM audit_events WHERE id > $1 AND id <= $2
        AND (actor_name IS NULL OR actor_name <> $3)";
    PURGE_UNDELIVERED_EVENTS = "DELETE FROM outbox WHERE id > $1 AND id <= $2
        AND topic <> 'email' AND done_at IS NULL";
    /// An expired invitation may still be `pending`, and has no answer.
    PURGE_INVITATIONS = "DELETE FROM project_invitations WHERE id > $1 AND id <= $2
        AND coalesce(answered_at, expiration_date) <= $3";
}

impl ExpiringRows {
    fn purge(self) -> &'static Sql {
        match self {
            Self::Sessions => &PURGE_SESSIONS,
            Self::PasswordResets => &PURGE_PASSWORD_RESETS,
            Self::Attempts => &PURGE_ATTEMPTS,
            Self::IdempotencyRecords => &PURGE_IDEMPOTENCY_RECORDS,
            Self::DeliveredOutboxRows => &PURGE_DELIVERED,
            Self::DeadEmailJobs => &PURGE_DEAD_EMAIL_JOBS,
            Self::Imports => &PURGE_IMPORTS,
            Self::Jobs => &PURGE_JOBS,
        }
    }
}

impl Store {
    /// Returns the last id of the slice of `max_rows` rows that begins behind the
    /// id `after` and contains only rows that were created before `before`, and
    /// whether it is the last such slice.
    pub async fn slice_end(
        &self,
        rows: TimeOrderedRows,
        after: Uuid,
        before: Timestamp,
        max_rows: i64,
    ) -> Result<(Uuid, bool)> {
        let sql = match rows {
            TimeOrderedRows::AuditEvents { .. } => &AUDIT_SLICE_END,
            TimeOrderedRows::UndeliveredEvents => &OUTBOX_SLICE_END,
            TimeOrderedRows::Invitations => &INVITATION_SLICE_END,
        };
        let bound = first_id_at(before.millis());
        let values = values![after, bound, max_rows - 1];
        let end = self.read_one(sql, values, |row| row.get(0)).await?;
        Ok((end.unwrap_or(bound), end.is_none()))
    }
}

impl Tx {
    /// Deletes at most `max_rows` rows that ended by `before`, those that ended
    /// first. Returns how many.
    pub async fn purge_expired(
        &mut self,
        rows: ExpiringRows,
        before: Timestamp,
        max_rows: i64,
    ) -> Result<u64> {
        self.claim(rows.purge(), values![before, max_rows]).await
    }

    /// Deletes those rows of a slice whose retention ended by `before`: the slice
    /// begins behind the id `after` and ends with `end`, see [`Store::slice_end`].
    /// Returns how many were deleted.
    pub async fn purge_slice(
        &mut self,
        rows: TimeOrderedRows,
        after: Uuid,
        end: Uuid,
        before: Timestamp,
    ) -> Result<u64> {
        match rows {
            TimeOrderedRows::AuditEvents { except_operator } => {
                let values = values![after, end, except_operator];
                self.claim(&PURGE_AUDIT_EVENTS, values).await
            }
            TimeOrderedRows::UndeliveredEvents => {
                self.claim(&PURGE_UNDELIVERED_EVENTS, values![after, end])
                    .await
            }
            TimeOrderedRows::Invitations => {
                let values = values![after, end, before];
                self.claim(&PURGE_INVITATIONS, values).await
            }
        }
    }
}
