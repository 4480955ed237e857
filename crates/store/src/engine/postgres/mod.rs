//! PostgreSQL: reads on a few shared connections, each transaction on a
//! connection of its own, statements pipelined.
//!
//! No session state is used (`SET`, session locks, `LISTEN`) except prepared
//! statements, so a transaction pooler that supports those works. Connections
//! are returned to the pool in `Drop` only: a future may be dropped at any
//! `await`.
//!
//! Not here: a transaction (`transaction`), and opening a connection
//! (`connection`).

pub(super) mod connection;
pub(super) mod transaction;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Row as PgRow;

use super::migration::{self, History};
use super::row::FromRow;
use super::{Insert, Read, Result, Row, Sql, StoreError, Value};
use connection::{Connector, PgConnection, TransactionState, to_store_error};

/// How long a transaction waits for a connection before it is refused.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    connector: Connector,
    readers: Vec<RwLock<Option<Arc<PgConnection>>>>,
    next_reader: AtomicUsize,
    writers: Arc<Semaphore>,
    idle: Mutex<Vec<PgConnection>>,
    round_trips_total: Arc<AtomicU64>,
    pub(crate) statements_total: AtomicU64,
    #[cfg(feature = "failpoints")]
    pub(crate) row_locks_disabled: std::sync::atomic::AtomicBool,
}

impl Postgres {
    pub(crate) async fn open(url: &str, readers: usize, writers: usize) -> Result<Arc<Self>> {
        let round_trips_total = Arc::new(AtomicU64::new(0));
        let connector = Connector::new(url, round_trips_total.clone())?;
        // One connection shows that the server is reachable; others are opened as needed.
        let first = connector.connect().await?;
        let postgres = Self {
            connector,
            readers: (0..readers.max(1)).map(|_| RwLock::new(None)).collect(),
            next_reader: AtomicUsize::new(0),
            writers: Arc::new(Semaphore::new(writers.max(1))),
            idle: Mutex::new(vec![first]),
            round_trips_total,
            statements_total: AtomicU64::new(0),
            #[cfg(feature = "failpoints")]
            row_locks_disabled: std::sync::atomic::AtomicBool::new(false),
        };
        Ok(Arc::new(postgres))
    }

    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips_total.load(Ordering::Relaxed)
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements_total.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) {
        self.writers.close();
        lock(&self.idle).clear();
        for reader in &self.readers {
            reader
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        }
    }

    /// Returns the next shared connection; reopens it if it was lost.
    async fn reader(&self) -> Result<Arc<PgConnection>> {
        let index = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let slot = &self.readers[index];
        if let Some(connection) = slot.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && !connection.is_closed()
        {
            return Ok(connection.clone());
        }
        let connection = Arc::new(self.connector.connect().await?);
        *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }

    pub(crate) async fn read(&self, sql: &'static Sql, values: &[Value]) -> Result<Vec<PgRow>> {
        // A read changes nothing, so it is repeated after a lost connection.
        let mut tries = 0;
        loop {
            let connection = self.reader().await?;
            self.statements_total.fetch_add(1, Ordering::Relaxed);
            match connection.run(sql.postgres, values).await {
                Ok((rows, _)) => return Ok(rows),
                Err(error) => match to_store_error(&error) {
                    StoreError::Transient(_) if tries < 2 => {
                        tries += 1;
                        connection.clear_statement_cache();
                    }
                    other => return Err(other),
                },
            }
        }
    }

    pub(crate) async fn writer(self: &Arc<Self>) -> Result<WriterConnection> {
        let permit = tokio::time::timeout(CONNECTION_TIMEOUT, self.writers.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::Unavailable("all connections are in use".to_owned()))?
            .map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let connection = loop {
            let idle = lock(&self.idle).pop();
            match idle {
                Some(connection) if connection.is_closed() => {}
                Some(connection) => break connection,
                None => break self.connector.connect().await?,
            }
        };
        Ok(WriterConnection {
            postgres: self.clone(),
            connection: Some(connection),
            state: TransactionState::Idle,
            permit: Some(permit),
        })
    }

    pub(crate) async fn snapshot(self: &Arc<Self>) -> Result<PgSnapshot> {
        let mut writer = self.writer().await?;
        writer
            .batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        Ok(PgSnapshot(writer))
    }

    pub(crate) async fn check(self: &Arc<Self>, sql: &'static Sql) -> Result<()> {
        let writer = self.writer().await?;
        writer
            .connection()?
            .prepare(sql.postgres)
            .await
            .map(|_| ())
            .map_err(|error| to_store_error(&error))
    }

    pub(crate) async fn check_bulk(self: &Arc<Self>, insert: &'static Insert) -> Result<()> {
        let writer = self.writer().await?;
        let connection = writer.connection()?;
        let checked = match connection.bulk_statement(insert).await {
            Ok(sql) => connection.prepare(sql.postgres).await,
            Err(error) => Err(error),
        };
        checked.map(|_| ()).map_err(|error| to_store_error(&error))
    }

    pub(crate) async fn migrate(self: &Arc<Self>, histories: &[History]) -> Result<u32> {
        let mut writer = self.writer().await?;
        // The lock ends with the transaction, so it works behind a pooler; the
        // number is arbitrary.
        writer
            .batch("BEGIN; SELECT pg_advisory_xact_lock(7230521419)")
            .await?;
        writer.batch(migration::HISTORY.postgres).await?;
        let connection = writer.connection()?;
        let (rows, _) = connection
            .run(migration::APPLIED.postgres, &[])
            .await
            .map_err(|error| to_store_error(&error))?;
        let applied = collect(&rows, FromRow::read)?;
        let missing = migration::missing(histories, &applied)?;
        let count = missing.len();
        for (namespace, step) in missing {
            writer
                .batch(step.postgres)
                .await
                .map_err(|error| StoreError::Schema(format!("migration {}: {error}", step.name)))?;
            writer
                .connection()?
                .run(
                    migration::RECORD.postgres,
                    &step.record(namespace, step.postgres),
                )
                .await
                .map_err(|error| to_store_error(&error))?;
        }
        writer.batch("COMMIT").await?;
        writer.state = TransactionState::Idle;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

pub(crate) fn collect<T>(rows: &[PgRow], read: Read<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| read(&Row::Postgres(row))).collect()
}

