//! SQLite: one writer whose commits share an `fsync`, and a few readers.
//!
//! Statements take microseconds, so they run on the thread of the caller; only
//! the commit's `fsync` runs on a thread of its own. Transactions use the writer
//! one after the other (first come, first served). A finished transaction
//! releases its savepoint and joins the *group*; the committer queues for the
//! writer behind the transactions that were already waiting, so that they share
//! one `fsync`, and reports the result to each only afterwards.
//!
//! Not here: a transaction (`transaction`), and running a statement
//! (`statement`).

mod statement;
pub(super) mod transaction;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use super::migration::{self, History};
use super::row::FromRow;
use super::{Read, Result, Sql, StoreError, Value};
use statement::{bind, execute, fault, fetch, to_store_error};

/// How long another process (a backup, the command line) may lock the file
/// before an operation fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages of 4 KiB; 1,000 of them are SQLite's own default for the log.
const READER_CACHE: &str = "PRAGMA cache_size=-4096";
const WRITER_CACHE: &str = "PRAGMA cache_size=-8192";

/// The one connection that writes, and the transactions that wait for `COMMIT`.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    /// `BEGIN IMMEDIATE` has been run.
    pub(crate) open: bool,
    /// Finished transactions that wait for the `COMMIT`.
    pub(crate) group: Vec<oneshot::Sender<Result<()>>>,
    /// How many of the next transactions are committed one by one, after a
    /// shared commit failed because of one member of the group.
    pub(crate) individual_commits: usize,
    /// The committer has ended, so no transaction may begin.
    closed: bool,
}

/// An open SQLite database.
pub(crate) struct Sqlite {
    path: PathBuf,
    pub(crate) writer: Arc<tokio::sync::Mutex<Writer>>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    pub(crate) statements_total: AtomicU64,
    commit_sender: Mutex<Option<mpsc::Sender<()>>>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>> {
        let connection = connect(path, false)?;
        enable_wal(&connection)?;
        connection
            .execute_batch(WRITER_CACHE)
            .map_err(|error| fault(&error))?;
        // From here on SQLite itself does not wait, see `begin`.
        connection
            .busy_timeout(Duration::ZERO)
            .map_err(|error| fault(&error))?;
        let count = std::thread::available_parallelism()
            .map_or(2, usize::from)
            .clamp(2, 8);
        let readers = (0..count)
            .map(|_| {
                let reader = connect(path, true)?;
                reader
                    .execute_batch(READER_CACHE)
                    .map_err(|error| fault(&error))?;
                Ok(Mutex::new(reader))
            })
            .collect::<Result<_>>()?;
        let writer = Arc::new(tokio::sync::Mutex::new(Writer {
            connection,
            open: false,
            group: Vec::new(),
            individual_commits: 0,
            closed: false,
        }));
        let (commit_sender, commit_receiver) = mpsc::channel();
        let committer = {
            let writer = writer.clone();
            std::thread::Builder::new()
                .name("commit".to_owned())
                .spawn(move || {
                    while commit_receiver.recv().is_ok() {
                        writer.blocking_lock().commit();
                    }
                })
                .map_err(|error| StoreError::Unavailable(error.to_string()))?
        };
        Ok(Arc::new(Self {
            path: path.to_owned(),
            writer,
            readers,
            next_reader: AtomicUsize::new(0),
            statements_total: AtomicU64::new(0),
            commit_sender: Mutex::new(Some(commit_sender)),
            committer: Mutex::new(Some(committer)),
        }))
    }

    /// Asks the committer to commit the group.
    pub(crate) fn request_commit(&self) {
        if let Some(commit_sender) = lock(&self.commit_sender).as_ref() {
            // Sending fails only after `close`, when no transaction waits any more.
            let _ = commit_sender.send(());
        }
    }

    /// Waits until what has been written so far is durable and readers see it.
    pub(crate) async fn wait_until_durable(&self) {
        let wait = {
            let mut writer = self.writer.lock().await;
            if writer.group.is_empty() {
                return;
            }
            let (done, wait) = oneshot::channel();
            writer.group.push(done);
            wait
        };
        // The result does not matter: a group that failed is rolled back.
        let _ = wait.await;
    }

