//! A transaction on SQLite: a savepoint inside the shared transaction.

use std::sync::Arc;

use tokio::sync::{OwnedMutexGuard, oneshot};

use super::statement::{bind, execute, fetch, to_store_error};
use super::{Sqlite, Writer, begin};
use crate::engine::{Read, Result, Sql, StoreError, TRANSACTION_FAILED, Value};

const NO_WRITER: &str = "a transaction without its turn";

pub(crate) struct SqliteTx {
    sqlite: Arc<Sqlite>,
    pub(crate) queue: Vec<(&'static Sql, Vec<Value>)>,
    /// The turn at the writer, from the first statement to the last.
    writer_guard: Option<OwnedMutexGuard<Writer>>,
    /// A statement failed. SQLite undoes only that one, so what remains is half
    /// a transaction and must not be committed.
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

    /// Takes the turn and runs what is queued.
    async fn flush(&mut self) -> Result<&mut Writer> {
        if self.failed {
            return Err(StoreError::Fault(TRANSACTION_FAILED.to_owned()));
        }
        // Until the caller has seen its own statement succeed.
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

    /// The result of a statement. A rule that it broke may be in force because
    /// of rows that the group has written and that no reader sees before they
    /// are on the disk. Whoever is told of it looks for those rows next, so it
    /// is told when they are there; or, if they never will be, to try again.
    async fn report_when_durable<T>(&mut self, result: Result<T>) -> Result<T> {
        let (Err(StoreError::RuleViolation(_)), Some(writer)) =
            (&result, self.writer_guard.as_mut())
        else {
            return result;
        };
        if writer.group.is_empty() || roll_back_savepoint(writer).is_err() {
            return result;
        }
        let (done, wait) = oneshot::channel();
        writer.group.push(done);
        self.writer_guard = None;
        match wait.await {
            Ok(Ok(())) => result,
            _ => Err(StoreError::Transient(
                "what was in the way is gone".to_owned(),
            )),
        }
    }

    pub(crate) async fn read<T>(
        &mut self,
        sql: &Sql,
        values: &[Value],
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let writer = self.flush().await?;
        let rows = fetch(&writer.connection, sql, values, read);
        if rows.is_err() {
            writer.fail_lost_group();
        }
        self.failed = rows.is_err();
        self.report_when_durable(rows).await
    }

    pub(crate) async fn claim(&mut self, sql: &Sql, values: &[Value]) -> Result<u64> {
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
        let (done, wait) = oneshot::channel();
        writer.group.push(done);
        if writer.individual_commits > 0 {
            writer.individual_commits -= 1;
            writer.commit();
        } else if writer.group.len() == 1 {
            self.sqlite.request_commit();
        }
        // The next one's turn. What is left in this one must not be undone.
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

/// Takes back what was written since the savepoint.
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
            // Nobody else's work is in it: let go of the file.
            let _ = writer.connection.execute_batch("ROLLBACK");
            writer.open = false;
            for member in writer.group.drain(..) {
                let _ = member.send(Err(StoreError::Transient("undone with another".to_owned())));
            }
        }
    }
}
