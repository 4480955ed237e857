//! A transaction on PostgreSQL: a queue that is sent in as few round trips as
//! possible.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio_postgres::Row as PgRow;

use super::connection::{PgConnection, TransactionState, to_store_error};
use super::{Postgres, WriterConnection};
use crate::engine::statement::{Queued, merge_inserts};
use crate::engine::{Insert, Result, Sql, StoreError, TRANSACTION_FAILED, Value};

static BEGIN: Sql = Sql {
    sqlite: "BEGIN",
    postgres: "BEGIN",
};
static COMMIT: Sql = Sql {
    sqlite: "COMMIT",
    postgres: "COMMIT",
};
static CHECK_DEFERRED_CONSTRAINTS: Sql = Sql {
    sqlite: "SET CONSTRAINTS ALL IMMEDIATE",
    postgres: "SET CONSTRAINTS ALL IMMEDIATE",
};
static ROLLBACK: Sql = Sql {
    sqlite: "ROLLBACK",
    postgres: "ROLLBACK",
};

/// An entry of the queue.
pub(crate) enum QueuedWrite {
    Statement(Queued),
    /// Many rows for one table. Their statement depends on the types of the
    /// columns and is built when there is a connection.
    Rows(&'static Insert, Vec<Vec<Value>>),
}

/// The rows that a statement returned, and how many it changed.
type StatementOutput = (Vec<PgRow>, u64);

/// A transaction on PostgreSQL.
pub(crate) struct PgTx {
    postgres: Arc<Postgres>,
    pub(crate) queue: Vec<QueuedWrite>,
    writer: Option<WriterConnection>,
    /// A statement failed: the server responds to `COMMIT` by rolling back,
    /// which is not an error to the driver.
    failed: bool,
}

impl PgTx {
    pub(crate) fn new(postgres: Arc<Postgres>) -> Self {
        Self {
            postgres,
            queue: Vec::new(),
            writer: None,
            failed: false,
        }
    }

    /// Sends `BEGIN` if it was not sent yet, the queue, and `last`, as one
    /// pipeline; returns the result of the last statement.
    async fn flush(&mut self, last: Option<Queued>) -> Result<StatementOutput> {
        let [_, output] = self.flush_and_take_two(last.into_iter().collect()).await?;
        Ok(output)
    }

    /// The same; returns the results of the last two statements.
    async fn flush_and_take_two(&mut self, last: Vec<Queued>) -> Result<[StatementOutput; 2]> {
        if self.failed {
            return Err(StoreError::Fault(TRANSACTION_FAILED.to_owned()));
        }
        self.failed = true;
        let mut statements = Vec::with_capacity(self.queue.len() + 2);
        if self.writer.is_none() {
            self.writer = Some(self.postgres.writer().await?);
            statements.push((&BEGIN, Vec::new()));
        }
        let Some(writer) = self.writer.as_mut() else {
            return Err(StoreError::Fault(
                "a transaction without a connection".to_owned(),
            ));
        };
        let queue = std::mem::take(&mut self.queue);
        let queue = build_bulk_inserts(writer.connection()?, queue)
            .await
            .map_err(|error| error_before_send(&error))?;
        statements.extend(merge_queue(queue));
        statements.extend(last);
        #[cfg(feature = "failpoints")]
        if self.postgres.row_locks_disabled.load(Ordering::Relaxed) {
            crate::engine::failpoint::remove_row_locks(&mut statements);
        }
        #[cfg(feature = "failpoints")]
        crate::engine::failpoint::postgres(writer.connection()?, &mut statements).await;
        let ends_with =
            |end| matches!(statements.last(), Some((sql, _)) if std::ptr::eq(*sql, end));
        let (commits, rolls_back) = (ends_with(&COMMIT), ends_with(&ROLLBACK));
        // Statements are prepared before any is sent: after an error here nothing was stored.
        let connection = writer
            .connection
            .as_ref()
            .ok_or_else(|| StoreError::Fault("no connection".into()))?;
        let prepared = connection
            .prepare_all(&statements)
            .await
            .map_err(|error| error_before_send(&error))?;
        let counted = statements
            .iter()
            .filter(|(sql, _)| !is_transaction_control(sql));
        self.postgres
            .statements_total
            .fetch_add(counted.count() as u64, Ordering::Relaxed);
        writer.state = TransactionState::Open;
        let results = connection.pipeline(&prepared, &statements).await;
        // All results are in: with or without errors, the transaction has ended.
        if commits || rolls_back {
            writer.state = TransactionState::Idle;
        }
        // The first error is the cause; the statements after it only report
        // that the transaction is aborted, and `COMMIT` rolls back.
        let [mut second_to_last, mut output] = [(Vec::new(), 0), (Vec::new(), 0)];
        for result in results {
            match result {
                Ok(rows) => second_to_last = std::mem::replace(&mut output, rows),
                Err(error) => {
                    let error = match to_store_error(&error) {
                        StoreError::Transient(why) | StoreError::Unavailable(why)
                            if commits && connection.is_closed() =>
                        {
                            StoreError::OutcomeUnknown(why)
                        }
                        other => other,
                    };
                    if matches!(error, StoreError::Transient(_)) {
                        connection.clear_statement_cache();
                    }
                    return Err(error);
                }
            }
        }
        self.failed = false;
        Ok([second_to_last, output])
    }

