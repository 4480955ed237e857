//! The engines: SQLite and PostgreSQL behind one interface.
//!
//! A [`Store`] runs single reads and begins transactions ([`Tx`]). A
//! transaction *queues* its writes: on PostgreSQL the queue is sent in one
//! pipeline with the next read or with `COMMIT`; on SQLite it runs as soon as
//! the transaction has the writer, and transactions that commit at the same
//! time share one `fsync`.
//!
//! This file chooses between the engines; `sqlite` and `postgres` contain what
//! is particular to one of them. Only `rule` names tables.

mod error;
pub(crate) mod generated_id;
pub(crate) mod json_list;
pub(crate) mod migration;
mod postgres;
mod prepare;
pub(crate) mod row;
pub(crate) mod rule;
pub(crate) mod sql_text;
mod sqlite;
pub(crate) mod statement;
pub(crate) mod value;

#[cfg(feature = "failpoints")]
pub mod failpoint;

pub use error::StoreError;
pub use migration::{History, Migration};
pub use rule::Rule;
pub use statement::{Insert, Sql};
pub use value::{FromColumn, Row, Value};

use std::path::PathBuf;
use std::sync::Arc;

use postgres::transaction::{PgTx, QueuedWrite};
use postgres::{PgSnapshot, Postgres, collect};
use sqlite::transaction::SqliteTx;
use sqlite::{Sqlite, SqliteSnapshot};

/// Result of anything that touches a database.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Converts a row to a value. A plain function, so that it can be a constant
/// beside its statement.
pub type Read<T> = fn(&Row<'_>) -> Result<T>;

/// The error of a transaction that is used after one of its statements failed.
const TRANSACTION_FAILED: &str =
    "a statement of this transaction has failed, so it can only be rolled back";

/// Which database, and how to reach it.
#[derive(Clone)]
pub enum Database {
    /// An embedded SQLite file. Created when missing; its folder must exist.
    Sqlite {
        /// The database file.
        path: PathBuf,
    },
    /// A PostgreSQL server, 15 or newer, possibly behind a transaction pooler.
    Postgres {
        /// A `postgres://` URL. Several hosts, `target_session_attrs`,
        /// `sslmode` (with `verify-full`) and `sslrootcert` are understood.
        url: String,
        /// Shared connections that reads are multiplexed on.
        readers: usize,
        /// Connections of which each transaction takes one.
        writers: usize,
    },
}

/// Without the PostgreSQL URL, which may contain a password.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "Sqlite({})", path.display()),
            Self::Postgres { .. } => f.write_str("Postgres(..)"),
        }
    }
}

/// Which of the two databases a store uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded file.
    Sqlite,
    /// The server.
    Postgres,
}

impl Engine {
    /// The engine's usual name, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// An open database. Cheap to clone; all clones share its connections.
#[derive(Clone)]
pub struct Store(Inner);

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.engine().as_str())
    }
}

impl Store {
    /// Opens the database without touching its schema.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or no server
    /// responds.
    pub async fn open(database: &Database) -> Result<Self> {
        Ok(Self(match database {
            Database::Sqlite { path } => Inner::Sqlite(Sqlite::open(path)?),
            Database::Postgres {
                url,
                readers,
                writers,
            } => Inner::Postgres(Postgres::open(url, *readers, *writers).await?),
        }))
    }

    /// Returns the engine. For messages and measurements; statements do not depend on it.
    pub fn engine(&self) -> Engine {
        match &self.0 {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs one reading statement outside of a transaction.
    pub async fn read<T: Send>(
        &self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.read(sql, &values, read),
            Inner::Postgres(postgres) => collect(&postgres.read(sql, &values).await?, read),
        }
    }

    /// [`Store::read`] for a statement that yields at most one row.
    pub async fn read_one<T: Send>(
        &self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Option<T>> {
        Ok(self.read(sql, values, read).await?.into_iter().next())
    }

    /// Begins a transaction. It takes a connection or the writer with its first
    /// statement.
    pub fn begin(&self) -> Tx {
        Tx(match &self.0 {
            Inner::Sqlite(sqlite) => TxInner::Sqlite(SqliteTx::new(sqlite.clone())),
            Inner::Postgres(postgres) => TxInner::Postgres(Box::new(PgTx::new(postgres.clone()))),
        })
    }

    /// Opens one consistent, read-only view of the database on a connection of
    /// its own. For `doctor`, which may read for a minute.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot(match &self.0 {
            Inner::Sqlite(sqlite) => SnapshotInner::Sqlite(sqlite.snapshot()?),
            Inner::Postgres(postgres) => SnapshotInner::Postgres(postgres.snapshot().await?),
        }))
    }

    /// Copies the whole database to `to` while it is in use. SQLite only; a
    /// PostgreSQL server has `pg_dump`.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] on PostgreSQL; [`StoreError::Unavailable`]
    /// when the target exists already or cannot be written.
    pub async fn backup(&self, to: PathBuf) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.backup(to).await,
            Inner::Postgres(_) => Err(StoreError::Unsupported("use pg_dump to back up PostgreSQL")),
        }
    }

    /// Waits until readers see all that transactions have seen so far. On
    /// SQLite a transaction sees the writes of earlier ones before they are
    /// durable; a caller that was refused because of such a row and wants to
    /// read it waits for it here.
    pub async fn wait_until_durable(&self) {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.wait_until_durable().await,
            Inner::Postgres(_) => {}
        }
    }

    /// Returns the number of round trips to the database server so far. Always
    /// zero for SQLite.
    pub fn round_trips(&self) -> u64 {
        match &self.0 {
            Inner::Sqlite(_) => 0,
            Inner::Postgres(postgres) => postgres.round_trips(),
        }
    }

    /// Returns the number of statements that were run so far, without those that
    /// only begin and end transactions, and without migrations and snapshots.
    pub fn statements(&self) -> u64 {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.statements(),
            Inner::Postgres(postgres) => postgres.statements(),
        }
    }

    /// Waits for the running commit and closes the connections.
    pub async fn close(&self) {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.close().await,
            Inner::Postgres(postgres) => postgres.close(),
        }
    }
}

