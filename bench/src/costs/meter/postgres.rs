//! What a request wrote to PostgreSQL: the records in its write-ahead log.
//!
//! Only records of the measured database count, so other databases of the server
//! change nothing. Images of full pages do not count either: whether a page is
//! logged as a whole depends on the time of the last checkpoint.

use tokio_postgres::types::PgLsn;
use url::Url;

use super::Written;
use crate::{
    error::Result,
    load::client::{Client, SqlConnection},
};

/// Without autovacuum, which runs at any time.
const SETUP: &str = "
    CREATE EXTENSION IF NOT EXISTS pg_walinspect;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT oid::regclass FROM pg_class
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
            EXECUTE 'ALTER TABLE ' || name || ' SET (autovacuum_enabled = off)';
        END LOOP;
    END $$;
";

/// A split of a leaf page contains the entry for which it was split. The records of
/// a transaction without a page are those of its end.
const WRITTEN: &str = r"
WITH records AS (
    SELECT *, regexp_match(block_ref, 'rel \d+/(\d+)/(\d+)') AS place
      FROM pg_get_wal_records_info($1, $2)
), own AS (
    SELECT r.*, c.relkind
      FROM records r
      LEFT JOIN pg_class c ON pg_relation_filenode(c.oid) = r.place[2]::oid
                          AND c.relnamespace = 'public'::regnamespace
     WHERE r.place[1]::oid = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT
    (SELECT count(*) FROM own
      WHERE relkind = 'r' AND resource_manager = 'Heap'
        AND record_type ~ '^(INSERT|UPDATE|HOT_UPDATE|DELETE)') AS rows,
    (SELECT count(*) FROM own
      WHERE relkind = 'i' AND resource_manager = 'Btree'
        AND (record_type IN ('INSERT_LEAF', 'INSERT_POST')
             OR record_type LIKE 'SPLIT%' AND description ~ 'level:? 0,')) AS index_entries,
    -- Records begin at multiples of eight bytes.
    (SELECT coalesce(sum((record_length - fpi_length + 7) / 8 * 8), 0)::bigint FROM records
      WHERE start_lsn IN (SELECT start_lsn FROM own)
         OR place IS NULL AND xid <> '0' AND xid::text IN (SELECT xid::text FROM own)) AS bytes
";

/// A position in the write-ahead log.
pub(in crate::costs) type Position = PgLsn;

/// A connection that reads the log.
pub(in crate::costs) struct PostgresMeter {
    connection: SqlConnection,
}

impl PostgresMeter {
    /// Makes sure that commits are in the log when their clients get the responses:
    /// the server for tests does not wait for that. For connections that are opened
    /// later.
    pub(in crate::costs) fn flush_commits(client: &Client, database: &Url) -> Result<()> {
        let sql = "DO $$ BEGIN
            EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = on';
        END $$";
        client.sql(database, &[sql])
    }

    /// Connects to the measured database as a superuser.
    pub(super) fn connect(client: &Client, database: &Url) -> Result<Self> {
        client.sql(database, &[SETUP])?;
        let connection = client.sql_connection(database)?;
        Ok(Self { connection })
    }

    /// Returns the end of the log.
    pub(super) fn position(&self, client: &Client) -> Result<Position> {
        let row = client.query_one(&self.connection, "SELECT pg_current_wal_insert_lsn()", &[])?;
        Ok(row.try_get(0)?)
    }

    /// Returns what was written since that position.
    pub(super) fn since(&self, client: &Client, start: Position) -> Result<Written> {
        let sql = "SELECT pg_current_wal_flush_lsn()";
        let end: Position = client.query_one(&self.connection, sql, &[])?.try_get(0)?;
        if end <= start {
            return Ok(Written::default());
        }
        let row = client.query_one(&self.connection, WRITTEN, &[&start, &end])?;
        let figure = |column: &str| -> Result<u64> {
            Ok(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or(0))
        };
        Ok(Written {
            rows: figure("rows")?,
            index_entries: figure("index_entries")?,
            bytes: figure("bytes")?,
        })
    }
}
