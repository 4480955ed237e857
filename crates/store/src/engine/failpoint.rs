//! Stops the process between two statements, to test that a command takes effect
//! as a whole or not at all. Compiled into test builds only.
//!
//! Armed by a file named in `FREEHOLD_FAILPOINT_FILE` that contains a number `n`:
//! the process is aborted before the n-th statement (commits included) after
//! the file appeared. `n split k` also commits after the k-th statement, the
//! fault that the tests must detect. `committed` aborts when the next
//! transaction is durable, before the result is returned.
//!
//! Also removes the row locks from transactions, so that race tests can show the
//! fault that the locks prevent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use rusqlite::Connection;

use super::postgres::connection::PgConnection;
use super::{Inner, Sql, Store, Value};

static COUNT: AtomicU64 = AtomicU64::new(0);

struct Armed {
    stop_before: u64,
    split_after: Option<u64>,
}

fn armed() -> Option<Armed> {
    let path = std::env::var_os("FREEHOLD_FAILPOINT_FILE")?;
    let text = std::fs::read_to_string(path).ok()?;
    let mut words = text.split_whitespace();
    let stop_before = words.next()?.parse().ok()?;
    let split_after = words.nth(1).and_then(|word| word.parse().ok());
    Some(Armed {
        stop_before,
        split_after,
    })
}

/// Whether a failpoint is armed. Then every statement is sent by itself, so that
/// the process can stop between any two.
pub(super) fn is_armed() -> bool {
    armed().is_some()
}

/// Called after a commit.
pub(super) fn committed() {
    let armed = std::env::var_os("FREEHOLD_FAILPOINT_FILE").map(std::fs::read_to_string);
    if armed.is_some_and(|text| text.is_ok_and(|text| text.trim() == "committed")) {
        std::process::abort();
    }
}

/// Counts a statement that is about to run. Returns whether to split the
/// transaction before it.
fn count_statement(armed: &Armed) -> bool {
    let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    if count == armed.stop_before {
        std::process::abort();
    }
    armed.split_after == Some(count - 1)
}

/// Called before a statement on SQLite.
pub(super) fn sqlite(connection: &Connection) {
    let Some(armed) = armed() else { return };
    if count_statement(&armed) {
        let text = "RELEASE freehold_tx; COMMIT; BEGIN IMMEDIATE; SAVEPOINT freehold_tx";
        connection
            .execute_batch(text)
            .expect("the schema allows a split here");
    }
}

/// Called before a pipeline on PostgreSQL: sends all but its last statement one by one.
pub(super) async fn postgres(
    connection: &PgConnection,
    statements: &mut Vec<(&'static Sql, Vec<Value>)>,
) {
    let Some(armed) = armed() else { return };
    let Some(last) = statements.pop() else { return };
    for statement in statements.drain(..).chain([last.clone()]) {
        if statement.0.postgres != "BEGIN" && count_statement(&armed) {
            connection
                .batch("COMMIT; BEGIN")
                .await
                .expect("the schema allows a split here");
        }
        if !std::ptr::eq(statement.0, last.0) {
            connection
                .run(statement.0.postgres, &statement.1)
                .await
                .expect("no rule is violated here");
        }
    }
    statements.push(last);
}

impl Store {
    /// Disables row locks on PostgreSQL: the fault that race tests must be able
    /// to detect. SQLite has one writer, so there are no row locks to disable.
    pub fn disable_row_locks(&self) {
        if let Inner::Postgres(postgres) = &self.0 {
            postgres.row_locks_disabled.store(true, Ordering::Relaxed);
        }
    }
}

/// Replaces statements that end with a row lock, and otherwise differ in nothing,
/// by their SQLite texts, which have no row locks.
pub(super) fn remove_row_locks(statements: &mut [(&'static Sql, Vec<Value>)]) {
    static WITHOUT_LOCKS: LazyLock<Mutex<HashMap<usize, &'static Sql>>> =
        LazyLock::new(Mutex::default);
    for (sql, _) in statements {
        let locks = [" FOR UPDATE", " FOR NO KEY UPDATE"];
        let unlocked = locks
            .iter()
            .find_map(|lock| sql.postgres.strip_suffix(lock));
        if unlocked != Some(sql.sqlite) {
            continue;
        }
        let mut without_locks = WITHOUT_LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        *sql = without_locks
            .entry(std::ptr::from_ref(*sql) as usize)
            .or_insert_with(|| {
                Box::leak(Box::new(Sql {
                    sqlite: sql.sqlite,
                    postgres: sql.sqlite,
                }))
            });
    }
}