/// A transaction.
///
/// Dropping it rolls it back, at any moment, also in the middle of a statement:
/// a request whose client has disconnected leaves nothing behind.
pub struct Tx(TxInner);

enum TxInner {
    Sqlite(SqliteTx),
    /// Boxed, because it contains a connection.
    Postgres(Box<PgTx>),
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl Tx {
    /// Queues a write. If it violates a rule, the next read, claim or commit
    /// returns the error.
    pub fn write(&mut self, sql: &'static Sql, values: Vec<Value>) {
        match &mut self.0 {
            TxInner::Sqlite(tx) => tx.queue.push((sql, values)),
            TxInner::Postgres(tx) => tx.queue.push(QueuedWrite::Statement((sql, values))),
        }
    }

    /// Queues a reading statement that locks rows until the transaction ends.
    /// Later reads of this transaction see the changes of the transactions that
    /// held the lock before. On SQLite, which has one writer, the transaction
    /// itself is the lock.
    pub fn queue_lock(&mut self, sql: &'static Sql, values: Vec<Value>) {
        match &mut self.0 {
            TxInner::Sqlite(_) => {}
            TxInner::Postgres(tx) => tx.queue.push(QueuedWrite::Statement((sql, values))),
        }
    }

    /// Queues the insertion of rows into one table, many rows to a statement.
    pub fn insert(&mut self, insert: &'static Insert, rows: Vec<Vec<Value>>) {
        if let TxInner::Postgres(tx) = &mut self.0
            && rows.len() >= statement::BULK_MIN_ROWS
        {
            return tx.queue.push(QueuedWrite::Rows(insert, rows));
        }
        for (sql, values) in insert.statements(rows) {
            self.write(sql, values);
        }
    }

    /// Sends the queue, then reads.
    pub async fn read<T: Send>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        match &mut self.0 {
            TxInner::Sqlite(tx) => tx.read(sql, &values, read).await,
            TxInner::Postgres(tx) => collect(&tx.read(sql, values).await?, read),
        }
    }

    /// [`Tx::read`] for a statement that yields at most one row.
    pub async fn read_one<T: Send>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Option<T>> {
        Ok(self.read(sql, values, read).await?.into_iter().next())
    }

    /// Sends the queue and a guarded statement; returns how many rows it changed.
    /// A one-time token is consumed by the one claim that returns 1.
    pub async fn claim(&mut self, sql: &'static Sql, values: Vec<Value>) -> Result<u64> {
        match &mut self.0 {
            TxInner::Sqlite(tx) => tx.claim(sql, &values).await,
            TxInner::Postgres(tx) => tx.claim(sql, values).await,
        }
    }

    /// [`Tx::claim`] and a statement that reads the result, in one round trip.
    pub async fn claim_and_read<T: Send>(
        &mut self,
        (claim, given): (&'static Sql, Vec<Value>),
        (sql, values): (&'static Sql, Vec<Value>),
        read: Read<T>,
    ) -> Result<(u64, Vec<T>)> {
        match &mut self.0 {
            TxInner::Sqlite(tx) => {
                let changed = tx.claim(claim, &given).await?;
                Ok((changed, tx.read(sql, &values, read).await?))
            }
            TxInner::Postgres(tx) => {
                let (changed, rows) = tx.claim_and_read((claim, given), (sql, values)).await?;
                Ok((changed, collect(&rows, read)?))
            }
        }
    }

    /// Sends the queue together with `COMMIT` and waits until the transaction is
    /// durable. After an error in an earlier statement it refuses to commit.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] when the response to `COMMIT` was lost: the
    /// transaction may have been committed. With every other error it was not.
    pub async fn commit(self) -> Result<()> {
        match self.0 {
            TxInner::Sqlite(tx) => tx.commit().await,
            TxInner::Postgres(tx) => tx.commit().await,
        }?;
        #[cfg(feature = "failpoints")]
        failpoint::committed();
        Ok(())
    }

    /// Sends the queue, so that rules are checked, and rolls back. PostgreSQL
    /// also checks the deferred rules; SQLite checks those at `COMMIT` only.
    pub async fn roll_back(self) -> Result<()> {
        match self.0 {
            TxInner::Sqlite(tx) => tx.roll_back().await,
            TxInner::Postgres(tx) => tx.roll_back().await,
        }
    }
}

/// One consistent, read-only view. See [`Store::snapshot`].
pub struct Snapshot(SnapshotInner);

enum SnapshotInner {
    Sqlite(SqliteSnapshot),
    Postgres(PgSnapshot),
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Snapshot {
    /// Returns the engine.
    pub fn engine(&self) -> Engine {
        match &self.0 {
            SnapshotInner::Sqlite(_) => Engine::Sqlite,
            SnapshotInner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs one reading statement in the view.
    pub async fn read<T: Send + 'static>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        match &mut self.0 {
            SnapshotInner::Sqlite(snapshot) => snapshot.read(sql, values, read).await,
            SnapshotInner::Postgres(snapshot) => snapshot.read(sql, values, read).await,
        }
    }
}