    pub(crate) async fn read(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
    ) -> Result<Vec<PgRow>> {
        Ok(self.flush(Some((sql, values))).await?.0)
    }

    pub(crate) async fn claim(&mut self, sql: &'static Sql, values: Vec<Value>) -> Result<u64> {
        Ok(self.flush(Some((sql, values))).await?.1)
    }

    pub(crate) async fn claim_and_read(
        &mut self,
        claim: Queued,
        then: Queued,
    ) -> Result<(u64, Vec<PgRow>)> {
        let [(_, changed), (rows, _)] = self.flush_and_take_two(vec![claim, then]).await?;
        Ok((changed, rows))
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.writer.is_none() && self.queue.is_empty() {
            return Ok(());
        }
        if self.writer.is_none()
            && !self.failed
            && let Some(only) = self.take_single_statement()
        {
            return self.run_single_statement(only).await;
        }
        self.flush(Some((&COMMIT, Vec::new()))).await.map(|_| ())
    }

    /// Takes the queue if it is a single statement.
    fn take_single_statement(&mut self) -> Option<Queued> {
        if self
            .queue
            .iter()
            .any(|write| matches!(write, QueuedWrite::Rows(..)))
        {
            return None;
        }
        let queue = self.queue.drain(..).filter_map(|write| match write {
            QueuedWrite::Statement(queued) => Some(queued),
            QueuedWrite::Rows(..) => None,
        });
        let mut queue = merge_queue(queue.collect());
        if queue.len() == 1 {
            return queue.pop();
        }
        self.queue = queue.into_iter().map(QueuedWrite::Statement).collect();
        None
    }

    /// Runs one statement, which is a transaction by itself.
    async fn run_single_statement(&mut self, (sql, values): Queued) -> Result<()> {
        let writer = self.postgres.writer().await?;
        let connection = writer.connection()?;
        connection
            .prepare(sql.postgres)
            .await
            .map_err(|error| error_before_send(&error))?;
        self.postgres
            .statements_total
            .fetch_add(1, Ordering::Relaxed);
        match connection.run(sql.postgres, &values).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match to_store_error(&error) {
                StoreError::Transient(why) if connection.is_closed() => {
                    StoreError::OutcomeUnknown(why)
                }
                other => other,
            }),
        }
    }

    pub(crate) async fn roll_back(mut self) -> Result<()> {
        if self.queue.is_empty() && (self.writer.is_none() || self.failed) {
            return Ok(());
        }
        let check = (&CHECK_DEFERRED_CONSTRAINTS, Vec::new());
        self.flush_and_take_two(vec![check, (&ROLLBACK, Vec::new())])
            .await
            .map(|_| ())
    }
}

/// Whether a statement only begins, checks or ends a transaction.
fn is_transaction_control(sql: &Sql) -> bool {
    [&BEGIN, &COMMIT, &CHECK_DEFERRED_CONSTRAINTS, &ROLLBACK]
        .into_iter()
        .any(|control| std::ptr::eq(control, sql))
}

/// Converts the queue to statements. The types of columns are requested once
/// for each connection.
async fn build_bulk_inserts(
    connection: &PgConnection,
    queue: Vec<QueuedWrite>,
) -> std::result::Result<Vec<Queued>, tokio_postgres::Error> {
    let mut out = Vec::with_capacity(queue.len());
    for step in queue {
        out.push(match step {
            QueuedWrite::Statement(queued) => queued,
            QueuedWrite::Rows(insert, rows) => (
                connection.bulk_statement(insert).await?,
                insert.transpose(rows),
            ),
        });
    }
    Ok(out)
}

/// Merges the queue into as few statements as possible.
fn merge_queue(queue: Vec<Queued>) -> Vec<Queued> {
    #[cfg(feature = "failpoints")]
    if crate::engine::failpoint::is_armed() {
        return queue;
    }
    merge_inserts(queue)
}

/// Converts an error from before the first statement was sent, when nothing can
/// have been stored.
fn error_before_send(error: &tokio_postgres::Error) -> StoreError {
    match to_store_error(error) {
        StoreError::Unavailable(why) => StoreError::Transient(why),
        other => other,
    }
}
