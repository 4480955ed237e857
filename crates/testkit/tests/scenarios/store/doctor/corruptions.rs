//! What somebody with too much power could do to the small town, and what
//! `doctor` has to say to each.

use freehold_store::Engine;
use freehold_testkit::TestDatabase;

use crate::fixtures::database::{Town, at, id};

/// One thing done, and what is then found.
pub(crate) struct Corruption {
    /// The check that it is for.
    pub(crate) check: &'static str,
    /// What that check counts.
    pub(crate) count: u64,
    /// What is done, with the town's names in braces.
    pub(crate) sql: &'static str,
    how: How,
    /// What else is wrong then, by the nature of it.
    also: &'static [&'static str],
    only: Option<Engine>,
}

#[derive(Clone, Copy)]
enum How {
    /// The schema lets it happen.
    Freely,
    /// With foreign keys and checks out of force. The file's own look at its
    /// references then finds it too.
    Unguarded,
    /// After this rule of this table was taken out.
    Without(&'static str, &'static str),
}
use How::{Freely, Unguarded, Without};

macro_rules! corruptions {
    ($($check:ident $($count:literal)? $how:ident $(($table:literal, $rule:literal))?, $sql:literal $(, also $also:expr)? $(, only $only:expr)?;)*) => {
        pub(crate) static CORRUPTIONS: &[Corruption] = &[$(Corruption {
            check: stringify!($check),
            count: [$($count,)? 1][0],
            sql: $sql,
            how: $how $(($table, $rule))?,
            also: corruptions!(@also $($also)?),
            only: corruptions!(@only $($only)?),
        }),*];
    };
    (@also) => { &[] };
    (@also $also:expr) => { &$also };
    (@only) => { None };
    (@only $only:expr) => { Some($only) };
}