/// A connection that one transaction uses.
pub(crate) struct WriterConnection {
    postgres: Arc<Postgres>,
    pub(crate) connection: Option<PgConnection>,
    pub(crate) state: TransactionState,
    permit: Option<OwnedSemaphorePermit>,
}

impl WriterConnection {
    pub(crate) fn connection(&self) -> Result<&PgConnection> {
        self.connection
            .as_ref()
            .ok_or_else(|| StoreError::Fault("the connection was returned already".into()))
    }

    /// Runs a text of several statements. `Drop` then rolls back, unless the
    /// state is reset.
    async fn batch(&mut self, text: &str) -> Result<()> {
        self.state = TransactionState::Open;
        self.connection()?
            .batch(text)
            .await
            .map_err(|error| to_store_error(&error))
    }
}

impl Drop for WriterConnection {
    fn drop(&mut self) {
        let (Some(connection), Some(permit)) = (self.connection.take(), self.permit.take()) else {
            return;
        };
        if connection.is_closed() {
            return;
        }
        let postgres = self.postgres.clone();
        if self.state == TransactionState::Idle {
            lock(&postgres.idle).push(connection);
            return;
        }
        // The transaction is open, and responses may be outstanding. Without a
        // runtime the connection is closed, and the server rolls back.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if connection.batch("ROLLBACK").await.is_ok() {
                    lock(&postgres.idle).push(connection);
                }
                drop(permit);
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read-only transaction that sees one snapshot.
pub(crate) struct PgSnapshot(WriterConnection);

impl PgSnapshot {
    pub(crate) async fn read<T>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let (rows, _) = self
            .0
            .connection()?
            .run(sql.postgres, &values)
            .await
            .map_err(|error| to_store_error(&error))?;
        collect(&rows, read)
    }
}
