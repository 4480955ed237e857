//! Databases for tests: each test has its own, new and migrated, and can run
//! SQL on it without the store.
//!
//! SQLite is a file in a temporary folder. PostgreSQL is the cluster that
//! `cargo xtask test` starts, where a database is copied from a template that
//! was migrated once.

mod contents;
mod postgres_cluster;
mod raw_sql;

use std::path::{Path, PathBuf};

use freehold_domain::{RoleCatalog, Timestamp};
use freehold_store::{Database, Engine, Store};
use tempfile::TempDir;
use uuid::Uuid;

pub use raw_sql::SqlError;

/// A database that is removed when this value is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    store: Store,
    location: Location,
}

#[derive(Debug)]
enum Location {
    Sqlite { folder: TempDir },
    Postgres { name: String },
}

/// Runs a scenario on both engines, one after the other, each with a database
/// of its own.
pub async fn on_each_database(scenario: impl AsyncFn(&TestDatabase)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::new(engine).await;
        scenario(&database).await;
    }
}

impl TestDatabase {
    /// Creates a database with the schema and without rows.
    pub async fn new(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => Self::empty(engine).await,
            Engine::Postgres => Self::postgres(postgres_cluster::create_with_schema().await).await,
        };
        if engine == Engine::Sqlite {
            database.store.migrate_all(&[]).await.expect("the schema");
        }
        database
    }

    /// Creates a database without the schema.
    pub async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().expect("a temporary folder");
                let path = file_path(&folder);
                let store = Store::open(&Database::Sqlite { path })
                    .await
                    .expect("a new file");
                Self {
                    store,
                    location: Location::Sqlite { folder },
                }
            }
            Engine::Postgres => Self::postgres(postgres_cluster::create().await).await,
        }
    }

    async fn postgres(name: String) -> Self {
        let store = Store::open(&postgres_cluster::database(&name))
            .await
            .expect("the new database");
        Self {
            store,
            location: Location::Postgres { name },
        }
    }

    /// The engine of the database.
    pub fn engine(&self) -> Engine {
        self.store.engine()
    }

    /// The open store. More can be opened on [`TestDatabase::database`].
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The database's location, to open it in a server or a second store.
    pub fn database(&self) -> Database {
        match &self.location {
            Location::Sqlite { folder } => Database::Sqlite {
                path: file_path(folder),
            },
            Location::Postgres { name } => postgres_cluster::database(name),
        }
    }

    /// Runs SQL through the bare driver, in one transaction, with the
    /// constraints of the schema.
    ///
    /// # Errors
    /// The engine's error, such as a violated constraint.
    pub async fn execute(&self, sql: &str) -> Result<(), SqlError> {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// As [`TestDatabase::execute`], with foreign keys and checks disabled, as
    /// a database administrator could do it.
    ///
    /// # Errors
    /// The engine's error; unique constraints still apply.
    pub async fn execute_without_constraints(&self, sql: &str) -> Result<(), SqlError> {
        match &self.location {
            Location::Sqlite { folder } => {
                raw_sql::sqlite_without_constraints(&file_path(folder), sql)
            }
            Location::Postgres { name } => {
                let sql = format!("SET session_replication_role = replica; {sql}");
                raw_sql::postgres(&postgres_cluster::url(name), &sql).await
            }
        }
    }

    /// Drops a unique constraint, a check, or a unique index, with the foreign
    /// keys that depend on it.
    pub async fn drop_constraint(&self, table: &str, constraint: &str) {
        let dropped = match &self.location {
            Location::Sqlite { folder } => {
                raw_sql::sqlite_drop_constraint(&file_path(folder), table, constraint)
            }
            Location::Postgres { name } => {
                let sql = format!(
                    "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint} CASCADE;
                     DROP INDEX IF EXISTS {constraint}"
                );
                raw_sql::postgres(&postgres_cluster::url(name), &sql).await
            }
        };
        dropped.expect("a constraint that can be dropped");
    }

    /// The number that a query returns, read through the bare driver.
    pub async fn query_number(&self, sql: &str) -> i64 {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite_number(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres_number(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// The texts that a query returns, read through the bare driver.
    pub async fn query_texts(&self, sql: &str) -> Vec<String> {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite_texts(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres_texts(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// As [`TestDatabase::query_texts`], from any SQLite file.
    pub fn query_texts_in_file(path: &Path, sql: &str) -> Vec<String> {
        raw_sql::sqlite_texts(path, sql)
    }

    /// As [`TestDatabase::execute`], on any SQLite file.
    ///
    /// # Panics
    /// With the engine's error.
    pub fn execute_in_file(path: &Path, sql: &str) {
        raw_sql::sqlite(path, sql).expect("a valid change");
    }

    /// A UUID in this engine's SQL.
    pub fn sql_uuid(&self, id: Uuid) -> String {
        match self.engine() {
            Engine::Sqlite => format!("x'{}'", id.simple()),
            Engine::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// Bytes in this engine's SQL.
    pub fn sql_bytes(&self, bytes: &[u8]) -> String {
        let hex = hex::encode(bytes);
        match self.engine() {
            Engine::Sqlite => format!("x'{hex}'"),
            Engine::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }

    /// A timestamp in this engine's SQL.
    pub fn sql_time(&self, at: Timestamp) -> String {
        match self.engine() {
            Engine::Sqlite => at.micros().to_string(),
            Engine::Postgres => format!(
                "'1970-01-01T00:00:00Z'::timestamptz + interval '{} microseconds'",
                at.micros()
            ),
        }
    }

    /// Examines the database as `doctor` does, and panics if there are
    /// findings.
    pub async fn expect_clean(&self) {
        self.expect_clean_with_roles(&RoleCatalog::built_in()).await;
    }

    /// As [`TestDatabase::expect_clean`], with this role catalog.
    pub async fn expect_clean_with_roles(&self, roles: &RoleCatalog) {
        let report =
            freehold_app::doctor::examine(&self.store, roles, &freehold_app::Extensions::none())
                .await
                .expect("a database that can be read");
        let findings: Vec<_> = report.findings().collect();
        assert!(findings.is_empty(), "{}: {findings:#?}", report.engine);
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Location::Postgres { name } = &self.location {
            postgres_cluster::drop_database(name);
        }
    }
}

fn file_path(folder: &TempDir) -> PathBuf {
    folder.path().join("freehold.db")
}
