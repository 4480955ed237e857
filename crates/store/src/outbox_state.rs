//! What waits to be told to the outside, counted.
//!
//! Not here: the letters themselves (`letters`), writing rows (`records`).

use freehold_domain::Timestamp;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Store};

/// The rows of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxTopic {
    /// `event` or `letter`.
    pub topic: String,
    /// Those that nobody has fetched or sent yet.
    pub waiting: i64,
    /// Those that were given up.
    pub failed: i64,
    /// Those that are through and still kept.
    pub done: i64,
    /// Since when the oldest of the waiting ones waits.
    pub oldest_waiting: Option<Timestamp>,
}

statements! {
    TOPICS = "SELECT topic,
            sum(CASE WHEN done_at IS NULL AND failed_at IS NULL THEN 1 ELSE 0 END),
            sum(CASE WHEN done_at IS NULL AND failed_at IS NOT NULL THEN 1 ELSE 0 END),
            sum(CASE WHEN done_at IS NOT NULL THEN 1 ELSE 0 END),
            min(CASE WHEN done_at IS NULL AND failed_at IS NULL THEN created_at END)
       FROM outbox GROUP BY topic ORDER BY topic";
}

impl Store {
    /// Every topic of which there is anything. Reads the whole outbox.
    pub async fn outbox_topics(&self) -> Result<Vec<OutboxTopic>> {
        self.read(&TOPICS, values![], |row| {
            Ok(OutboxTopic {
                topic: row.get(0)?,
                waiting: row.get(1)?,
                failed: row.get(2)?,
                done: row.get(3)?,
                oldest_waiting: row.get(4)?,
            })
        })
        .await
    }
}