corruptions! {
    owner_is_member Unguarded,
        "UPDATE organization_members SET role = 'admin' WHERE id = {ada_in_acme}";
    one_owner Without("organization_members", "uq_organization_members_one_owner"),
        "UPDATE organization_members SET role = 'owner' WHERE id = {bob_in_acme}";
    owner_exists Unguarded,
        "UPDATE organizations SET owner_id = {ghost} WHERE id = {acme}", also ["owner_is_member"];
    owner_role_constant Without("organizations", "organizations_owner_role_check"),
        "UPDATE organizations SET owner_role = 'admin' WHERE id = {acme}";
    organization_member_references Unguarded,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {ghost}, {acme})";
    organization_member_references Unguarded,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {cleo}, {ghost})";
    organization_member_unique Without("organization_members", "uq_organization_members_organization_user"),
        "INSERT INTO organization_members (id, user_id, organization_id, role)
         VALUES ({new}, {bob}, {acme}, 'admin')";
    workspace_member_references Unguarded,
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({new}, {cleo}, {acme});
         INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {cleo}, {ghost}, {acme})";
    workspace_member_unique Without("workspace_members", "uq_workspace_members_workspace_user"),
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {bob}, {workspace}, {acme})";
    workspace_member_in_organization Unguarded,
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
         VALUES ({new}, {cleo}, {workspace}, {acme})";
    project_member_references Unguarded,
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {ada}, {ghost}, {workspace})";
    project_member_unique Without("project_members", "uq_project_members_project_user"),
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {bob}, {project}, {workspace})";
    project_member_in_workspace Unguarded,
        "INSERT INTO project_members (id, user_id, project_id, workspace_id)
         VALUES ({new}, {cleo}, {project}, {workspace})";
    project_member_missing Freely, "DELETE FROM project_members WHERE id = {bob_in_project}";
    role_known Freely, "UPDATE organization_members SET role = 'editor' WHERE id = {bob_in_acme}";
    role_known Freely, "UPDATE workspace_members SET role = 'Owner' WHERE id = {bob_in_workspace}";
    role_known Freely, "UPDATE project_members SET role = '' WHERE id = {bob_in_project}";
    workspace_organization Unguarded,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {ghost});
         INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Lost', true, {new}, {ghost})";
    project_workspace Unguarded,
        "INSERT INTO projects (id, project_name, workspace_id, organization_id)
         VALUES ({new}, 'Lost', {ghost}, {acme})";
    one_default_project Without("projects", "uq_projects_one_default"),
        "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Second', true, {workspace}, {acme})", also ["project_member_missing"];
    organization_without_workspace Freely,
        "INSERT INTO organizations (id, owner_id) VALUES ({new}, {cleo});
         INSERT INTO organization_members (id, user_id, organization_id, role)
         VALUES ({new}, {cleo}, {new}, 'owner')";
    workspace_without_project Freely,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {acme})";
    workspace_without_default_project Freely, "UPDATE projects SET is_default = false";
    flags_object Freely, "UPDATE organizations SET flags = '[]'";
    flags_object Freely, "UPDATE organizations SET flags = 'not JSON'", only Engine::Sqlite;
    resource_data_object Freely, "UPDATE resources SET data = '7'";
    resource_project Unguarded,
        "INSERT INTO resources (id, project_id, kind, slug) VALUES ({new}, {ghost}, 'testset', 'lost')";
    resource_project Without("resources", "resources_kind_check"),
        "UPDATE resources SET kind = 'poem'";
    api_key_creator Unguarded, "UPDATE api_keys SET created_by_id = {cleo}";
    api_key_prefix_unique 2 Without("api_keys", "uq_api_keys_prefix"),
        "INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
         SELECT {new}, prefix, hashed_key, project_id, created_by_id FROM api_keys";
    api_key_shape Freely, "UPDATE api_keys SET hashed_key = 'Zz' || substr(hashed_key, 3)";
    api_key_shape Freely, "UPDATE api_keys SET hashed_key = upper(hashed_key), prefix = upper(prefix)";
    api_key_shape Freely, "UPDATE api_keys SET hashed_key = hashed_key || '0'";
    email_normal Freely, "UPDATE users SET email = 'cleo.@else.test' WHERE id = {cleo}";
    email_normal Without("users", "users_email_normal"),
        "UPDATE users SET email = 'Cleo@else.test' WHERE id = {cleo}";
    email_unique 2 Without("users", "users_email_key"),
        "UPDATE users SET email = 'bob@acme.test' WHERE id = {cleo}";
    user_exists Unguarded, "UPDATE passwords SET user_id = {ghost}";
    user_exists Unguarded, "UPDATE sessions SET user_id = {ghost}";
    identity_unique 2 Without("user_identities", "uq_user_identities_method_subject"),
        "INSERT INTO user_identities (id, user_id, method, subject, domain)
         SELECT {new}, {bob}, method, subject, domain FROM user_identities";
    identity_domain Freely, "UPDATE user_identities SET domain = 'else.test'";
    password_hash Freely, "UPDATE passwords SET hash = 'secret'";
    password_hash Freely, "UPDATE passwords SET hash = '$argon2id$v=19'";
    password_hash Freely, "UPDATE passwords SET hash = '$2b$12$'";
    password_hash Freely, "UPDATE passwords SET hash = '$scrypt$ln=14,r=8,p=1$c2FsdA'";
    session_expired Freely, "UPDATE sessions SET expires_at = {past}";
    invitation_accepted_by Freely, "UPDATE project_invitations SET user_id = {bob}";
    invitation_workspace Unguarded, "UPDATE project_invitations SET workspace_id = {ghost}";
    invitation_workspace Freely,
        "INSERT INTO workspaces (id, organization_id) VALUES ({new}, {acme});
         INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
         VALUES ({new}, 'Elsewhere', true, {new}, {acme});
         UPDATE project_invitations SET project_id = {new}";
    one_open_invitation Without("project_invitations", "uq_project_invitations_one_open"),
        "INSERT INTO project_invitations (id, token, email, role, workspace_id, organization_id)
         SELECT {new}, '00' || substr(token, 3), email, role, workspace_id, organization_id
           FROM project_invitations";
    invitation_email_normal Freely, "UPDATE project_invitations SET email = 'dora.@else.test'";
    invitation_token_shape Freely, "UPDATE project_invitations SET token = 'secret'";
    invitation_token_shape Freely, "UPDATE project_invitations SET token = upper(token)";
    invitation_role_known Freely, "UPDATE project_invitations SET role = 'boss'";
    invitation_to_member Freely,
        "UPDATE project_invitations SET email = 'bob@acme.test', role = 'editor'";
    email_job_overdue Freely, "UPDATE outbox SET available_at = {past}";
    email_job_dead Freely, "UPDATE outbox SET failed_at = {past}, last_error = '550 No such user'";
    audit_action_known Freely, "UPDATE audit_events SET action = 'pigs.flew'";
    constraints_valid Freely,
        "ALTER TABLE outbox ADD CONSTRAINT later CHECK (attempts >= 0) NOT VALID", only Engine::Postgres;
    indexes_valid Freely,
        "CREATE UNIQUE INDEX CONCURRENTLY unfinished ON users (is_active)", only Engine::Postgres;
}

