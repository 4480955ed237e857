//! What waits to be told to the outside, counted.
//!
//! Events wait until somebody fetches them or they are purged, so there may be
//! millions; and rows that are through are kept for a while. Only what waits or
//! was given up is counted, along the indexes of just these, and no further
//! than `MOST_COUNTED`. Not here: the letters themselves (`letters`), writing
//! rows (`records`).

use freehold_domain::Timestamp;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Store};

/// How far is counted; this number means so many or more.
const MOST_COUNTED: i64 = 10_000;

/// The rows of one topic that are not through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxTopic {
    /// `event` or `letter`.
    pub topic: String,
    /// Those that nobody has fetched or sent yet; 10,000 stands for so
    /// many or more.
    pub waiting: i64,
    /// Those that were given up; 10,000 stands for so many or more.
    pub failed: i64,
    /// Since when the oldest of the waiting ones waits.
    pub oldest_waiting: Option<Timestamp>,
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
    TOPICS = concat!(of_topic!("event", "<> 'letter'"), " UNION ALL ", of_topic!("letter", "= 'letter'"));
}

impl Store {
    /// Each topic, also one of which there is nothing.
    pub async fn outbox_topics(&self) -> Result<Vec<OutboxTopic>> {
        self.read(&TOPICS, values![MOST_COUNTED], |row| {
            Ok(OutboxTopic {
                topic: row.get(0)?,
                waiting: row.get(1)?,
                failed: row.get(2)?,
                oldest_waiting: row.get(3)?,
            })
        })
        .await
    }
}
