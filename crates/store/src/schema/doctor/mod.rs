//! Checks a database against all rules, including those that no schema can
//! enforce.
//!
//! The checks are in `checks`; this file runs them. `app::doctor` makes the
//! report.

mod checks;

pub use checks::CHECKS;

use freehold_domain::{AuditAction, Email, Level, RoleCatalog, RoleDefinition};
use uuid::Uuid;

use crate::engine::rule::RULES;
use crate::engine::{Engine, Result, Row, Snapshot, Sql, StoreError, Value};
use crate::schema::migrations::{self, History};

/// How many examples a finding has at most.
pub const MAX_SAMPLES: usize = 5;

/// How many email addresses are read at a time.
const EMAIL_PAGE_SIZE: i64 = 10_000;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Harmless; the server works.
    Warning,
    /// A rule is violated.
    Error,
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// How serious a finding is.
    pub severity: Severity,
    /// What a finding means.
    pub meaning: &'static str,
    check_query: CheckQuery,
}

/// The query of a check, by how its result is read.
#[derive(Debug)]
enum CheckQuery {
    /// Count and id of the rows that violate the rule.
    Rows(Sql),
    /// The same; `$1`, `$2` and `$3` are the roles that exist in organizations,
    /// workspaces and projects.
    Roles(Sql),
    /// Ids and email addresses, a page at a time: SQL cannot normalize them.
    Emails(Sql),
    /// Actions and how often each is recorded.
    Actions(Sql),
    /// Names or definitions of the schema's constraints and indexes.
    RulesPresent(Sql),
    /// One text for each violation.
    Texts(Sql),
    /// The same, on SQLite only.
    Sqlite(Sql),
    /// The same, on PostgreSQL only.
    Postgres(Sql),
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How many violations there are.
    pub count: u64,
    /// Some of them: ids, or a short text.
    pub samples: Vec<String>,
}

/// How a database's schema compares with the one of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// They are the same.
    Current,
    /// This many migrations are missing; all of them in an empty database.
    Behind(usize),
    /// The database has other migrations; the text explains the difference.
    DifferentHistory(String),
}

/// Rules without a variant of [`Rule`](crate::Rule): triggers, and those whose violation is
/// reported as that of a foreign key or a check.
const RULES_WITHOUT_VARIANT: &[&str] = &[
    "users_email_normal",
    "fk_organizations_owner_id_users",
    "fk_organizations_owner_member",
    "uq_workspaces_organization",
    "fk_workspace_members_workspace",
    "fk_workspace_members_organization_member",
    "uq_projects_workspace",
    "fk_projects_workspace",
    "fk_project_members_project",
    "fk_project_members_workspace_member",
    "project_members_role",
    "project_members_deleted",
    "workspace_members_deleted",
    "fk_api_keys_project_member",
    "fk_project_invitations_workspace",
    "project_invitations_token_key",
    "project_invitations_email_normal",
    "project_invitations_status",
    "project_invitations_used",
    "project_invitations_role",
];

/// The one named rule without a name on SQLite: a primary key.
const UNNAMED_IN_SQLITE: &str = "idempotency_records_pkey";

static HAS_HISTORY: Sql = Sql {
    sqlite: "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'",
    postgres: "SELECT count(*) FROM pg_class WHERE oid = to_regclass('schema_migrations')",
};

/// The statements that are run on `engine`.
pub(crate) fn statements(engine: Engine) -> Vec<&'static Sql> {
    let of_checks = CHECKS.iter().filter_map(|check| match &check.check_query {
        CheckQuery::Rows(sql)
        | CheckQuery::Roles(sql)
        | CheckQuery::Emails(sql)
        | CheckQuery::Actions(sql)
        | CheckQuery::RulesPresent(sql)
        | CheckQuery::Texts(sql) => Some(sql),
        CheckQuery::Sqlite(sql) => (engine == Engine::Sqlite).then_some(sql),
        CheckQuery::Postgres(sql) => (engine == Engine::Postgres).then_some(sql),
    });
    of_checks.chain([&HAS_HISTORY]).collect()
}

impl Check {
    /// A check of an extension's tables. `sql` returns one text for each violation.
    #[must_use]
    pub const fn texts(
        name: &'static str,
        severity: Severity,
        meaning: &'static str,
        sql: Sql,
    ) -> Self {
        Self {
            name,
            severity,
            meaning,
            check_query: CheckQuery::Texts(sql),
        }
    }

    /// Whether the check exists on this engine.
    pub fn applies(&self, engine: Engine) -> bool {
        match self.check_query {
            CheckQuery::Sqlite(_) => engine == Engine::Sqlite,
            CheckQuery::Postgres(_) => engine == Engine::Postgres,
            CheckQuery::Rows(_)
            | CheckQuery::Roles(_)
            | CheckQuery::Emails(_)
            | CheckQuery::Actions(_)
            | CheckQuery::RulesPresent(_)
            | CheckQuery::Texts(_) => true,
        }
    }
}

impl Snapshot {
    /// Returns the state of the schema. Checks can be run only when it is
    /// [`SchemaState::Current`].
    pub async fn schema_state(&mut self, extensions: &[History]) -> Result<SchemaState> {
        let tables: Vec<i64> = self
            .read(&HAS_HISTORY, Vec::new(), |row| row.get(0))
            .await?;
        if tables.first().is_none_or(|count| *count == 0) {
            let of_extensions = extensions.iter().map(|history| history.migrations.len());
            let all = migrations::ALL.len() + of_extensions.sum::<usize>();
            return Ok(SchemaState::Behind(all));
        }
        match self.missing_migrations(extensions).await {
            Ok(0) => Ok(SchemaState::Current),
            Ok(missing) => Ok(SchemaState::Behind(missing)),
            Err(StoreError::Schema(why)) => Ok(SchemaState::DifferentHistory(why)),
            Err(other) => Err(other),
        }
    }

