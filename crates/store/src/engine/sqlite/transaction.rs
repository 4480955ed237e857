//! A transaction on SQLite: a savepoint inside the shared transaction.

use std::sync::Arc;

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::statement::{TakeRow, bind, execute, for_each_row, to_store_error};
use super::{Sqlite, Writer, begin};
use crate::engine::{Read, Result, Sql, StoreError, TRANSACTION_FAILED, Value};

const NO_WRITER: &str = "a transaction without the writer";

pub(crate) struct SqliteTx {
    sqlite: Arc<Sqlite>,
    pub(crate) queue: Vec<(&'static Sql, Vec<Value>)>,
    /// The lock of the writer, from the first statement to the last.
    writer_guard: Option<OwnedMutexGuard<Writer>>,
    /// A statement failed. SQLite rolls back only that one, so the rest of the
    /// transaction must not be committed.
    failed: bool,
}

impl SqliteTx {
    pub(crate) fn new(sqlite: Arc<Sqlite>) -> Self {
        Self {
            sqlite,
            queue: Vec::new(),
            writer_guard: None,
            failed: false,
        }
    }

    /// Locks the writer and runs the queue.
    async fn flush(&mut self) -> Result<&mut Writer> {
        if self.failed {
            return Err(StoreError::Fault(TRANSACTION_FAILED.to_owned()));
        }
        // Reset when the caller's own statement has succeeded.
        self.failed = true;
        if self.writer_guard.is_none() {
            let mut writer = self.sqlite.writer.clone().lock_owned().await;
            begin(&mut writer).await?;
            execute(&writer.connection, "SAVEPOINT freehold_tx")
                .map_err(|error| to_store_error(&error))?;
            self.writer_guard = Some(writer);
        }
        let Some(writer) = self.writer_guard.as_mut() else {
            return Err(StoreError::Fault(NO_WRITER.to_owned()));
        };
        let mut changed = Ok(0);
        for (sql, values) in self.queue.drain(..) {
            #[cfg(feature = "failpoints")]
            crate::engine::failpoint::sqlite(&writer.connection);
            self.sqlite.count_statement();
            changed = execute_write(writer, sql, &values);
            if changed.is_err() {
                break;
            }
        }
        self.report_when_durable(changed).await?;
        self.writer_guard
            .as_deref_mut()
            .ok_or_else(|| StoreError::Fault(NO_WRITER.to_owned()))
    }

    /// Returns the result of a statement once the caller can act on it. A rule
    /// may be violated because of rows that the group has written and that
    /// readers do not see before they are durable. The caller reads those rows
    /// next, so the error is returned when they are durable, or a transient
    /// error if they were rolled back.
    async fn report_when_durable<T>(&mut self, result: Result<T>) -> Result<T> {
        let (Err(StoreError::RuleViolation(_)), Some(writer)) =
            (&result, self.writer_guard.as_mut())
        else {
            return result;
        };
        if writer.group.is_empty() || roll_back_savepoint(writer).is_err() {
            return result;
        }
        let (sender, wait) = oneshot::channel();
        writer.group.push(sender);
        self.writer_guard = None;
        match wait.await {
            Ok(Ok(())) => result,
            _ => Err(StoreError::Transient(
                "the conflicting transaction was rolled back".to_owned(),
            )),
        }
    }

    pub(crate) async fn read<T: Send>(
        &mut self,
        sql: &Sql,
        values: &[Value],
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        self.for_each_row(sql, values, &mut |row| {
            out.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(out)
    }

    async fn for_each_row(
        &mut self,
        sql: &Sql,
        values: &[Value],
        take: &mut TakeRow<'_>,
    ) -> Result<()> {
        self.sqlite.count_statement();
        let writer = self.flush().await?;
        let taken = for_each_row(&writer.connection, sql, values, take);
        if taken.is_err() {
            writer.fail_lost_group();
        }
        self.failed = taken.is_err();
        self.report_when_durable(taken).await
    }

    pub(crate) async fn claim(&mut self, sql: &Sql, values: &[Value]) -> Result<u64> {
        self.sqlite.count_statement();
        let writer = self.flush().await?;
        let changed = execute_write(writer, sql, values);
        self.failed = changed.is_err();
        self.report_when_durable(changed).await
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.writer_guard.is_none() && self.queue.is_empty() {
            return Ok(());
        }
        let writer = self.flush().await?;
        #[cfg(feature = "failpoints")]
        crate::engine::failpoint::sqlite(&writer.connection);
        execute(&writer.connection, "RELEASE freehold_tx")
            .map_err(|error| to_store_error(&error))?;
        let (sender, wait) = oneshot::channel();
        writer.group.push(sender);
        if writer.individual_commits > 0 {
            writer.individual_commits -= 1;
            writer.commit();
        } else if writer.group.len() == 1 {
            self.sqlite.request_commit();
        }
        // Unlocks the writer for the next transaction; `Drop` must not roll this one back.
        self.writer_guard = None;
        wait.await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("the committer ended".to_owned())))
    }

    pub(crate) async fn roll_back(mut self) -> Result<()> {
        if !self.queue.is_empty() {
            self.flush().await?;
        }
        Ok(())
    }
}

fn execute_write(writer: &mut Writer, sql: &Sql, values: &[Value]) -> Result<u64> {
    let changed = bind(&writer.connection, sql, values)
        .and_then(|mut statement| statement.raw_execute())
        .map_err(|error| to_store_error(&error));
    match changed {
        Ok(rows) => Ok(rows as u64),
        Err(error) => {
            writer.fail_lost_group();
            Err(error)
        }
    }
}

/// Rolls back to the savepoint.
fn roll_back_savepoint(writer: &Writer) -> rusqlite::Result<()> {
    execute(&writer.connection, "ROLLBACK TO freehold_tx")?;
    execute(&writer.connection, "RELEASE freehold_tx")
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Some(writer) = self.writer_guard.as_mut() else {
            return;
        };
        if writer.connection.is_autocommit() {
            writer.fail_lost_group();
            return;
        }
        if roll_back_savepoint(writer).is_err() || writer.group.is_empty() {
            // No other transaction is in it: unlock the file.
            let _ = writer.connection.execute_batch("ROLLBACK");
            writer.open = false;
            for member in writer.group.drain(..) {
                let _ = member.send(Err(StoreError::Transient(
                    "rolled back with another".to_owned(),
                )));
            }
        }
    }
}
