//! Stops the process between two statements, to show that nothing is ever half
//! done. Compiled into test builds only.
//!
//! Armed by a file named in `FREEHOLD_FAILPOINT_FILE` that holds a number `n`:
//! the process is aborted before the n-th statement (commits included) after
//! the file appeared. `n split k` also commits after the k-th statement, which
//! is the fault that the tests must be able to see. `committed` aborts when the
//! next transaction is safe on the disk and nobody was told.
//!
//! And takes the row locks out of transactions, so that a race can be seen to
//! do the harm that they prevent.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use rusqlite::Connection;

use super::postgres::connection::PgConnection;
use super::{Sql, Value};

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

/// Whether somebody waits for the process to end. Then every statement is sent
/// by itself, so that there is something to stop between.
pub(super) fn is_armed() -> bool {
    armed().is_some()
}

/// After a transaction is kept.
pub(super) fn committed() {
    let armed = std::env::var_os("FREEHOLD_FAILPOINT_FILE").map(std::fs::read_to_string);
    if armed.is_some_and(|text| text.is_ok_and(|text| text.trim() == "committed")) {
        std::process::abort();
    }
}

/// Counts a statement that is about to run. Answers whether the transaction is
/// to be split before it.
fn count_statement(armed: &Armed) -> bool {
    let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    if count == armed.stop_before {
        std::process::abort();
    }
    armed.split_after == Some(count - 1)
}

/// Before a statement on SQLite.
pub(super) fn sqlite(connection: &Connection) {
    let Some(armed) = armed() else { return };
    if count_statement(&armed) {
        let text = "RELEASE freehold_tx; COMMIT; BEGIN IMMEDIATE; SAVEPOINT freehold_tx";
        connection
            .execute_batch(text)
            .expect("a split where the schema allows it");
    }
}

/// Before a pipeline on PostgreSQL: sends all but its last statement one by one.
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
                .expect("a split where the schema allows it");
        }
        if !std::ptr::eq(statement.0, last.0) {
            connection
                .run(statement.0.postgres, &statement.1)
                .await
                .expect("no rule is broken here");
        }
    }
    statements.push(last);
}

/// The statements without their row locks: what a `locked` statement is on
/// SQLite, which has none.
pub(super) fn remove_row_locks(statements: &mut [(&'static Sql, Vec<Value>)]) {
    static WITHOUT_LOCKS: LazyLock<Mutex<HashMap<usize, &'static Sql>>> =
        LazyLock::new(Mutex::default);
    for (sql, _) in statements {
        if sql.postgres.strip_suffix(" FOR UPDATE") != Some(sql.sqlite) {
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
