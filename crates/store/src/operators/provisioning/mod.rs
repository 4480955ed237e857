//! Provisioning: looking up entities by many references, and existing
//! memberships, in a few statements.
//!
//! The content of workspaces is read in `workspaces`.

pub(crate) mod workspaces;

use freehold_domain::{Email, Id, Level, Membership, Organization, Project, User, Workspace};
use uuid::Uuid;

use crate::accounts::users::UserRecord;
use crate::engine::json_list::{ids, texts};
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx, Value};

row_types! {
    /// An existing user.
    #[derive(Clone, Debug)]
    pub struct ExistingUser {
        /// The user.
        pub user: UserRecord,
        /// Whether the user has, or had, a password.
        pub has_password: bool =
            "EXISTS (SELECT 1 FROM passwords p WHERE p.user_id = u.id)
                OR EXISTS (SELECT 1 FROM user_identities i
                            WHERE i.user_id = u.id AND i.method = 'email:password')",
    }

    /// An existing organization, workspace or project.
    #[derive(Clone, Debug)]
    pub struct ExistingEntity {
        /// What it is.
        pub level: Level = "x.level",
        /// Its id.
        pub id: Uuid = "x.id",
        /// The organization itself, or the one that contains it.
        pub organization: Id<Organization> = "x.organization_id",
        /// The owner of the organization.
        pub owner: Id<User> = "x.owner_id",
        /// The organization's name in URLs.
        pub slug: Option<String> = "x.slug",
        /// The workspace itself, or the one that contains it; meaningless for an
        /// organization.
        pub workspace: Id<Workspace> = "x.workspace_id",
        /// Whether it is a workspace with a default project.
        pub has_default: bool = "x.has_default",
    }

    /// An existing membership.
    #[derive(Clone, Debug)]
    pub struct ExistingMembership {
        /// Its level.
        pub level: Level = "x.level",
        /// Its id.
        pub id: Id<Membership> = "x.id",
        /// The user.
        pub user: Id<User> = "x.user_id",
        /// The organization, workspace or project.
        pub scope_id: Uuid = "x.scope_id",
        /// The role, as stored.
        pub role: String = "x.role",
    }
}

/// References to organizations, workspaces and projects.
#[derive(Clone, Debug, Default)]
pub struct EntityReferences {
    /// Organizations by id.
    pub organizations: Vec<Id<Organization>>,
    /// Organizations by slug.
    pub slugs: Vec<String>,
    /// Workspaces by id.
    pub workspaces: Vec<Id<Workspace>>,
    /// Projects by id.
    pub projects: Vec<Id<Project>>,
}

impl EntityReferences {
    /// Whether there are no references.
    pub fn is_empty(&self) -> bool {
        let Self {
            organizations,
            slugs,
            workspaces,
            projects,
        } = self;
        organizations.is_empty() && slugs.is_empty() && workspaces.is_empty() && projects.is_empty()
    }
}