    /// Runs one check; `roles` are the roles that exist. The finding is empty
    /// where the check does not apply.
    ///
    /// # Errors
    /// When the database cannot be read, or its tables were altered so that the
    /// query fails.
    pub async fn run_check(
        &mut self,
        check: &'static Check,
        roles: &RoleCatalog,
    ) -> Result<Finding> {
        match &check.check_query {
            CheckQuery::Rows(sql) => self.rows(sql, Vec::new()).await,
            CheckQuery::Roles(sql) => self.rows(sql, known_roles(roles)).await,
            CheckQuery::Emails(sql) => self.emails(sql).await,
            CheckQuery::Actions(sql) => {
                let actions: Vec<(String, i64)> = self
                    .read(sql, Vec::new(), |row| Ok((row.get(0)?, row.get(1)?)))
                    .await?;
                let mut finding = Finding::default();
                for (action, count) in actions {
                    if !AuditAction::ALL
                        .iter()
                        .any(|known| known.as_str() == action)
                    {
                        finding.add(action);
                        finding.count += u64::try_from(count).unwrap_or(0).saturating_sub(1);
                    }
                }
                Ok(finding)
            }
            CheckQuery::RulesPresent(sql) => {
                let present_names: Vec<String> =
                    self.read(sql, Vec::new(), |row| row.get(0)).await?;
                let engine = self.engine();
                let mut finding = Finding::default();
                for rule in rules(engine) {
                    let present = |text: &String| match engine {
                        Engine::Sqlite => has_word(text, rule),
                        Engine::Postgres => text == rule,
                    };
                    if !present_names.iter().any(present) {
                        finding.add(rule.to_owned());
                    }
                }
                Ok(finding)
            }
            CheckQuery::Texts(sql) | CheckQuery::Sqlite(sql) | CheckQuery::Postgres(sql)
                if check.applies(self.engine()) =>
            {
                let texts = match self.read(sql, Vec::new(), |row| row.get(0)).await {
                    Ok(texts) => texts,
                    // On a damaged file the query itself fails.
                    Err(StoreError::Fault(why)) if self.engine() == Engine::Sqlite => vec![why],
                    Err(other) => return Err(other),
                };
                let mut finding = Finding::default();
                texts.into_iter().for_each(|text| finding.add(text));
                Ok(finding)
            }
            CheckQuery::Texts(_) | CheckQuery::Sqlite(_) | CheckQuery::Postgres(_) => {
                Ok(Finding::default())
            }
        }
    }

    async fn rows(&mut self, sql: &'static Sql, values: Vec<Value>) -> Result<Finding> {
        let rows = self.read(sql, values, counted).await?;
        Ok(Finding {
            count: rows.first().map_or(0, |(count, _)| *count),
            samples: rows.into_iter().map(|(_, id)| id.to_string()).collect(),
        })
    }

    async fn emails(&mut self, sql: &'static Sql) -> Result<Finding> {
        let mut finding = Finding::default();
        let mut from = Uuid::nil();
        loop {
            let page: Vec<(Uuid, String)> = self
                .read(
                    sql,
                    vec![Value::Uuid(from), Value::Int(EMAIL_PAGE_SIZE)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .await?;
            let last = page.last().map(|(id, _)| id.as_u128());
            let is_full = i64::try_from(page.len()).is_ok_and(|rows| rows == EMAIL_PAGE_SIZE);
            for (id, email) in page {
                if !Email::parse(&email).is_ok_and(|normal| normal.as_str() == email) {
                    finding.add(id.to_string());
                }
            }
            match last.and_then(|id| id.checked_add(1)) {
                Some(next) if is_full => from = Uuid::from_u128(next),
                _ => return Ok(finding),
            }
        }
    }
}

impl Finding {
    fn add(&mut self, sample: String) {
        self.count += 1;
        if self.samples.len() < MAX_SAMPLES {
            self.samples.push(sample);
        }
    }
}

fn counted(row: &Row<'_>) -> Result<(u64, Uuid)> {
    let count: i64 = row.get(0)?;
    Ok((u64::try_from(count).unwrap_or(0), row.get(1)?))
}

/// The slugs of each level's roles, as JSON lists for SQL.
fn known_roles(roles: &RoleCatalog) -> Vec<Value> {
    let of = |level| {
        let slugs = roles.roles(level).iter().map(RoleDefinition::slug);
        Value::Json(serde_json::Value::from_iter(slugs).to_string())
    };
    Level::ALL.map(of).into()
}

/// The names of the constraints and indexes that the schema must have.
fn rules(engine: Engine) -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .map(|(constraint, ..)| *constraint)
        .chain(RULES_WITHOUT_VARIANT.iter().copied())
        .filter(move |name| engine == Engine::Postgres || *name != UNNAMED_IN_SQLITE)
}

/// Whether `text` contains `word`, not as a part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_rule_is_in_both_schemas() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let schema: String = migrations::ALL
                .iter()
                .map(|step| match engine {
                    Engine::Sqlite => step.sqlite,
                    Engine::Postgres => step.postgres,
                })
                .collect();
            for rule in rules(engine).filter(|rule| *rule != UNNAMED_IN_SQLITE) {
                assert!(has_word(&schema, rule), "{rule} on {}", engine.as_str());
            }
        }
    }
}
