//! A transaction on PostgreSQL: a queue that travels in as few round trips as
//! can be.

use std::sync::Arc;

use tokio_postgres::Row as PgRow;

use super::connection::{Link, State, translate};
use super::{Held, Postgres, collect};
use crate::engine::statement::{Queued, merge_inserts};
use crate::engine::{FAILED, Insert, Read, Result, Sql, StoreError, Value};

static BEGIN: Sql = Sql {
    sqlite: "BEGIN",
    postgres: "BEGIN",
};
static COMMIT: Sql = Sql {
    sqlite: "COMMIT",
    postgres: "COMMIT",
};

/// What is queued.
pub(crate) enum Step {
    Statement(Queued),
    /// Many rows of one table. Their statement is made when there is a connection
    /// to ask for the columns' types.
    Rows(&'static Insert, Vec<Vec<Value>>),
}

/// The rows that a statement brought, and how many it changed.
type Brought = (Vec<PgRow>, u64);

/// A transaction on PostgreSQL.
pub(crate) struct PgTx {
    postgres: Arc<Postgres>,
    pub(crate) queue: Vec<Step>,
    held: Option<Held>,
    /// A statement failed: the server answers `COMMIT` by undoing all of it,
    /// and does not call that an error.
    failed: bool,
}

impl PgTx {
    pub(crate) fn new(postgres: Arc<Postgres>) -> Self {
        Self {
            postgres,
            queue: Vec::new(),
            held: None,
            failed: false,
        }
    }

    /// Sends `BEGIN` if it was not sent yet, the queue, and `last`, as one
    /// pipeline; answers what the last of them brought.
    async fn flush(&mut self, last: Option<Queued>) -> Result<Brought> {
        let [_, answer] = self.flush_two(last).await?;
        Ok(answer)
    }

    /// The same; answers what the last two of them brought.
    async fn flush_two(&mut self, last: impl IntoIterator<Item = Queued>) -> Result<[Brought; 2]> {
        if self.failed {
            return Err(StoreError::Fault(FAILED.to_owned()));
        }
        self.failed = true;
        let mut statements = Vec::with_capacity(self.queue.len() + 2);
        if self.held.is_none() {
            self.held = Some(self.postgres.writer().await?);
            statements.push((&BEGIN, Vec::new()));
        }
        let Some(held) = self.held.as_mut() else {
            return Err(StoreError::Fault(
                "a transaction without a connection".to_owned(),
            ));
        };
        let queue = std::mem::take(&mut self.queue);
        let queue = made(held.link()?, queue)
            .await
            .map_err(|error| again(&error))?;
        statements.extend(merged(queue));
        statements.extend(last);
        #[cfg(feature = "failpoints")]
        if self
            .postgres
            .holds_nothing
            .load(std::sync::atomic::Ordering::Relaxed)
        {
            crate::engine::failpoint::let_go(&mut statements);
        }
        #[cfg(feature = "failpoints")]
        crate::engine::failpoint::postgres(held.link()?, &mut statements).await;
        let commits = statements
            .last()
            .is_some_and(|(sql, _)| std::ptr::eq(*sql, &COMMIT));
        // Preparing happens before anything is sent: an error there kept nothing.
        let link = held
            .link
            .as_ref()
            .ok_or_else(|| StoreError::Fault("no connection".into()))?;
        let prepared = link
            .prepare_all(&statements)
            .await
            .map_err(|error| again(&error))?;
        held.state = State::Open;
        let answers = link.pipeline(&prepared, &statements).await;
        // All answers are in: whatever they are, a `COMMIT` ended it.
        if commits {
            held.state = State::Idle;
        }
        // A statement that failed comes first; those after it only say that
        // the transaction is aborted, and `COMMIT` then undoes it.
        let [mut before, mut answer] = [(Vec::new(), 0), (Vec::new(), 0)];
        for result in answers {
            match result {
                Ok(rows) => before = std::mem::replace(&mut answer, rows),
                Err(error) => {
                    let error = match translate(&error) {
                        StoreError::Again(why) | StoreError::Unavailable(why)
                            if commits && link.is_closed() =>
                        {
                            StoreError::Unknown(why)
                        }
                        other => other,
                    };
                    if matches!(error, StoreError::Again(_)) {
                        link.forget_statements();
                    }
                    return Err(error);
                }
            }
        }
        self.failed = false;
        Ok([before, answer])
    }

    pub(crate) async fn read<T>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let (rows, _) = self.flush(Some((sql, values))).await?;
        collect(&rows, read)
    }

    pub(crate) async fn claim(&mut self, sql: &'static Sql, values: Vec<Value>) -> Result<u64> {
        Ok(self.flush(Some((sql, values))).await?.1)
    }

    pub(crate) async fn claim_and_read<T>(
        &mut self,
        claim: Queued,
        then: Queued,
        read: Read<T>,
    ) -> Result<(u64, Vec<T>)> {
        let [(_, changed), (rows, _)] = self.flush_two([claim, then]).await?;
        Ok((changed, collect(&rows, read)?))
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.held.is_none() && self.queue.is_empty() {
            return Ok(());
        }
        if self.held.is_none()
            && !self.failed
            && let Some(only) = self.only_one()
        {
            return self.single(only).await;
        }
        self.flush(Some((&COMMIT, Vec::new()))).await.map(|_| ())
    }

    /// The whole queue, if that is a single statement.
    fn only_one(&mut self) -> Option<Queued> {
        if self.queue.iter().any(|it| matches!(it, Step::Rows(..))) {
            return None;
        }
        let queue = self.queue.drain(..).filter_map(|it| match it {
            Step::Statement(queued) => Some(queued),
            Step::Rows(..) => None,
        });
        let mut queue = merged(queue.collect());
        if queue.len() == 1 {
            return queue.pop();
        }
        self.queue = queue.into_iter().map(Step::Statement).collect();
        None
    }

    /// One statement is a transaction by itself.
    async fn single(&mut self, (sql, values): Queued) -> Result<()> {
        let held = self.postgres.writer().await?;
        let link = held.link()?;
        link.prepare(sql.postgres)
            .await
            .map_err(|error| again(&error))?;
        match link.run(sql.postgres, &values).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match translate(&error) {
                StoreError::Again(why) if link.is_closed() => StoreError::Unknown(why),
                other => other,
            }),
        }
    }

    pub(crate) async fn roll_back(mut self) -> Result<()> {
        if !self.queue.is_empty() {
            self.flush(None).await?;
        }
        Ok(())
    }
}

/// The statements of a queue. What is asked for the types of many rows is asked
/// once for each connection.
async fn made(
    link: &Link,
    queue: Vec<Step>,
) -> std::result::Result<Vec<Queued>, tokio_postgres::Error> {
    let mut out = Vec::with_capacity(queue.len());
    for step in queue {
        out.push(match step {
            Step::Statement(queued) => queued,
            Step::Rows(insert, rows) => (link.bulk(insert).await?, insert.turned(rows)),
        });
    }
    Ok(out)
}

/// In as few statements as can be.
fn merged(queue: Vec<Queued>) -> Vec<Queued> {
    #[cfg(feature = "failpoints")]
    if crate::engine::failpoint::is_armed() {
        return queue;
    }
    merge_inserts(queue)
}

/// An error before anything was sent: whatever it is, nothing was kept.
fn again(error: &tokio_postgres::Error) -> StoreError {
    match translate(error) {
        StoreError::Unavailable(why) => StoreError::Again(why),
        other => other,
    }
}
