//! The checks of `doctor`, one entry for each.
//!
//! Rules that the schema enforces are checked, too: a schema can be altered by
//! hand, and rows can be loaded with constraints disabled.

use super::Severity::{Error, Warning};
use super::{Check, CheckQuery};
use crate::engine::Sql;
use crate::engine::sql_text::{Column, Part};
use crate::engine::statement::text;

/// A query of the kind `$kind`. A second text is for PostgreSQL.
macro_rules! query {
    ($kind:ident $text:literal) => {
        query!($kind $text, $text)
    };
    ($kind:ident $text:literal, $postgres:literal) => {
        CheckQuery::$kind(text!(&[], $text, postgres = $postgres))
    };
}

/// A query that returns the `id` of each violation, which is changed to count them
/// and return a few. Evaluated once: both engines materialize a common table that is
/// used twice.
macro_rules! rows {
    ($text:literal $(, $postgres:literal)?) => {
        rows!(Rows $text $(, $postgres)?)
    };
    ($kind:ident $text:literal) => {
        rows!($kind $text, $text)
    };
    ($kind:ident $text:literal, $postgres:literal) => {{
        const SQLITE: &[Part] = &[violations(&[Column::Text($text)])];
        const POSTGRES: &[Part] = &[violations(&[Column::Text($postgres)])];
        CheckQuery::$kind(Sql {
            sqlite: text!(@ Sqlite, SQLITE, COUNTED),
            postgres: text!(@ Postgres, POSTGRES, COUNTED),
        })
    }};
}

const COUNTED: &str = "
    WITH bad AS ({VIOLATIONS}) SELECT (SELECT count(*) FROM bad), id FROM bad LIMIT 5";

const fn violations(columns: &'static [Column]) -> Part {
    let name = "VIOLATIONS";
    Part { name, columns }
}

macro_rules! checks {
    ($($name:ident $severity:ident $meaning:literal $check_query:expr;)*) => {
        /// All checks, in the order in which they are reported.
        pub static CHECKS: &[Check] = &[$(Check {
            name: stringify!($name),
            severity: $severity,
            meaning: $meaning,
            check_query: $check_query,
        }),*];
    };
}

