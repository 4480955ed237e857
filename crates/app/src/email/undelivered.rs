//! The email jobs that were not delivered: list, count and retry, for
//! operators.

use freehold_domain::{AuditAction, Timestamp};
use freehold_store::EmailJobCounts;
use serde_json::json;
use uuid::Uuid;

use super::EmailJob;
use crate::command::{CommandOutput, Event, Fault, Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// An email job that was not sent yet, or is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailJobDetails {
    /// The id, which is also the `Message-ID`.
    pub id: Uuid,
    /// The kind of email: `invitation`, `member_joined`, `password_reset`.
    pub kind: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// The number of attempts.
    pub attempts: i64,
    /// Whether it will be tried again.
    pub state: EmailJobState,
    /// The error of the last attempt.
    pub last_error: Option<String>,
}

/// Whether an email job will be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailJobState {
    /// The next attempt is due at this time.
    Queued(Timestamp),
    /// It became dead at this time, and is not tried again.
    Dead(Timestamp),
}

impl App {
    /// The email jobs that were not sent, oldest first; only the dead ones if
    /// `dead`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn email_jobs(&self, dead: bool, limit: u32) -> Outcome<Vec<EmailJobDetails>> {
        let rows = self.store().undelivered_email_jobs(dead, limit).await?;
        let jobs = rows.into_iter().map(|row| {
            let kind = match serde_json::from_value::<EmailJob>(row.payload) {
                Ok(job) => job.name(),
                Err(_) => "unknown",
            };
            EmailJobDetails {
                id: row.id,
                kind: kind.to_owned(),
                queued_at: row.created_at,
                attempts: row.attempts,
                state: row
                    .failed_at
                    .map_or(EmailJobState::Queued(row.available_at), EmailJobState::Dead),
                last_error: row.last_error,
            }
        });
        Ok(jobs.collect())
    }

    /// The numbers of queued and dead email jobs.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn email_job_counts(&self) -> Result<EmailJobCounts, Fault> {
        Ok(self.store().email_job_counts().await?)
    }

    /// Queues dead email jobs again, one or all. Returns their number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn retry_email_jobs(
        &self,
        operator: &str,
        context: &RequestContext,
        only: Option<Uuid>,
    ) -> Outcome<CommandOutput<u64>> {
        let actor = Operator::local(operator).actor();
        let action = AuditAction::EmailJobsRetried;
        let command = self.session_command(actor, context, action);
        let output = self
            .with_retries(&|| async {
                let mut work = command.begin();
                let now = work.now;
                let jobs = work.tx.retry_email_jobs(only, now).await?;
                if jobs > 0 {
                    let event = Event::new(action, only);
                    work.record(event.with_details(json!({ "email_jobs": jobs })));
                }
                work.commit(jobs).await
            })
            .await?;
        self.email_queued().notify_one();
        Ok(output)
    }
}