    pub(crate) fn read<T: Send>(
        &self,
        sql: &Sql,
        values: &[Value],
        read: Read<T>,
    ) -> Result<Vec<T>> {
        self.count_statement();
        fetch(&self.reader(), sql, values, read)
    }

    /// Counts a statement that is not transaction control.
    pub(crate) fn count_statement(&self) {
        self.statements_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn statements(&self) -> u64 {
        self.statements_total.load(Ordering::Relaxed)
    }

    /// Returns a free reader, or waits for the next in turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        let first = self.next_reader.fetch_add(1, Ordering::Relaxed);
        let count = self.readers.len();
        for offset in 0..count {
            if let Ok(reader) = self.readers[(first + offset) % count].try_lock() {
                return reader;
            }
        }
        lock(&self.readers[first % count])
    }

    pub(crate) fn snapshot(&self) -> Result<SqliteSnapshot> {
        let connection = connect(&self.path, true)?;
        connection
            .execute_batch("BEGIN")
            .map_err(|error| fault(&error))?;
        Ok(SqliteSnapshot(Some(connection)))
    }

    pub(crate) async fn check(&self, sql: &Sql) -> Result<()> {
        let writer = self.writer.lock().await;
        writer
            .connection
            .prepare(sql.sqlite)
            .map(|_| ())
            .map_err(|error| fault(&error))
    }

    pub(crate) async fn migrate(&self, histories: &[History]) -> Result<u32> {
        let mut writer = self.writer.lock().await;
        begin(&mut writer).await?;
        let applied = apply(&writer.connection, histories);
        writer.open = false;
        let end = if applied.is_ok() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        writer
            .connection
            .execute_batch(end)
            .map_err(|error| fault(&error))?;
        applied
    }

    pub(crate) async fn backup(&self, to: PathBuf) -> Result<()> {
        let from = connect(&self.path, false)?;
        let copy = move || {
            if to.exists() {
                return Err(StoreError::Unavailable(format!(
                    "{} already exists",
                    to.display()
                )));
            }
            // `VACUUM INTO` reads one snapshot and never blocks the writer.
            from.execute("VACUUM INTO ?1", [to.to_string_lossy()])
                .map(|_| ())
                .map_err(|error| StoreError::Unavailable(error.to_string()))
        };
        tokio::task::spawn_blocking(copy)
            .await
            .map_err(|error| StoreError::Fault(error.to_string()))?
    }

    pub(crate) async fn close(&self) {
        // The transaction that has the writer finishes first and is committed.
        self.writer.lock().await.closed = true;
        lock(&self.commit_sender).take();
        let committer = lock(&self.committer).take();
        if let Some(committer) = committer {
            let _ = tokio::task::spawn_blocking(|| committer.join()).await;
        }
        let writer = self.writer.lock().await;
        let _ = writer.connection.execute_batch("PRAGMA optimize");
        let _ = writer
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
    }
}

/// Sets the journal mode, a property of the file. When several processes set it
/// at once, SQLite refuses some without waiting, to avoid a deadlock; they retry.
fn enable_wal(connection: &Connection) -> Result<()> {
    let mut waited = Duration::ZERO;
    loop {
        match connection.query_row("PRAGMA journal_mode=WAL", (), |_| Ok(())) {
            Err(error) if is_busy(&error) && waited < BUSY_TIMEOUT => {
                let pause = Duration::from_millis(5);
                std::thread::sleep(pause);
                waited += pause;
            }
            result => return result.map_err(|error| StoreError::Unavailable(error.to_string())),
        }
    }
}