checks! {
    // Owners.
    owner_is_member Error "an organization's owner is not a member of it with the role owner"
        rows!("SELECT o.id FROM organizations o WHERE NOT EXISTS (
                 SELECT 1 FROM organization_members m WHERE m.organization_id = o.id
                    AND m.user_id = o.owner_id AND m.role = 'owner')");
    one_owner Error "an organization has more than one member with the role owner"
        rows!("SELECT organization_id AS id FROM organization_members WHERE role = 'owner'
                GROUP BY organization_id HAVING count(*) > 1");
    owner_exists Error "an organization's owner does not exist"
        rows!("SELECT o.id FROM organizations o
                WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = o.owner_id)");
    owner_role_constant Error "an organization's owner_role is not owner"
        rows!("SELECT id FROM organizations WHERE owner_role <> 'owner'");

    // Memberships.
    organization_member_references Error "a membership refers to a user or an organization that does not exist"
        rows!("SELECT m.id FROM organization_members m
                WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)
                   OR NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = m.organization_id)");
    organization_member_unique Error "a user has more than one membership of an organization"
        rows!("SELECT organization_id AS id FROM organization_members
                GROUP BY organization_id, user_id HAVING count(*) > 1");
    workspace_member_references Error "a membership refers to a workspace that is not in its organization"
        rows!("SELECT m.id FROM workspace_members m WHERE NOT EXISTS (
                 SELECT 1 FROM workspaces w WHERE w.id = m.workspace_id
                    AND w.organization_id = m.organization_id)");
    workspace_member_unique Error "a user has more than one membership of a workspace"
        rows!("SELECT workspace_id AS id FROM workspace_members
                GROUP BY workspace_id, user_id HAVING count(*) > 1");
    workspace_member_in_organization Error "a member of a workspace is not a member of its organization"
        rows!("SELECT m.id FROM workspace_members m WHERE NOT EXISTS (
                 SELECT 1 FROM organization_members o WHERE o.organization_id = m.organization_id
                    AND o.user_id = m.user_id)");
    project_member_references Error "a membership refers to a project that is not in its workspace"
        rows!("SELECT m.id FROM project_members m WHERE NOT EXISTS (
                 SELECT 1 FROM projects p WHERE p.id = m.project_id
                    AND p.workspace_id = m.workspace_id)");
    project_member_unique Error "a user has more than one membership of a project"
        rows!("SELECT project_id AS id FROM project_members
                GROUP BY project_id, user_id HAVING count(*) > 1");
    project_member_in_workspace Error "a member of a project is not a member of its workspace"
        rows!("SELECT m.id FROM project_members m WHERE NOT EXISTS (
                 SELECT 1 FROM workspace_members w WHERE w.workspace_id = m.workspace_id
                    AND w.user_id = m.user_id)");
    project_member_missing Warning "a member of a workspace is not a member of each of its projects"
        // A viewer of a workspace may be a member of a single project only, for
        // example of a demo project.
        rows!("SELECT DISTINCT m.id FROM workspace_members m
                 JOIN projects p ON p.workspace_id = m.workspace_id
                WHERE m.role NOT IN ('viewer', 'none')
                  AND NOT EXISTS (SELECT 1 FROM project_members x
                                   WHERE x.project_id = p.id AND x.user_id = m.user_id)");
    no_role_has_purpose Warning "a row without a role is above no membership"
        rows!("SELECT m.id FROM workspace_members m WHERE m.role = 'none' AND NOT EXISTS (
                 SELECT 1 FROM project_members p WHERE p.user_id = m.user_id
                    AND p.workspace_id = m.workspace_id)
               UNION ALL
               SELECT m.id FROM organization_members m WHERE m.role = 'none' AND NOT EXISTS (
                 SELECT 1 FROM workspace_members w WHERE w.user_id = m.user_id
                    AND w.organization_id = m.organization_id)");
    role_known Error "a membership has a role that does not exist, so it grants nothing"
        rows!(Roles "SELECT id FROM organization_members
                 WHERE role <> 'none' AND role NOT IN {texts $1}
                 UNION ALL
                SELECT id FROM workspace_members
                 WHERE role <> 'none' AND role NOT IN {texts $2}
                 UNION ALL
                SELECT id FROM project_members WHERE role NOT IN {texts $3}");

    // Organizations, workspaces, projects and their content.
    workspace_organization Error "a workspace is in an organization that does not exist"
        rows!("SELECT w.id FROM workspaces w
                WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = w.organization_id)");
    project_workspace Error "a project's workspace does not exist or is in another organization"
        rows!("SELECT p.id FROM projects p WHERE NOT EXISTS (
                 SELECT 1 FROM workspaces w WHERE w.id = p.workspace_id
                    AND w.organization_id = p.organization_id)");
    one_default_project Error "a workspace has more than one default project"
        rows!("SELECT workspace_id AS id FROM projects WHERE is_default
                GROUP BY workspace_id HAVING count(*) > 1");
    organization_without_workspace Warning "an organization has no workspace"
        rows!("SELECT o.id FROM organizations o
                WHERE NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.organization_id = o.id)");
    workspace_without_project Warning "a workspace has no project"
        // Not by `NOT EXISTS`: SQLite has no index that leads with the workspace.
        rows!("SELECT id FROM workspaces EXCEPT SELECT workspace_id FROM projects");
    workspace_without_default_project Warning "a workspace has projects, but none is its default"
        rows!("SELECT workspace_id AS id FROM projects INTERSECT SELECT id FROM workspaces
               EXCEPT SELECT workspace_id FROM projects WHERE is_default");
    flags_object Error "an organization's flags are not a JSON object"
        rows!("SELECT id FROM organizations WHERE flags IS NOT NULL
                  AND CASE WHEN json_valid(flags) THEN json_type(flags) <> 'object' ELSE 1 END",
              "SELECT id FROM organizations WHERE jsonb_typeof(flags) <> 'object'");
    resource_data_object Error "the data of a content item is not a JSON object"
        rows!("SELECT id FROM resources WHERE data IS NOT NULL
                  AND CASE WHEN json_valid(data) THEN json_type(data) <> 'object' ELSE 1 END",
              "SELECT id FROM resources WHERE jsonb_typeof(data) <> 'object'");
    resource_project Error "a content item belongs to a project that does not exist, or is of an unknown kind"
        rows!("SELECT r.id FROM resources r WHERE kind NOT IN ('testset', 'evaluator', 'environment')
                   OR NOT EXISTS (SELECT 1 FROM projects p WHERE p.id = r.project_id)");
    api_key_creator Error "an API key's creator is not a member of its project"
        rows!("SELECT k.id FROM api_keys k WHERE NOT EXISTS (
                 SELECT 1 FROM project_members m WHERE m.project_id = k.project_id
                    AND m.user_id = k.created_by_id)");
    api_key_prefix_unique Error "two API keys have the same prefix"
        rows!("SELECT id FROM api_keys WHERE prefix IN
                 (SELECT prefix FROM api_keys GROUP BY prefix HAVING count(*) > 1)");
    api_key_shape Error "an API key is not stored as its prefix and a SHA-256, so it never matches"
        rows!("SELECT id FROM api_keys WHERE length(hashed_key) <> length(prefix) + 65
                   OR substr(hashed_key, 1, length(prefix) + 1) <> prefix || '.'
                   OR ltrim(substr(hashed_key, length(prefix) + 2), '0123456789abcdef') <> ''");

    // Users.
    email_normal Error "a user's email address is not normalized"
        query!(Emails "SELECT id, email FROM users WHERE id >= $1 ORDER BY id LIMIT $2");
    email_unique Error "two users have the same email address"
        rows!("SELECT id FROM users WHERE email IN
                 (SELECT email FROM users GROUP BY email HAVING count(*) > 1)");
    user_exists Error "a login method, password, session or password reset belongs to a user who does not exist"
        rows!("SELECT x.id FROM (SELECT user_id AS id FROM user_identities
                 UNION ALL SELECT user_id FROM passwords
                 UNION ALL SELECT user_id FROM sessions
                 UNION ALL SELECT user_id FROM password_resets) AS x
                WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = x.id)");
    identity_unique Error "a login method belongs to two users"
        rows!("SELECT i.id FROM user_identities i
                 JOIN (SELECT method, subject FROM user_identities
                        GROUP BY method, subject HAVING count(*) > 1) AS d
                   ON d.method = i.method AND d.subject = i.subject");
    identity_domain Error "a login method's domain is not that of its email address"
        rows!("SELECT id FROM user_identities WHERE domain IS NOT NULL
                  AND instr(subject, '@') > 0
                  AND domain <> substr(subject, instr(subject, '@') + 1)",
              "SELECT id FROM user_identities WHERE domain IS NOT NULL
                  AND strpos(subject, '@') > 0
                  AND domain <> substr(subject, strpos(subject, '@') + 1)");
    password_hash Error "a password hash has an unknown form, so no password matches"
        // Our own form, and those of imported passwords.
        rows!("SELECT user_id AS id FROM passwords
                WHERE hash NOT LIKE '$argon2%$%m=%,t=%,p=%$%$%'
                  AND NOT (length(hash) = 60 AND substr(hash, 1, 4) IN ('$2a$', '$2b$', '$2y$'))
                  AND hash NOT LIKE '$scrypt$%=%$%$%'
                  AND hash NOT LIKE '$firescrypt$%=%$%$%$%$%'
                  AND hash NOT LIKE '$pbkdf2%$%$%$%'");
    session_expired Warning "a session expired more than a day ago and was not deleted"
        rows!("SELECT id FROM sessions WHERE expires_at < {yesterday}");

    // Invitations.
    invitation_accepted_by Error "an invitation that was not accepted has a user who accepted it"
        rows!("SELECT id FROM project_invitations WHERE status <> 'accepted' AND user_id IS NOT NULL");
    invitation_workspace Error "an invitation refers to a workspace that does not exist, or to a project of another workspace"
        rows!("SELECT i.id FROM project_invitations i WHERE NOT EXISTS (
                 SELECT 1 FROM workspaces w WHERE w.id = i.workspace_id
                    AND w.organization_id = i.organization_id)
               UNION SELECT i.id FROM project_invitations i
                 JOIN projects p ON p.id = i.project_id WHERE p.workspace_id <> i.workspace_id");
    one_open_invitation Error "an email address has more than one open invitation to a workspace"
        rows!("SELECT workspace_id AS id FROM project_invitations WHERE status = 'pending'
                GROUP BY workspace_id, email HAVING count(*) > 1");
    invitation_email_normal Error "an invitation's email address is not normalized, so no user can accept it"
        query!(Emails "SELECT id, email FROM project_invitations WHERE id >= $1 ORDER BY id LIMIT $2");
    invitation_token_shape Error "an invitation's token is not stored as a SHA-256, so it never matches"
        rows!("SELECT id FROM project_invitations WHERE length(token) <> 64
                  OR ltrim(token, '0123456789abcdef') <> ''");
    invitation_role_known Warning "an open invitation has a role that does not exist, so no user can accept it"
        // PostgreSQL requires that every parameter is used.
        rows!(Roles "SELECT id FROM project_invitations
                WHERE status = 'pending' AND role NOT IN {texts $2}
                  AND {jsonb $1} IS NOT NULL AND {jsonb $3} IS NOT NULL");
    invitation_to_member Warning "an open invitation is to a user who has its role in the workspace already"
        rows!("SELECT i.id FROM project_invitations i
                 JOIN users u ON u.email = i.email
                 JOIN workspace_members m ON m.user_id = u.id AND m.workspace_id = i.workspace_id
                WHERE i.status = 'pending' AND m.role IN (i.role, 'owner')");

    // The audit log and the outbox.
    email_job_overdue Warning "an email was to be sent more than a day ago and was not"
        rows!("SELECT id FROM outbox WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NULL
                  AND available_at < {yesterday}");
    email_job_dead Warning "an email could not be sent and will not be tried again; see `freehold email list --dead`"
        rows!("SELECT id FROM outbox
                WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NOT NULL");
    audit_action_known Warning "the audit log contains an action that is unknown to this version"
        query!(Actions "SELECT action, count(*) FROM audit_events GROUP BY action ORDER BY action");

    // The background jobs.
    job_overdue Warning "a background job has not finished for more than three of its intervals: no server runs, or it does not finish"
        query!(Texts "SELECT name FROM jobs WHERE overdue_at < {now} ORDER BY name");
    job_failed Warning "the last run of a background job failed"
        query!(Texts "SELECT name || ': ' || last_error FROM jobs
                WHERE last_error IS NOT NULL ORDER BY name");

    // The schema and the file.
    rules_present Error "a constraint or index of the schema is missing in this database"
        query!(RulesPresent "SELECT coalesce(sql, name) FROM sqlite_schema",
               "SELECT conname FROM pg_constraint
                 WHERE connamespace = ANY (current_schemas(false)::regnamespace[])
                 UNION ALL
                SELECT relname FROM pg_class
                 WHERE relkind = 'i'
                   AND relnamespace = ANY (current_schemas(false)::regnamespace[])
                 UNION ALL
                SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                 WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
                   AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])");
    file_integrity Error "the database file is damaged"
        query!(Sqlite "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'", "");
    references Error "a row refers to one that does not exist"
        query!(Sqlite "SELECT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check", "");
    constraints_valid Error "a constraint was added without validating existing rows"
        query!(Postgres "",
               "SELECT conname FROM pg_constraint
                 WHERE NOT convalidated
                   AND connamespace = ANY (current_schemas(false)::regnamespace[])
                 ORDER BY conname");
    indexes_valid Error "an index is invalid: building it failed"
        query!(Postgres "",
               "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 WHERE NOT (i.indisvalid AND i.indisready)
                   AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])
                 ORDER BY c.relname");
}
