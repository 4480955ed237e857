//! Databases for tests: each test gets its own, fresh and migrated, and can
//! speak to it behind the store's back.
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

/// A database that goes away with this value.
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

/// Tells a story to both databases, one after the other, each in a database of
/// its own.
pub async fn on_each_database(scenario: impl AsyncFn(&TestDatabase)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::new(engine).await;
        scenario(&database).await;
    }
}

impl TestDatabase {
    /// With the schema, and nothing in it.
    pub async fn new(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => Self::empty(engine).await,
            Engine::Postgres => Self::postgres(postgres_cluster::create_with_schema().await).await,
        };
        if engine == Engine::Sqlite {
            database.store.migrate_all().await.expect("the schema");
        }
        database
    }

    /// Without even the schema.
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

    /// Which of the two it is.
    pub fn engine(&self) -> Engine {
        self.store.engine()
    }

    /// The one open store. More can be opened on [`TestDatabase::database`].
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where it is, for whoever opens it by themselves: a server, a second store.
    pub fn database(&self) -> Database {
        match &self.location {
            Location::Sqlite { folder } => Database::Sqlite {
                path: file_path(folder),
            },
            Location::Postgres { name } => postgres_cluster::database(name),
        }
    }

    /// Runs SQL through the bare driver, in one transaction, with the rules of
    /// the schema in force.
    ///
    /// # Errors
    /// The rule that refused it.
    pub async fn execute(&self, sql: &str) -> Result<(), SqlError> {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// [`TestDatabase::raw`] with the foreign keys and checks out of force, as
    /// somebody with too much power could do it.
    ///
    /// # Errors
    /// As above; uniqueness still holds.
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

    /// Takes a rule out of the schema: a unique constraint, a check, or a unique
    /// index, with the foreign keys that rely on it.
    pub async fn drop_constraint(&self, table: &str, constraint: &str) {
        let done = match &self.location {
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
        done.expect("a rule that can be taken out");
    }

    /// The one number that a query answers, read through the bare driver.
    pub async fn query_number(&self, sql: &str) -> i64 {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite_number(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres_number(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// The texts that a query answers, read through the bare driver.
    pub async fn query_texts(&self, sql: &str) -> Vec<String> {
        match &self.location {
            Location::Sqlite { folder } => raw_sql::sqlite_texts(&file_path(folder), sql),
            Location::Postgres { name } => {
                raw_sql::postgres_texts(&postgres_cluster::url(name), sql).await
            }
        }
    }

    /// As [`TestDatabase::texts`], of an SQLite file anywhere.
    pub fn query_texts_in_file(path: &Path, sql: &str) -> Vec<String> {
        raw_sql::sqlite_texts(path, sql)
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

    /// A moment in this engine's SQL.
    pub fn sql_time(&self, at: Timestamp) -> String {
        match self.engine() {
            Engine::Sqlite => at.micros().to_string(),
            Engine::Postgres => format!(
                "'1970-01-01T00:00:00Z'::timestamptz + interval '{} microseconds'",
                at.micros()
            ),
        }
    }

    /// Looks the database over, and panics with what it found: a story that
    /// ends well leaves nothing wrong.
    pub async fn expect_clean(&self) {
        self.expect_clean_with_roles(&RoleCatalog::built_in()).await;
    }

    /// The same, where these are the roles that there are.
    pub async fn expect_clean_with_roles(&self, roles: &RoleCatalog) {
        let report = freehold_app::doctor::examine(&self.store, roles)
            .await
            .expect("a database that can be read");
        let found: Vec<_> = report.findings().collect();
        assert!(found.is_empty(), "{}: {found:#?}", report.engine);
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