/// Rules without a name in SQLite.
const NAMELESS: [&str; 2] = ["organizations_owner_role_check", "resources_kind_check"];

impl Corruption {
    pub(crate) fn applies(&self, engine: Engine) -> bool {
        self.only.is_none_or(|only| only == engine)
    }

    /// What is to be found afterwards.
    pub(crate) fn expected(&self, engine: Engine) -> impl Iterator<Item = &'static str> {
        let more: &[&str] = match (self.how, engine) {
            (Freely, _) | (Unguarded, Engine::Postgres) => &[],
            (Unguarded, Engine::Sqlite) => &["references"],
            // Its check is still in force for the file's own look, and with
            // another role the owner's reference leads nowhere.
            (Without("organizations", _), Engine::Sqlite) => &["references", "file_integrity"],
            (Without("resources", _), Engine::Sqlite) => &["file_integrity"],
            (Without(_, name), Engine::Postgres) if NAMELESS.contains(&name) => &[],
            // References to what is no longer unique make no sense to SQLite.
            (Without("organization_members", name), Engine::Sqlite) if name.ends_with("_user") => {
                &["rules_present", "references"]
            }
            (Without("workspace_members" | "project_members", _), Engine::Sqlite) => {
                &["rules_present", "references"]
            }
            (Without(..), _) => &["rules_present"],
        };
        [self.check]
            .into_iter()
            .chain(more.iter().copied())
            .chain(self.also.iter().copied())
    }

    pub(crate) async fn inflict(&self, db: &TestDatabase, town: &Town) {
        let names = [
            ("{ada}", town.ada.clone()),
            ("{bob}", town.bob.clone()),
            ("{cleo}", town.cleo.clone()),
            ("{acme}", town.acme.clone()),
            ("{workspace}", town.workspace.clone()),
            ("{project}", town.project.clone()),
            ("{ada_in_acme}", town.ada_in_acme.clone()),
            ("{bob_in_acme}", town.bob_in_acme.clone()),
            ("{bob_in_workspace}", town.bob_in_workspace.clone()),
            ("{bob_in_project}", town.bob_in_project.clone()),
            ("{ghost}", id(db, 998)),
            ("{new}", id(db, 999)),
            ("{past}", at(db, 1_760_000_000)),
        ];
        let sql = names
            .into_iter()
            .fold(self.sql.to_owned(), |sql, (name, value)| {
                sql.replace(name, &value)
            });
        let done = match self.how {
            Freely => db.raw(&sql).await,
            Unguarded => db.unguarded(&sql).await,
            Without(table, rule) => {
                db.loosen(table, rule).await;
                if NAMELESS.contains(&rule) {
                    db.unguarded(&sql).await
                } else {
                    db.raw(&sql).await
                }
            }
        };
        // An index that cannot be finished says so, and stays unfinished.
        if self.check != "indexes_valid" {
            done.unwrap_or_else(|refused| panic!("{sql}: {refused}"));
        }
    }
}
