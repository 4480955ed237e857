//! `freehold import`: accounts from a file, each of them created once in spite of
//! interruptions.

mod interruptions;
mod password_hashes;
mod rows;

use std::collections::BTreeMap;
use std::path::PathBuf;

use freehold_store::Engine;
use freehold_testkit::ServerProcess;
use serde_json::Value;

use crate::fixtures::deployment::Deployment;

/// A row, and its expected result.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) email: String,
    pub(super) status: &'static str,
    pub(super) reason: &'static str,
}

impl Row {
    #[expect(clippy::needless_pass_by_value, reason = "rows are written in place")]
    fn new(text: Value, email: &str, status: &'static str, reason: &'static str) -> Self {
        Self {
            text: text.to_string(),
            email: email.to_owned(),
            status,
            reason,
        }
    }
}

/// A deployment with its schema, and a folder for files.
pub(super) struct ImportFixture {
    pub(super) deployment: Deployment,
}

impl ImportFixture {
    pub(super) async fn create(engine: Engine) -> Self {
        let deployment = Deployment::new(engine).await;
        let fixture = Self { deployment };
        let made = fixture.run(&["migrate"]).await;
        assert!(made.status.success(), "{made:?}");
        fixture
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.deployment.folder.path().join(name)
    }

    /// Writes a file of rows.
    pub(super) fn file(&self, name: &str, rows: &[Row]) -> String {
        let text: String = rows.iter().map(|row| row.text.clone() + "\n").collect();
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub(super) async fn run(&self, args: &[&str]) -> std::process::Output {
        self.run_with(&[], args).await
    }

    pub(super) async fn run_with(
        &self,
        more: &[(&str, &str)],
        args: &[&str],
    ) -> std::process::Output {
        ServerProcess::run_command(
            &self.deployment.database(),
            self.deployment.folder.path(),
            more,
            args,
        )
        .await
    }

    /// Runs an import to its end. Returns its summary.
    pub(super) async fn import(&self, file: &str, more: &[&str]) -> Value {
        let args = [&["import", file, "-o", "json"], more].concat();
        let done = self.run(&args).await;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let summary: Value =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        let refused = summary["refused"].as_u64().unwrap() > 0;
        assert_eq!(done.status.code(), Some(i32::from(refused)), "{said}");
        summary
    }

    pub(super) fn report(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Requires that each row is reported once and correctly, and each account exists
    /// once, with one organization.
    pub(super) async fn expect(&self, rows: &[Row], report: &[Value]) {
        assert_eq!(report.len(), rows.len(), "{report:#?}");
        let users = self.ids("SELECT u.email || ' ' || {id} FROM users u").await;
        let owned = self
            .ids(
                "SELECT u.email || ' ' || {org} FROM users u
                   JOIN organizations o ON o.owner_id = u.id",
            )
            .await;
        for (number, (row, reported)) in rows.iter().zip(report).enumerate() {
            let context = format!("row {}: {reported}", number + 1);
            assert_eq!(reported["row"], number + 1, "{context}");
            assert_eq!(reported["status"], row.status, "{context}");
            let reason = reported["reason"].as_str().unwrap_or_default();
            assert!(reason.contains(row.reason), "{context}");
            assert_eq!(reason.is_empty(), row.status != "refused", "{context}");
            if row.status != "created" {
                assert!(reported.get("user_id").is_none(), "{context}");
                continue;
            }
            let email = reported["email"].as_str().unwrap();
            assert_eq!(email, row.email, "{context}");
            let one = |ids: &BTreeMap<String, Vec<String>>, name: &str| {
                let ids = ids
                    .get(email)
                    .unwrap_or_else(|| panic!("no user: {context}"));
                assert_eq!(ids.len(), 1, "{context}");
                assert_eq!(reported[name], ids[0], "{context}");
            };
            one(&users, "user_id");
            one(&owned, "organization_id");
        }
    }

    /// The ids that `sql` selects, by email address.
    async fn ids(&self, sql: &str) -> BTreeMap<String, Vec<String>> {
        let id = |column: &str| match self.deployment.database() {
            freehold_store::Database::Sqlite { .. } => format!("lower(hex({column}))"),
            freehold_store::Database::Postgres { .. } => {
                format!("replace(CAST({column} AS TEXT), '-', '')")
            }
        };
        let sql = sql
            .replace("{id}", &id("u.id"))
            .replace("{org}", &id("o.id"));
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for line in self.deployment.query_texts(&sql).await {
            let (email, id) = line.split_once(' ').unwrap();
            let id = uuid::Uuid::parse_str(id).unwrap().to_string();
            found.entry(email.to_owned()).or_default().push(id);
        }
        found
    }

    /// The counters of the imports: rows, created, existing, refused.
    pub(super) async fn counts(&self) -> Vec<String> {
        self.deployment
            .query_texts(
                "SELECT CAST(rows_done AS TEXT) || ' ' || CAST(created AS TEXT) || ' '
                     || CAST(existing AS TEXT) || ' ' || CAST(refused AS TEXT)
                   FROM imports WHERE finished_at IS NOT NULL ORDER BY started_at, id",
            )
            .await
    }
}