impl Writer {
    /// Commits the group and reports the result to its members.
    pub(crate) fn commit(&mut self) {
        if !self.open {
            return;
        }
        let group = std::mem::take(&mut self.group);
        let committed = self.connection.execute_batch("COMMIT");
        self.open = false;
        let result = match committed {
            Ok(()) => Ok(()),
            Err(error) => {
                if !self.connection.is_autocommit() {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
                match to_store_error(&error) {
                    // Deferred rules are checked now. One member of the group has
                    // violated the rule, and SQLite does not report which. All are
                    // run again, one by one, and the one at fault gets the error.
                    StoreError::RuleViolation(rule) if group.len() > 1 => {
                        self.individual_commits = 2 * group.len();
                        Err(StoreError::Transient(format!(
                            "{rule:?} in a shared commit"
                        )))
                    }
                    StoreError::RuleViolation(rule) => Err(StoreError::RuleViolation(rule)),
                    // An I/O error during `COMMIT`.
                    other => Err(StoreError::OutcomeUnknown(other.to_string())),
                }
            }
        };
        for member in group {
            let _ = member.send(result.clone());
        }
    }

    /// Called after a failed statement: on a full disk and the like, SQLite rolls
    /// back the whole transaction, including the finished ones of the group.
    pub(crate) fn fail_lost_group(&mut self) {
        if self.open && self.connection.is_autocommit() {
            self.open = false;
            for member in self.group.drain(..) {
                let _ = member.send(Err(StoreError::Transient("a disk error".to_owned())));
            }
        }
    }
}

/// Begins the shared transaction if none is open. Waits for other processes
/// without blocking the thread.
pub(crate) async fn begin(writer: &mut Writer) -> Result<()> {
    if writer.closed {
        return Err(StoreError::Unavailable("the store is closed".to_owned()));
    }
    if writer.open {
        return Ok(());
    }
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(1);
    loop {
        match execute(&writer.connection, "BEGIN IMMEDIATE") {
            Ok(()) => {
                writer.open = true;
                return Ok(());
            }
            Err(error) if is_busy(&error) && waited < BUSY_TIMEOUT => {
                tokio::time::sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(Duration::from_millis(100));
            }
            Err(error) if is_busy(&error) => {
                return Err(StoreError::Unavailable(
                    "another process has locked the database file".to_owned(),
                ));
            }
            Err(error) => return Err(fault(&error)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn connect(path: &Path, read_only: bool) -> Result<Connection> {
    let unavailable =
        |error: rusqlite::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(unavailable)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unavailable)?;
    connection.set_prepared_statement_cache_capacity(256);
    // Otherwise SQLite plans a statement again whenever other values are bound
    // to it, which costs several times its execution.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(unavailable)?;
    connection
        .execute_batch(if read_only {
            "PRAGMA foreign_keys=ON; PRAGMA query_only=ON"
        } else {
            // The rollback data of savepoints stays in memory: it is not needed
            // after a crash.
            "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY"
        })
        .map_err(unavailable)?;
    Ok(connection)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn apply(connection: &Connection, histories: &[History]) -> Result<u32> {
    let batch = |text: &str| {
        connection
            .execute_batch(text)
            .map_err(|error| StoreError::Schema(error.to_string()))
    };
    batch(migration::HISTORY.sqlite)?;
    let applied = fetch(connection, &migration::APPLIED, &[], FromRow::read)?;
    let missing = migration::missing(histories, &applied)?;
    let count = missing.len();
    for (namespace, step) in missing {
        batch(step.sqlite)?;
        bind(
            connection,
            &migration::RECORD,
            &step.record(namespace, step.sqlite),
        )
        .and_then(|mut statement| statement.raw_execute())
        .map_err(|error| fault(&error))?;
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A read transaction on a connection of its own.
pub(crate) struct SqliteSnapshot(Option<Connection>);

impl SqliteSnapshot {
    pub(crate) async fn read<T: Send + 'static>(
        &mut self,
        sql: &'static Sql,
        values: Vec<Value>,
        read: Read<T>,
    ) -> Result<Vec<T>> {
        let snapshot_lost = || StoreError::Fault("the snapshot was lost".to_owned());
        let connection = self.0.take().ok_or_else(snapshot_lost)?;
        // These take seconds on a large database, so not on an async thread.
        let (connection, rows) = tokio::task::spawn_blocking(move || {
            let rows = fetch(&connection, sql, &values, read);
            (connection, rows)
        })
        .await
        .map_err(|_| snapshot_lost())?;
        self.0 = Some(connection);
        rows
    }
}
