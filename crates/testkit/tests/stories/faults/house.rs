//! A database, and the program that is started on it again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use freehold_app::doctor::examine;
use freehold_domain::RoleCatalog;
use freehold_store::{Database, Engine, Store};
use freehold_testkit::{Freehold, TestDatabase};
use tempfile::TempDir;

/// How long a start may take after whatever happened before.
const READY: Duration = Duration::from_secs(2);

/// Where the program lives. Between its lives nobody has the database open,
/// so that each start after a kill is a recovery.
pub(crate) struct House {
    db: TestDatabase,
    pub(crate) folder: TempDir,
}

impl House {
    /// Without even the schema.
    pub(crate) async fn empty(engine: Engine) -> Self {
        let db = TestDatabase::empty(engine).await;
        db.store().close().await;
        Self {
            db,
            folder: TempDir::new().unwrap(),
        }
    }

    /// The program's place: a file that nobody but the program opens, or the
    /// database on the server.
    pub(crate) fn database(&self) -> Database {
        match self.db.database() {
            Database::Sqlite { .. } => Database::Sqlite {
                path: self.folder.path().join("house.db"),
            },
            server => server,
        }
    }

    pub(crate) async fn start(&self) -> Freehold {
        self.start_with(&[]).await
    }

    /// Starts the program, which has to be ready in good time.
    pub(crate) async fn start_with(&self, more: &[(&str, &str)]) -> Freehold {
        let freehold = Freehold::start(&self.database(), self.folder.path(), more).await;
        let took = freehold.ready().await;
        assert!(took <= READY, "ready after {took:?}");
        freehold
    }

    /// What is wrong in the database, by the names of the checks.
    pub(crate) async fn findings(&self) -> Vec<String> {
        let store = Store::open(&self.database()).await.unwrap();
        let report = examine(&store, &RoleCatalog::built_in()).await.unwrap();
        store.close().await;
        let mut found: Vec<_> = report.findings().map(|it| format!("{it:?}")).collect();
        // What no rule of the schema promises, and `doctor` leaves alone: all
        // of a project's content comes with it. Operators' projects begin
        // without a testset.
        let counts = self
            .texts(
                "SELECT DISTINCT CAST(n AS TEXT) FROM (SELECT count(r.id) AS n FROM projects p
                    LEFT JOIN resources r ON r.project_id = p.id AND r.kind <> 'testset'
                   GROUP BY p.id) AS each",
            )
            .await;
        if counts.len() > 1 {
            found.push(format!("projects with different content: {counts:?}"));
        }
        found
    }

    pub(crate) async fn expect_clean(&self) {
        let found = self.findings().await;
        assert!(found.is_empty(), "{found:#?}");
    }

    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        match self.database() {
            Database::Sqlite { path } => TestDatabase::texts_in_file(&path, sql),
            Database::Postgres { .. } => self.db.texts(sql).await,
        }
    }

    /// How many rows there are of each kind that a command writes. Attempts
    /// are counted before anything else, and stay.
    pub(crate) async fn rows(&self) -> BTreeMap<&'static str, String> {
        let mut rows = BTreeMap::new();
        for table in TABLES {
            // That an operator was answered once more is no effect.
            let counted = match *table {
                "audit_events" => "audit_events WHERE action <> 'operator.looked'",
                table => table,
            };
            let count = self
                .texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {counted}"))
                .await;
            rows.insert(*table, count[0].clone());
        }
        rows
    }
}

const TABLES: &[&str] = &[
    "users",
    "user_identities",
    "passwords",
    "sessions",
    "organizations",
    "organization_members",
    "workspaces",
    "workspace_members",
    "projects",
    "project_members",
    "resources",
    "api_keys",
    "audit_events",
    "outbox",
    "idempotency_records",
];
