//! What operators see of letters, and do about those that were given up.

use freehold_domain::{AuditAction, Timestamp};
use freehold_store::LetterCounts;
use serde_json::json;
use uuid::Uuid;

use super::Due;
use crate::command::{Call, Done, Event, Fault, Outcome, retried};
use crate::operators::Operator;
use crate::runtime::App;

/// A letter that was not sent yet, or never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueLetter {
    /// Its id, which is also its `Message-ID`.
    pub id: Uuid,
    /// What sort of letter: `invitation`, `member_joined`, `password_reset`.
    pub kind: String,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// Whether it is tried again.
    pub state: LetterState,
    /// What was in the way last time.
    pub last_error: Option<String>,
}

/// Whether a letter is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// It is tried at this moment.
    Waiting(Timestamp),
    /// It was given up at this moment.
    Dead(Timestamp),
}

impl App {
    /// Letters that were not sent, the oldest first; only those given up if
    /// `dead`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn due_letters(&self, dead: bool, limit: u32) -> Outcome<Vec<DueLetter>> {
        let rows = self.store().waiting_letters(dead, limit).await?;
        let letters = rows.into_iter().map(|row| {
            let kind = match serde_json::from_value::<Due>(row.payload) {
                Ok(due) => due.name(),
                Err(_) => "unknown",
            };
            DueLetter {
                id: row.id,
                kind: kind.to_owned(),
                since: row.created_at,
                attempts: row.attempts,
                state: row
                    .failed_at
                    .map_or(LetterState::Waiting(row.available_at), LetterState::Dead),
                last_error: row.last_error,
            }
        });
        Ok(letters.collect())
    }

    /// How many letters wait, and how many were given up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn letter_counts(&self) -> Result<LetterCounts, Fault> {
        Ok(self.store().letter_counts().await?)
    }

    /// Letters that were given up, one or all, are tried anew. Answers how many
    /// there were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn retry_letters(
        &self,
        operator: &str,
        call: &Call,
        only: Option<Uuid>,
    ) -> Outcome<Done<u64>> {
        let actor = Operator::at_the_server(operator).actor();
        let action = AuditAction::LettersRetried;
        let command = self.session_command(actor, call, action);
        let done = retried(&|| async {
            let mut work = command.begin();
            let now = work.now;
            let letters = work.tx.retry_letters(only, now).await?;
            if letters > 0 {
                work.record(Event {
                    action,
                    organization: None,
                    target: only,
                    details: json!({ "letters": letters }),
                });
            }
            work.commit(letters).await
        })
        .await?;
        self.post().wake();
        Ok(done)
    }
}
