//! Rows are deleted in slices, each a transaction of its own, with pauses in which
//! a stop takes effect.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use freehold_domain::{Clock, RandomSource, Timestamp};
use freehold_server::system::SystemRandomSource;
use freehold_store::engine::{Insert, Value};
use freehold_store::{ExpiringRows, TimeOrderedRows};
use freehold_testkit::{TestApp, scenario};
use uuid::Uuid;

use super::{HOUR, SHORT, status, wait_until};

/// The rows of a slice.
const SLICE: i64 = 500;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

static ATTEMPTS: Insert = Insert {
    table: "attempts",
    columns: &["subject", "count", "until"],
};

static EVENTS: Insert = Insert {
    table: "audit_events",
    columns: &["id", "at", "action", "actor_kind", "actor_name"],
};

/// Inserts counters of attempts that have expired, the first of them last.
async fn insert_attempts(app: &TestApp, count: u64) {
    let now = app.clock().now();
    let rows = (0..count).map(|n| {
        let until = now - 2 * HOUR - Duration::from_secs(n);
        let subject = Value::Text(format!("subject {n}"));
        vec![subject, Value::Int(1), Value::Time(until)]
    });
    let mut tx = app.db().store().begin();
    tx.insert(&ATTEMPTS, rows.collect());
    tx.commit().await.unwrap();
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    app.db().query_number(&sql).await
}

async fn purge_attempts(app: &TestApp, before: Timestamp) -> u64 {
    let mut tx = app.db().store().begin();
    let deleted = tx
        .purge_expired(ExpiringRows::Attempts, before, SLICE)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    deleted
}

scenario!(slice_contains_the_rows_that_ended_first, async |app| {
    insert_attempts(app, 1_203).await;
    let before = app.clock().now() - HOUR;
    assert_eq!(purge_attempts(app, before).await, 500);
    assert_eq!(count(app, "attempts").await, 703);
    let newest = "SELECT count(*) FROM attempts WHERE subject IN ('subject 0', 'subject 702')";
    assert_eq!(app.db().query_number(newest).await, 2);
    assert_eq!(purge_attempts(app, before).await, 500);
    assert_eq!(purge_attempts(app, before).await, 203);
    assert_eq!(purge_attempts(app, before).await, 0);
});

scenario!(slices_follow_the_order_of_ids, async |app| {
    let now = app.clock().now();
    // Every third event stays, and the slices are as many rows all the same.
    let event = |at: Timestamp, operator: &'static str| {
        vec![
            Value::Uuid(SystemRandomSource.uuid(at)),
            Value::Time(at),
            Value::Static("organization.created"),
            Value::Static("operator"),
            Value::Static(operator),
        ]
    };
    let old = (0..1_200).map(|n| {
        let at = now - 20 * DAY + Duration::from_secs(n);
        event(at, if n % 3 == 0 { "stays" } else { "goes" })
    });
    let recent = (0..7).map(|n| event(now - 9 * DAY + Duration::from_secs(n), "goes"));
    let mut tx = app.db().store().begin();
    tx.insert(&EVENTS, old.chain(recent).collect());
    tx.commit().await.unwrap();
    let all = count(app, "audit_events").await;

    let rows = TimeOrderedRows::AuditEvents {
        except_operator: "stays",
    };
    let before = now - 10 * DAY;
    let (mut after, mut slices) = (Uuid::nil(), Vec::new());
    loop {
        let store = app.db().store();
        let (end, is_last) = store.slice_end(rows, after, before, SLICE).await.unwrap();
        let mut tx = store.begin();
        let deleted = tx.purge_slice(rows, after, end, before).await.unwrap();
        tx.commit().await.unwrap();
        slices.push(deleted);
        after = end;
        if is_last {
            break;
        }
    }
    // Of 500, 500 and 200 rows.
    assert_eq!(slices, [333, 333, 134]);
    assert_eq!(count(app, "audit_events").await, all - 800);
});

scenario!(job_deletes_slice_by_slice, async |app| {
    const ROWS: u64 = 5_203;
    insert_attempts(app, ROWS).await;
    app.restart(|settings| settings.job_poll_interval = SHORT)
        .await;
    // What others see between the transactions.
    let mut seen = BTreeSet::new();
    let started = Instant::now();
    while !seen.contains(&0) {
        seen.insert(count(app, "attempts").await);
        assert!(started.elapsed() < Duration::from_secs(20), "{seen:?}");
    }
    let slices = (0..=11).map(|n| (5_203 - n * SLICE).max(0));
    let possible: BTreeSet<i64> = slices.collect();
    assert!(seen.is_subset(&possible), "{seen:?}");
    assert!(seen.len() > 3, "it was not looked at in between: {seen:?}");
});

scenario!(stop_ends_a_purge_between_two_slices, async |app| {
    // A minute of pauses.
    const ROWS: u64 = 100_000;
    insert_attempts(app, ROWS).await;
    app.restart(|settings| settings.job_poll_interval = SHORT)
        .await;
    let all = i64::try_from(ROWS).unwrap();
    let is_running = async || count(app, "attempts").await < all;
    wait_until("the purge runs", is_running).await;
    let stopping = Instant::now();
    app.restart(|settings| settings.job_poll_interval = HOUR)
        .await;
    assert!(stopping.elapsed() < Duration::from_secs(3));
    let left = count(app, "attempts").await;
    assert!(left > 0, "it was to be interrupted");
    assert_eq!((all - left) % SLICE, 0, "no slice is half done");
    // The job has not finished, and any node may start it at once.
    assert_eq!(status(app.app(), "purge_attempts").await.last_run, None);
    app.restart(|settings| settings.job_poll_interval = SHORT)
        .await;
    wait_until("it goes on", async || count(app, "attempts").await < left).await;
});
