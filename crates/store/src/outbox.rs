//! What is to be told to the outside: leaving it in the outbox, and counting
//! what waits there.
//!
//! Events wait until somebody fetches them or they are purged, so there may be
//! millions; and rows that are through are kept for a while. Only what waits or
//! was given up is counted, along the indexes of just these, and no further
//! than `COUNT_LIMIT`. Not here: the letters themselves (`email`).

use freehold_domain::Timestamp;
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

/// How far is counted; this number means so many or more.
const COUNT_LIMIT: i64 = 10_000;

/// Something to be told to the outside.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// What sort of thing: `event` or `email`.
    pub topic: &'static str,
    /// What there is to tell. Never a secret.
    pub payload: serde_json::Value,
    /// Since when it waits.
    pub now: Timestamp,
}

/// The rows of one topic that are not through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxTopic {
    /// `event` or `email`.
    pub topic: String,
    /// Those that nobody has fetched or sent yet; 10,000 stands for so
    /// many or more.
    pub queued: i64,
    /// Those that were given up; 10,000 stands for so many or more.
    pub failed: i64,
    /// Since when the oldest of the waiting ones waits.
    pub oldest_queued: Option<Timestamp>,
}

// The order is that of the index: without it, SQLite reads the whole table.
macro_rules! of_topic {
    ($topic:literal, $is:literal) => {
        concat!(
            "SELECT '",
            $topic,
            "', w.waiting, f.failed, w.oldest
           FROM (SELECT count(*) AS waiting, min(x.created_at) AS oldest
                   FROM (SELECT o.created_at FROM outbox o
                          WHERE o.topic ",
            $is,
            " AND o.done_at IS NULL AND o.failed_at IS NULL
                          ORDER BY o.available_at LIMIT $1) x) w
          CROSS JOIN (SELECT count(*) AS failed
                        FROM (SELECT o.id FROM outbox o
                               WHERE o.topic ",
            $is,
            " AND o.done_at IS NULL AND o.failed_at IS NOT NULL
                               ORDER BY o.failed_at LIMIT $1) y) f"
        )
    };
}

statements! {
    TOPICS = concat!(of_topic!("event", "<> 'email'"), " UNION ALL ", of_topic!("email", "= 'email'"));
    PURGE_UNDELIVERED_EVENTS = "DELETE FROM outbox
      WHERE topic <> 'email' AND done_at IS NULL AND created_at <= $1";
}

static OUTBOX: Insert = Insert {
    table: "outbox",
    columns: &["id", "topic", "payload", "created_at", "available_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&OUTBOX];

impl Store {
    /// Each topic, also one of which there is nothing.
    pub async fn outbox_topics(&self) -> Result<Vec<OutboxTopic>> {
        self.read(&TOPICS, values![COUNT_LIMIT], |row| {
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
    /// Leaves things to be told to the outside: one statement, however many.
    pub fn insert_outbox(&mut self, entries: Vec<OutboxRow>) {
        let rows = entries.into_iter().map(|it| {
            let OutboxRow {
                id,
                topic,
                payload,
                now,
            } = it;
            values![id, topic, payload, now, now]
        });
        self.insert(&OUTBOX, rows.collect());
    }
    /// Deletes events that were queued before `before` and never delivered.
    /// Undelivered email jobs stay, dead ones until they are retried.
    pub fn purge_undelivered_events(&mut self, before: Timestamp) {
        self.write(&PURGE_UNDELIVERED_EVENTS, values![before]);
    }
}
