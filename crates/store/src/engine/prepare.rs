//! Lets an engine prepare a statement, for the test of all statements.

use super::{Inner, Insert, Result, Sql, Store};

impl Store {
    /// Prepares a statement without running it.
    pub async fn check(&self, sql: &'static Sql) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(sqlite) => sqlite.check(sql).await,
            Inner::Postgres(postgres) => postgres.check(sql).await,
        }
    }

    /// Prepares the bulk form of an insert, on an engine that has one.
    pub async fn check_bulk(&self, insert: &'static Insert) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(postgres) => postgres.check_bulk(insert).await,
        }
    }
}
