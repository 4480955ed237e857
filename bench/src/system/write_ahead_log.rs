//! The bytes that the write-ahead log of a database grows by.

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio_postgres::types::PgLsn;
use url::Url;

use crate::{
    error::{BenchError, Result, io},
    load::client::{Client, SqlConnection},
    system::server::Settings,
};

/// The header of SQLite's log.
const SQLITE_HEADER: u64 = 32;

/// The log of a running server's database.
pub(crate) enum WriteAheadLog {
    Sqlite {
        connection: Connection,
        path: PathBuf,
    },
    Postgres {
        connection: SqlConnection,
        start: PgLsn,
    },
}

impl WriteAheadLog {
    /// Begins to measure.
    pub(crate) fn start(client: &Client, settings: &Settings) -> Result<Self> {
        match &settings.database {
            Some(database) => Self::start_postgres(client, database),
            None => Self::start_sqlite(&settings.folder.join("freehold.db")),
        }
    }

    fn start_sqlite(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        empty_sqlite_log(&connection)?;
        // While there is a reader, the log grows and is not written again from its
        // start.
        connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        Ok(Self::Sqlite {
            connection,
            path: sqlite_log(file),
        })
    }

    fn start_postgres(client: &Client, database: &Url) -> Result<Self> {
        client.sql(database, &["CREATE EXTENSION IF NOT EXISTS pg_walinspect"])?;
        let connection = client.sql_connection(database)?;
        let sql = "SELECT pg_current_wal_insert_lsn()";
        let start = client.query_one(&connection, sql, &[])?.try_get(0)?;
        Ok(Self::Postgres { connection, start })
    }

    /// Returns the bytes since the start. On PostgreSQL without images of full pages,
    /// whose number depends on the time of the last checkpoint.
    pub(crate) fn bytes(self, client: &Client) -> Result<u64> {
        match self {
            Self::Sqlite { connection, path } => {
                let bytes = sqlite_log_bytes(&path);
                connection.execute_batch("COMMIT")?;
                bytes
            }
            Self::Postgres { connection, start } => {
                let sql = "SELECT pg_current_wal_flush_lsn()";
                let end: PgLsn = client.query_one(&connection, sql, &[])?.try_get(0)?;
                if end <= start {
                    return Ok(0);
                }
                let sql =
                    "SELECT coalesce(sum(record_size), 0)::bigint FROM pg_get_wal_stats($1, $2)";
                let row = client.query_one(&connection, sql, &[&start, &end])?;
                Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0))
            }
        }
    }
}

/// The log beside a database file.
pub(crate) fn sqlite_log(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The bytes of the changed pages in SQLite's log.
pub(crate) fn sqlite_log_bytes(log: &Path) -> Result<u64> {
    let length = io("the write-ahead log", std::fs::metadata(log))?.len();
    Ok(length.saturating_sub(SQLITE_HEADER))
}

/// Writes SQLite's log to the database file and empties it.
pub(crate) fn empty_sqlite_log(connection: &Connection) -> Result<()> {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = connection.query_row(sql, (), |row| row.get(0))?;
        if busy == 0 {
            return Ok(());
        }
        if Instant::now() > limit {
            return Err(BenchError::Program {
                program: "SQLite",
                output: "the log cannot be emptied".into(),
            });
        }
        thread::sleep(Duration::from_millis(5));
    }
}
