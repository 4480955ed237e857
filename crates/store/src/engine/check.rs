//! Asking an engine whether it accepts a text, for the test of all of them.

use super::{Inner, Insert, Result, Sql, Store};

impl Store {
    /// Prepares a statement and forgets it: does the engine accept its text?
    pub async fn check(&self, sql: &'static Sql) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.check(sql).await,
            Inner::Postgres(postgres) => postgres.check(sql).await,
        }
    }

    /// The same for the form in which many rows of a table travel, where that is
    /// a form of its own.
    pub async fn check_bulk(&self, insert: &'static Insert) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(postgres) => postgres.check_bulk(insert).await,
        }
    }
}
