//! Corruptions of the sample database by SQL, and the finding of `doctor` for
//! each.

use freehold_store::Engine;
use freehold_testkit::TestDatabase;

use crate::fixtures::database::{SampleDatabase, id, sql_seconds};

/// A corruption, and the expected findings.
pub(crate) struct Corruption {
    /// The check that finds it.
    pub(crate) check: &'static str,
    /// The number that the check counts.
    pub(crate) count: u64,
    /// The SQL statement, with the fixture's names in braces.
    pub(crate) sql: &'static str,
    method: Method,
    /// Other checks that necessarily fail, too.
    also_found: &'static [&'static str],
    only_on: Option<Engine>,
}

#[derive(Clone, Copy)]
enum Method {
    /// The schema allows it.
    Allowed,
    /// With foreign keys and checks disabled. SQLite's own check of references
    /// then finds it too.
    WithoutConstraints,
    /// After this constraint of this table was dropped.
    WithoutRule(&'static str, &'static str),
}
use Method::{Allowed, WithoutConstraints, WithoutRule};

macro_rules! corruptions {
    ($($check:ident $($count:literal)? $method:ident $(($table:literal, $rule:literal))?, $sql:literal $(, also_found $also_found:expr)? $(, only_on $only_on:expr)?;)*) => {
        pub(crate) static CORRUPTIONS: &[Corruption] = &[$(Corruption {
            check: stringify!($check),
            count: [$($count,)? 1][0],
            sql: $sql,
            method: $method $(($table, $rule))?,
            also_found: corruptions!(@also_found $($also_found)?),
            only_on: corruptions!(@only_on $($only_on)?),
        }),*];
    };
    (@also_found) => { &[] };
    (@also_found $also_found:expr) => { &$also_found };
    (@only_on) => { None };
    (@only_on $only_on:expr) => { Some($only_on) };
}

