//! The outbox: events and email jobs on their way out, and their counts.
//!
//! Events stay until a client fetches them or they are purged, so there may be
//! millions, and finished rows stay for a while. Only queued and dead rows are
//! counted, along indexes that contain just these, up to `COUNT_LIMIT`.
//!
//! Not here: sending email (`email`).

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

/// Counting stops at this number, which means so many or more.
const COUNT_LIMIT: i64 = 10_000;

/// An event or email job to queue.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// `event` or `email`.
    pub topic: &'static str,
    /// The event or email as JSON. Never a secret.
    pub payload: serde_json::Value,
    /// When it is queued.
    pub now: Timestamp,
}

/// The undelivered rows of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxTopic {
    /// `event` or `email`.
    pub topic: String,
    /// Rows that were not fetched or sent yet; 10,000 stands for so many or
    /// more.
    pub queued: i64,
    /// Dead rows; 10,000 stands for so many or more.
    pub failed: i64,
    /// When the oldest queued row was queued.
    pub oldest_queued: Option<Timestamp>,
}

statements! {
    // The order is that of the index; without it SQLite reads the whole table.
    COUNT_TOPICS = "
        SELECT 'event', w.queued, f.dead, w.oldest
          FROM (SELECT count(*) AS queued, min(x.created_at) AS oldest
                  FROM (SELECT o.created_at FROM outbox o
                         WHERE o.topic <> 'email' AND o.done_at IS NULL AND o.failed_at IS NULL
                         ORDER BY o.available_at LIMIT $1) x) w
         CROSS JOIN (SELECT count(*) AS dead
                       FROM (SELECT o.id FROM outbox o
                              WHERE o.topic <> 'email' AND o.done_at IS NULL
                                AND o.failed_at IS NOT NULL
                              ORDER BY o.failed_at LIMIT $1) y) f
         UNION ALL
        SELECT 'email', w.queued, f.dead, w.oldest
          FROM (SELECT count(*) AS queued, min(x.created_at) AS oldest
                  FROM (SELECT o.created_at FROM outbox o
                         WHERE o.topic = 'email' AND o.done_at IS NULL AND o.failed_at IS NULL
                         ORDER BY o.available_at LIMIT $1) x) w
         CROSS JOIN (SELECT count(*) AS dead
                       FROM (SELECT o.id FROM outbox o
                              WHERE o.topic = 'email' AND o.done_at IS NULL
                                AND o.failed_at IS NOT NULL
                              ORDER BY o.failed_at LIMIT $1) y) f";
}

static OUTBOX: Insert = Insert {
    table: "outbox",
    columns: &["id", "topic", "payload", "created_at", "available_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&OUTBOX];

impl Store {
    /// Returns the counts of each topic, including topics without rows.
    pub async fn outbox_topics(&self) -> Result<Vec<OutboxTopic>> {
        self.read(&COUNT_TOPICS, values![COUNT_LIMIT], |row| {
            Ok(OutboxTopic {
                topic: row.get(0)?,
                queued: row.get(1)?,
                failed: row.get(2)?,
                oldest_queued: row.get(3)?,
            })
        })
        .await
    }
}

impl Tx {
    /// Queues events or email jobs, in one statement.
    pub fn insert_outbox(&mut self, entries: Vec<OutboxRow>) {
        let rows = entries.into_iter().map(|entry| {
            let OutboxRow {
                id,
                topic,
                payload,
                now,
            } = entry;
            values![id, topic, payload, now, now]
        });
        self.insert(&OUTBOX, rows.collect());
    }
}