statements! {
    rows ExistingUser, ExistingEntity, ExistingMembership;

    // PostgreSQL estimates a hundred entries for every list and would read a small
    // table as a whole: `LATERAL … LIMIT 1` uses the index for each entry.
    EXISTING_USERS_BY_EMAIL = "
        SELECT {ExistingUser} FROM {list $1} a CROSS JOIN users u WHERE u.email = a.value",
        postgres = "
        SELECT {ExistingUser}
          FROM {list $1} a
         CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.email = a.value LIMIT 1) u";
    EXISTING_USERS_BY_ID = "
        SELECT {ExistingUser} FROM {list $1} a CROSS JOIN users u WHERE u.id = {id a.value}",
        postgres = "
        SELECT {ExistingUser}
          FROM {list $1} a
         CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = {id a.value} LIMIT 1) u";
    // `CROSS JOIN` keeps SQLite from reordering a join.
    EXISTING_ENTITIES = "
        SELECT {ExistingEntity}
          FROM (SELECT 0 AS level, o.id, o.id AS organization_id, o.owner_id, o.slug,
                       o.id AS workspace_id, FALSE AS has_default
                  FROM {list $1} a CROSS JOIN organizations o
                 WHERE o.id = {id a.value}
                 UNION ALL
                SELECT 0, o.id, o.id, o.owner_id, o.slug, o.id, FALSE
                  FROM {list $2} a CROSS JOIN organizations o
                 WHERE o.slug = a.value
                 UNION ALL
                SELECT 1, w.id, o.id, o.owner_id, o.slug, w.id, EXISTS (
                       SELECT 1 FROM projects d WHERE d.workspace_id = w.id AND d.is_default)
                  FROM {list $3} a CROSS JOIN workspaces w CROSS JOIN organizations o
                 WHERE w.id = {id a.value} AND o.id = w.organization_id
                 UNION ALL
                SELECT 2, p.id, o.id, o.owner_id, o.slug, p.workspace_id, FALSE
                  FROM {list $4} a CROSS JOIN projects p CROSS JOIN organizations o
                 WHERE p.id = {id a.value} AND o.id = p.organization_id) AS x";
    // `$1` is a list of texts: 32 digits of a user's id, then those of an organization's.
    EXISTING_MEMBERSHIPS = "
        SELECT {ExistingMembership}
          FROM (SELECT 0 AS level, m.id, m.user_id, m.organization_id AS scope_id, m.role
                  FROM {list $1} a CROSS JOIN organization_members m
                 WHERE m.user_id = {id substr(a.value, 1, 32)}
                   AND m.organization_id = {id substr(a.value, 33, 32)}
                 UNION ALL
                SELECT 1, m.id, m.user_id, m.workspace_id, m.role
                  FROM {list $1} a CROSS JOIN workspace_members m
                 WHERE m.user_id = {id substr(a.value, 1, 32)}
                   AND m.organization_id = {id substr(a.value, 33, 32)}
                 UNION ALL
                SELECT 2, p.id, p.user_id, p.project_id, p.role
                  FROM {list $1} a CROSS JOIN workspace_members m CROSS JOIN project_members p
                 WHERE m.user_id = {id substr(a.value, 1, 32)}
                   AND m.organization_id = {id substr(a.value, 33, 32)}
                   AND p.user_id = m.user_id AND p.workspace_id = m.workspace_id) AS x";
}

impl Tx {
    /// Returns the users with these email addresses.
    pub async fn existing_users_by_email<'a>(
        &mut self,
        emails: impl Iterator<Item = &'a Email>,
    ) -> Result<Vec<ExistingUser>> {
        let emails: Vec<&str> = emails.map(Email::as_str).collect();
        let values = values![texts(&emails)];
        self.read(&EXISTING_USERS_BY_EMAIL, values, FromRow::read)
            .await
    }

    /// Returns those of these users who exist.
    pub async fn existing_users_by_id(
        &mut self,
        user_ids: &[Id<User>],
    ) -> Result<Vec<ExistingUser>> {
        let values = values![ids(user_ids)];
        self.read(&EXISTING_USERS_BY_ID, values, FromRow::read)
            .await
    }

    /// Returns those of these entities that exist.
    pub async fn existing_entities(
        &mut self,
        references: &EntityReferences,
    ) -> Result<Vec<ExistingEntity>> {
        self.read(
            &EXISTING_ENTITIES,
            reference_values(references),
            FromRow::read,
        )
        .await
    }

    /// Returns all memberships of these users in these organizations, on all three levels.
    pub async fn existing_memberships(
        &mut self,
        pairs: impl Iterator<Item = (Id<User>, Id<Organization>)>,
    ) -> Result<Vec<ExistingMembership>> {
        let pairs = pairs.map(|(user, organization)| {
            let (user, organization) = (user.uuid(), organization.uuid());
            format!("{}{}", user.simple(), organization.simple())
        });
        let pairs: Vec<String> = pairs.collect();
        self.read(&EXISTING_MEMBERSHIPS, values![texts(&pairs)], FromRow::read)
            .await
    }
}

pub(crate) fn reference_values(references: &EntityReferences) -> Vec<Value> {
    values![
        ids(&references.organizations),
        texts(&references.slugs),
        ids(&references.workspaces),
        ids(&references.projects)
    ]
}