corruptions! {
    owner_is_member WithoutConstraints,
        "UPDATE organization_members SET role = 'admin' WHERE id = {ada_in_acme}";
    one_owner WithoutRule("organization_members", "uq_organization_members_one_owner"),
        "UPDATE organization_members SET role = 'owner' WHERE id = {bob_in_acme}";
    owner_exists WithoutConstraints,
        "UPDATE organizations SET owner_id = {ghost} WHERE id = {acme}", also_found ["owner_is_member"];
    owner_role_constant WithoutRule("organizations", "organizations_owner_role_check"),
        "UPDATE organizations SET owner_role = 'admin' WHERE id = {acme}";
    organization_member_references WithoutConstraints,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {ghost}, {acme})";
    organization_member_references WithoutConstraints,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {cleo}, {ghost})";
    organization_member_unique WithoutRule("organization_members", "uq_organization_members_organization_user"),
        "INSERT INTO organization_members (id, user_id, organization_id, role)
         VALUES ({new}, {bob}, {acme}, 'admin')";
    workspace_member_references WithoutConstraints,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {cleo}, {acme});
         INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {cleo}, {ghost}, {acme})";
    workspace_member_unique WithoutRule("workspace_members", "uq_workspace_members_workspace_user"),
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {bob}, {workspace}, {acme})";
    workspace_member_in_organization WithoutConstraints,
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {cleo}, {workspace}, {acme})";
    project_member_references WithoutConstraints,
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {ada}, {ghost}, {workspace})";
    project_member_unique WithoutRule("project_members", "uq_project_members_project_user"),
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {bob}, {project}, {workspace})";
    project_member_in_workspace WithoutConstraints,
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {cleo}, {project}, {workspace})";
    project_member_missing Allowed, "DELETE FROM project_members WHERE id = {bob_in_project}";
    no_role_has_purpose Allowed,
        "INSERT INTO organization_members (id, user_id, organization_id, role)
         VALUES ({new}, {cleo}, {acme}, 'none')";
    role_known Allowed, "UPDATE organization_members SET role = 'editor' WHERE id = {bob_in_acme}";
    role_known Allowed, "UPDATE workspace_members SET role = 'Owner' WHERE id = {bob_in_workspace}";
    role_known Allowed, "UPDATE project_members SET role = '' WHERE id = {bob_in_project}";
    workspace_organization WithoutConstraints,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {ghost});
         INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Lost', true, {new}, {ghost})";
    project_workspace WithoutConstraints,
        "INSERT INTO projects (id, project_name, workspace_id, organization_id)
         VALUES ({new}, 'Lost', {ghost}, {acme})";
    one_default_project WithoutRule("projects", "uq_projects_one_default"),
        "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Second', true, {workspace}, {acme})", also_found ["project_member_missing"];
    organization_without_workspace Allowed,
        "INSERT INTO organizations (id, owner_id) VALUES ({new}, {cleo});
         INSERT INTO organization_members (id, user_id, organization_id, role)
         VALUES ({new}, {cleo}, {new}, 'owner')";
    workspace_without_project Allowed,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {acme})";
    workspace_without_default_project Allowed, "UPDATE projects SET is_default = false";
    flags_object Allowed, "UPDATE organizations SET flags = '[]'";
    flags_object Allowed, "UPDATE organizations SET flags = 'not JSON'", only_on Engine::Sqlite;
    resource_data_object Allowed, "UPDATE resources SET data = '7'";
    resource_project WithoutConstraints,
        "INSERT INTO resources (id, project_id, kind, slug) VALUES ({new}, {ghost}, 'testset', 'lost')";
    resource_project WithoutRule("resources", "resources_kind_check"),
        "UPDATE resources SET kind = 'poem'";
    api_key_creator WithoutConstraints, "UPDATE api_keys SET created_by_id = {cleo}";
    api_key_prefix_unique 2 WithoutRule("api_keys", "uq_api_keys_prefix"),
        "INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
         SELECT {new}, prefix, hashed_key, project_id, created_by_id FROM api_keys";
    api_key_shape Allowed, "UPDATE api_keys SET hashed_key = 'Zz' || substr(hashed_key, 3)";
    api_key_shape Allowed, "UPDATE api_keys SET hashed_key = upper(hashed_key), prefix = upper(prefix)";
    api_key_shape Allowed, "UPDATE api_keys SET hashed_key = hashed_key || '0'";
    email_normal Allowed, "UPDATE users SET email = 'cleo.@else.test' WHERE id = {cleo}";
    email_normal WithoutRule("users", "users_email_normal"),
        "UPDATE users SET email = 'Cleo@else.test' WHERE id = {cleo}";
    email_unique 2 WithoutRule("users", "users_email_key"),
        "UPDATE users SET email = 'bob@acme.test' WHERE id = {cleo}";
    user_exists WithoutConstraints, "UPDATE passwords SET user_id = {ghost}";
    user_exists WithoutConstraints, "UPDATE sessions SET user_id = {ghost}";
    identity_unique 2 WithoutRule("user_identities", "uq_user_identities_method_subject"),
        "INSERT INTO user_identities (id, user_id, method, subject, domain)
         SELECT {new}, {bob}, method, subject, domain FROM user_identities";
    identity_domain Allowed, "UPDATE user_identities SET domain = 'else.test'";
    password_hash Allowed, "UPDATE passwords SET hash = 'secret'";
    password_hash Allowed, "UPDATE passwords SET hash = '$argon2id$v=19'";
    password_hash Allowed, "UPDATE passwords SET hash = '$2b$12$'";
    password_hash Allowed, "UPDATE passwords SET hash = '$scrypt$ln=14,r=8,p=1$c2FsdA'";
    session_expired Allowed, "UPDATE sessions SET expires_at = {past}";
    invitation_accepted_by Allowed, "UPDATE project_invitations SET user_id = {bob}";
    invitation_workspace WithoutConstraints, "UPDATE project_invitations SET workspace_id = {ghost}";
    invitation_workspace Allowed,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {acme});
         INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Elsewhere', true, {new}, {acme});
         UPDATE project_invitations SET project_id = {new}";
    one_open_invitation WithoutRule("project_invitations", "uq_project_invitations_one_open"),
        "INSERT INTO project_invitations (id, token, email, role, workspace_id, organization_id)
         SELECT {new}, '00' || substr(token, 3), email, role, workspace_id, organization_id
           FROM project_invitations";
    invitation_email_normal Allowed, "UPDATE project_invitations SET email = 'dora.@else.test'";
    invitation_token_shape Allowed, "UPDATE project_invitations SET token = 'secret'";
    invitation_token_shape Allowed, "UPDATE project_invitations SET token = upper(token)";
    invitation_role_known Allowed, "UPDATE project_invitations SET role = 'boss'";
    invitation_to_member Allowed,
        "UPDATE project_invitations SET email = 'bob@acme.test', role = 'editor'";
    email_job_overdue Allowed, "UPDATE outbox SET available_at = {past}";
    email_job_dead Allowed, "UPDATE outbox SET failed_at = {past}, last_error = '550 No such user'";
    job_overdue Allowed,
        "INSERT INTO jobs (name, runner_id, lease_until, last_started_at, last_finished_at, overdue_at)
         VALUES ('purge_sessions', {new}, {past}, {past}, {past}, {past})";
    job_failed Allowed,
        "INSERT INTO jobs (name, runner_id, lease_until, last_started_at, last_finished_at, last_error, overdue_at)
         VALUES ('purge_sessions', {new}, {past}, {past}, {past}, 'no space left', {soon})";
    audit_action_known Allowed, "UPDATE audit_events SET action = 'pigs.flew'";
    constraints_valid Allowed,
        "ALTER TABLE outbox ADD CONSTRAINT later CHECK (attempts >= 0) NOT VALID", only_on Engine::Postgres;
    indexes_valid Allowed,
        "CREATE UNIQUE INDEX CONCURRENTLY unfinished ON users (is_active)", only_on Engine::Postgres;
}

