//! PostgreSQL: reads on a few shared connections, transactions each on one of
//! their own, statements pipelined.
//!
//! No session state is relied on (`SET`, session locks, `LISTEN`), so that all
//! of it works behind a transaction pooler. Connections are given back in
//! `Drop` only: a future may be dropped at any `await`.
//!
//! Not here: what a transaction is (`transaction`), and how a connection is
//! made (`connection`).

pub(super) mod connection;
pub(super) mod transaction;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Row as PgRow;

use super::migration::{self, Migration};
use super::{Insert, Read, Result, Row, Sql, StoreError, Value};
use connection::{Connector, Link, State, translate};

/// How long a transaction waits for a connection before it is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    connector: Connector,
    readers: Vec<RwLock<Option<Arc<Link>>>>,
    next_reader: AtomicUsize,
    writers: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    trips: Arc<AtomicU64>,
    #[cfg(feature = "failpoints")]
    pub(crate) holds_nothing: std::sync::atomic::AtomicBool,
}

impl Postgres {
    pub(crate) async fn open(url: &str, readers: usize, writers: usize) -> Result<Arc<Self>> {
        let trips = Arc::new(AtomicU64::new(0));
        let connector = Connector::new(url, trips.clone())?;
        // One connection proves that somebody answers; the rest come as needed.
        let first = connector.connect().await?;
        let postgres = Self {
            connector,
            readers: (0..readers.max(1)).map(|_| RwLock::new(None)).collect(),
            next_reader: AtomicUsize::new(0),
            writers: Arc::new(Semaphore::new(writers.max(1))),
            idle: Mutex::new(vec![first]),
            trips,
            #[cfg(feature = "failpoints")]
            holds_nothing: std::sync::atomic::AtomicBool::new(false),
        };
        Ok(Arc::new(postgres))
    }

    pub(crate) fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
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

    /// The next shared connection, made anew if it was lost.
    async fn reader(&self) -> Result<Arc<Link>> {
        let index = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let slot = &self.readers[index];
        if let Some(link) = slot.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && !link.is_closed()
        {
            return Ok(link.clone());
        }
        let link = Arc::new(self.connector.connect().await?);
        *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(link.clone());
        Ok(link)
    }

    pub(crate) async fn read<T>(
        &self,
        sql: &'static Sql,
        values: &[Value],
        read: Read<T>,
    ) -> Result<Vec<T>> {
        // A read changes nothing, so a lost connection costs one more try.
        let mut tries = 0;
        loop {
            let link = self.reader().await?;
            match link.run(sql.postgres, values).await {
                Ok((rows, _)) => return collect(&rows, read),
                Err(error) => match translate(&error) {
                    StoreError::Again(_) if tries < 2 => {
                        tries += 1;
                        link.forget_statements();
                    }
                    other => return Err(other),
                },
            }
        }
    }

    pub(crate) async fn writer(self: &Arc<Self>) -> Result<Held> {
        let permit = tokio::time::timeout(PATIENCE, self.writers.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::Unavailable("all connections are in use".to_owned()))?
            .map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let link = loop {
            let idle = lock(&self.idle).pop();
            match idle {
                Some(link) if link.is_closed() => {}
                Some(link) => break link,
                None => break self.connector.connect().await?,
            }
        };
        Ok(Held {
            postgres: self.clone(),
            link: Some(link),
            state: State::Idle,
            permit: Some(permit),
        })
    }

    pub(crate) async fn snapshot(self: &Arc<Self>) -> Result<PgSnapshot> {
        let mut held = self.writer().await?;
        held.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        Ok(PgSnapshot(held))
    }

    pub(crate) async fn check(self: &Arc<Self>, sql: &'static Sql) -> Result<()> {
        let held = self.writer().await?;
        held.link()?
            .prepare(sql.postgres)
            .await
            .map(|_| ())
            .map_err(|error| translate(&error))
    }

    pub(crate) async fn check_bulk(self: &Arc<Self>, insert: &'static Insert) -> Result<()> {
        let held = self.writer().await?;
        let link = held.link()?;
        let checked = match link.bulk(insert).await {
            Ok(sql) => link.prepare(sql.postgres).await,
            Err(error) => Err(error),
        };
        checked.map(|_| ()).map_err(|error| translate(&error))
    }

    pub(crate) async fn migrate(self: &Arc<Self>, migrations: &[Migration]) -> Result<u32> {
        let mut held = self.writer().await?;
        // The lock ends with the transaction, so it works behind a pooler; the
        // number is arbitrary and ours.
        held.batch("BEGIN; SELECT pg_advisory_xact_lock(7230521419)")
            .await?;
        held.batch(migration::HISTORY.postgres).await?;
        let link = held.link()?;
        let (rows, _) = link
            .run(migration::APPLIED.postgres, &[])
            .await
            .map_err(|error| translate(&error))?;
        let applied = collect(&rows, migration::read_applied)?;
        let missing = migration::missing(migrations, &applied)?;
        let count = missing.len();
        for step in missing {
            held.batch(step.postgres)
                .await
                .map_err(|error| StoreError::Schema(format!("migration {}: {error}", step.name)))?;
            held.link()?
                .run(migration::RECORD.postgres, &step.record(step.postgres))
                .await
                .map_err(|error| translate(&error))?;
        }
        held.batch("COMMIT").await?;
        held.state = State::Idle;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

pub(crate) fn collect<T>(rows: &[PgRow], read: Read<T>) -> Result<Vec<T>> {
    rows.iter().map(|row| read(&Row::Postgres(row))).collect()
}

/// A connection that somebody has for themselves.
pub(crate) struct Held {
    postgres: Arc<Postgres>,
    pub(crate) link: Option<Link>,
    pub(crate) state: State,
    permit: Option<OwnedSemaphorePermit>,
}

impl Held {
    pub(crate) fn link(&self) -> Result<&Link> {
        self.link
            .as_ref()
            .ok_or_else(|| StoreError::Fault("a connection that was given back".into()))
    }

    /// Runs a text of several statements. Opens a transaction as far as `Drop`
    /// is concerned.
    async fn batch(&mut self, text: &str) -> Result<()> {
        self.state = State::Open;
        self.link()?
            .batch(text)
            .await
            .map_err(|error| translate(&error))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (Some(link), Some(permit)) = (self.link.take(), self.permit.take()) else {
            return;
        };
        if link.is_closed() {
            return;
        }
        let postgres = self.postgres.clone();
        if self.state == State::Idle {
            lock(&postgres.idle).push(link);
            return;
        }
        // Left inside a transaction, perhaps with answers still under way.
        // Without a runtime the connection ends, and the server undoes it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if link.batch("ROLLBACK").await.is_ok() {
                    lock(&postgres.idle).push(link);
                }
                drop(permit);
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read-only transaction that sees one moment.
pub(crate) struct PgSnapshot(Held);

impl PgSnapshot {
    pub(crate) async fn read<T>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let (rows, _) = self
            .0
            .link()?
            .run(sql.postgres, &values)
            .await
            .map_err(|error| translate(&error))?;
        collect(&rows, read)
    }
}
