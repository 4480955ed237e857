//! What operators see of letters, and do about those that were given up.

use freehold_domain::{AuditAction, Timestamp};
use freehold_store::EmailJobCounts;
use serde_json::json;
use uuid::Uuid;

use super::EmailJob;
use crate::command::{CommandOutput, Event, Fault, Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// A letter that was not sent yet, or never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailJobDetails {
    /// Its id, which is also its `Message-ID`.
    pub id: Uuid,
    /// What sort of letter: `invitation`, `member_joined`, `password_reset`.
    pub kind: String,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// Whether it is tried again.
    pub state: EmailJobState,
    /// What was in the way last time.
    pub last_error: Option<String>,
}

/// Whether a letter is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailJobState {
    /// It is tried at this moment.
    Queued(Timestamp),
    /// It was given up at this moment.
    Dead(Timestamp),
}

impl App {
    /// Letters that were not sent, the oldest first; only those given up if
    /// `dead`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn email_jobs(&self, dead: bool, limit: u32) -> Outcome<Vec<EmailJobDetails>> {
        let rows = self.store().undelivered_email_jobs(dead, limit).await?;
        let letters = rows.into_iter().map(|row| {
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
        Ok(letters.collect())
    }

    /// How many letters wait, and how many were given up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn email_job_counts(&self) -> Result<EmailJobCounts, Fault> {
        Ok(self.store().email_job_counts().await?)
    }

    /// Letters that were given up, one or all, are tried anew. Answers how many
    /// there were.
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
        let done = self
            .with_retries(&|| async {
                let mut work = command.begin();
                let now = work.now;
                let letters = work.tx.retry_email_jobs(only, now).await?;
                if letters > 0 {
                    work.record(Event {
                        action,
                        organization: None,
                        target: only,
                        details: json!({ "email_jobs": letters }),
                    });
                }
                work.commit(letters).await
            })
            .await?;
        self.email_sender().wake();
        Ok(done)
    }
}