/// Constraints that have no name in SQLite.
const UNNAMED_IN_SQLITE: [&str; 2] = ["organizations_owner_role_check", "resources_kind_check"];

impl Corruption {
    pub(crate) fn applies(&self, engine: Engine) -> bool {
        self.only_on.is_none_or(|only_on| only_on == engine)
    }

    /// The expected findings.
    pub(crate) fn expected(&self, engine: Engine) -> impl Iterator<Item = &'static str> {
        let more: &[&str] = match (self.method, engine) {
            (Allowed, _) | (WithoutConstraints, Engine::Postgres) => &[],
            (WithoutConstraints, Engine::Sqlite) => &["references"],
            // The constraint is still in the schema, so SQLite's check of the file
            // reports the row; with another role, the owner's foreign key refers to
            // no row.
            (WithoutRule("organizations", _), Engine::Sqlite) => &["references", "file_integrity"],
            (WithoutRule("resources", _), Engine::Sqlite) => &["file_integrity"],
            (WithoutRule(_, name), Engine::Postgres) if UNNAMED_IN_SQLITE.contains(&name) => &[],
            // References to what is no longer unique make no sense to SQLite.
            (WithoutRule("organization_members", name), Engine::Sqlite)
                if name.ends_with("_user") =>
            {
                &["rules_present", "references"]
            }
            (WithoutRule("workspace_members" | "project_members", _), Engine::Sqlite) => {
                &["rules_present", "references"]
            }
            (WithoutRule(..), _) => &["rules_present"],
        };
        [self.check]
            .into_iter()
            .chain(more.iter().copied())
            .chain(self.also_found.iter().copied())
    }

    pub(crate) async fn apply(&self, db: &TestDatabase, sample: &SampleDatabase) {
        let names = [
            ("{ada}", sample.ada.clone()),
            ("{bob}", sample.bob.clone()),
            ("{cleo}", sample.cleo.clone()),
            ("{acme}", sample.acme.clone()),
            ("{workspace}", sample.workspace.clone()),
            ("{project}", sample.project.clone()),
            ("{ada_in_acme}", sample.ada_in_acme.clone()),
            ("{bob_in_acme}", sample.bob_in_acme.clone()),
            ("{bob_in_workspace}", sample.bob_in_workspace.clone()),
            ("{bob_in_project}", sample.bob_in_project.clone()),
            ("{ghost}", id(db, 998)),
            ("{new}", id(db, 999)),
            ("{past}", sql_seconds(db, 1_760_000_000)),
            ("{soon}", sql_seconds(db, 4_000_000_000)),
        ];
        let sql = names
            .into_iter()
            .fold(self.sql.to_owned(), |sql, (name, value)| {
                sql.replace(name, &value)
            });
        let done = match self.method {
            Allowed => db.execute(&sql).await,
            WithoutConstraints => db.execute_without_constraints(&sql).await,
            WithoutRule(table, rule) => {
                db.drop_constraint(table, rule).await;
                if UNNAMED_IN_SQLITE.contains(&rule) {
                    db.execute_without_constraints(&sql).await
                } else {
                    db.execute(&sql).await
                }
            }
        };
        // An index that could not be built is marked invalid, and remains so.
        if self.check != "indexes_valid" {
            done.unwrap_or_else(|refused| panic!("{sql}: {refused}"));
        }
    }
}
