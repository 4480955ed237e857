//! Provisioning: looking up entities by many references, and existing
//! memberships, in a few statements.
//!
//! The content of workspaces is read in `workspaces`.
//!
//! Lists are sent as JSON. Ids in them are 32 hexadecimal digits, which both
//! engines can convert.

use freehold_domain::{Email, Id, Level, Membership, Organization, Project, User, Workspace};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, StoreError, Tx};

/// An existing user.
#[derive(Clone, Debug)]
pub struct ExistingUser {
    /// The user.
    pub user: UserRecord,
    /// Whether the user has, or had, a password.
    pub has_password: bool,
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

/// An existing organization, workspace or project.
#[derive(Clone, Debug)]
pub struct ExistingEntity {
    /// What it is.
    pub level: Level,
    /// Its id.
    pub id: Uuid,
    /// The organization itself, or the one that contains it.
    pub organization: Id<Organization>,
    /// The owner of the organization.
    pub owner: Id<User>,
    /// The organization's name in URLs.
    pub slug: Option<String>,
    /// The workspace itself, or the one that contains it; meaningless for an
    /// organization.
    pub workspace: Id<Workspace>,
    /// Whether it is a workspace with a default project.
    pub has_default: bool,
}

/// An existing membership.
#[derive(Clone, Debug)]
pub struct ExistingMembership {
    /// Its level.
    pub level: Level,
    /// Its id.
    pub id: Id<Membership>,
    /// The user.
    pub user: Id<User>,
    /// The organization, workspace or project.
    pub scope_id: Uuid,
    /// The role, as stored.
    pub role: String,
}

// The engines read lists, and ids in them, differently. `CROSS JOIN` keeps
// SQLite from reordering a join.
macro_rules! list {
    (sqlite, $n:literal) => {
        concat!("json_each(", $n, ")")
    };
    (postgres, $n:literal) => {
        concat!("jsonb_array_elements_text(", $n, ")")
    };
}
macro_rules! id {
    (sqlite) => {
        "unhex(a.value)"
    };
    (postgres) => {
        "a.value::uuid"
    };
    (sqlite, $from:literal) => {
        concat!("unhex(substr(a.value, ", $from, ", 32))")
    };
    (postgres, $from:literal) => {
        concat!("substr(a.value, ", $from, ", 32)::uuid")
    };
}

// After the two macros that it uses.
pub(crate) mod workspaces;

// PostgreSQL estimates a hundred entries for every list and would read a small
// table as a whole: `LATERAL … LIMIT 1` uses the index for each entry.
macro_rules! existing_users {
    (sqlite, $condition:expr) => {
        existing_users!(@sqlite, concat!("users u WHERE ", $condition))
    };
    (postgres, $condition:expr) => {
        existing_users!(@postgres, concat!("LATERAL (SELECT * FROM users u WHERE ", $condition, " LIMIT 1) u"))
    };
    (@$engine:ident, $users:expr) => {
        concat!(
            "SELECT ",
            user_columns!(),
            ", EXISTS (SELECT 1 FROM passwords p WHERE p.user_id = u.id)
                 OR EXISTS (SELECT 1 FROM user_identities i
                             WHERE i.user_id = u.id AND i.method = 'email:password')
               FROM ",
            list!($engine, "$1"),
            " a CROSS JOIN ",
            $users
        )
    };
}

macro_rules! existing_entities {
    ($engine:ident) => {
        concat!(
            "SELECT 0, o.id, o.id, o.owner_id, o.slug, o.id, FALSE
               FROM ",
            list!($engine, "$1"),
            " a CROSS JOIN organizations o
              WHERE o.id = ",
            id!($engine),
            " UNION ALL
             SELECT 0, o.id, o.id, o.owner_id, o.slug, o.id, FALSE
               FROM ",
            list!($engine, "$2"),
            " a CROSS JOIN organizations o
              WHERE o.slug = a.value
             UNION ALL
             SELECT 1, w.id, o.id, o.owner_id, o.slug, w.id, EXISTS (
                    SELECT 1 FROM projects d WHERE d.workspace_id = w.id AND d.is_default)
               FROM ",
            list!($engine, "$3"),
            " a CROSS JOIN workspaces w
               CROSS JOIN organizations o
              WHERE w.id = ",
            id!($engine),
            " AND o.id = w.organization_id
             UNION ALL
             SELECT 2, p.id, o.id, o.owner_id, o.slug, p.workspace_id, FALSE
               FROM ",
            list!($engine, "$4"),
            " a CROSS JOIN projects p
               CROSS JOIN organizations o
              WHERE p.id = ",
            id!($engine),
            " AND o.id = p.organization_id"
        )
    };
}

macro_rules! existing_memberships {
    ($engine:ident) => {
        concat!(
            "SELECT 0, m.id, m.user_id, m.organization_id, m.role
               FROM ",
            list!($engine, "$1"),
            " a CROSS JOIN organization_members m
              WHERE m.user_id = ",
            id!($engine, "1"),
            "
                AND m.organization_id = ",
            id!($engine, "33"),
            "
             UNION ALL
             SELECT 1, m.id, m.user_id, m.workspace_id, m.role
               FROM ",
            list!($engine, "$1"),
            " a CROSS JOIN workspace_members m
              WHERE m.user_id = ",
            id!($engine, "1"),
            "
                AND m.organization_id = ",
            id!($engine, "33"),
            "
             UNION ALL
             SELECT 2, p.id, p.user_id, p.project_id, p.role
               FROM ",
            list!($engine, "$1"),
            " a CROSS JOIN workspace_members m
               CROSS JOIN project_members p
              WHERE m.user_id = ",
            id!($engine, "1"),
            "
                AND m.organization_id = ",
            id!($engine, "33"),
            "
                AND p.user_id = m.user_id AND p.workspace_id = m.workspace_id"
        )
    };
}

statements! {
    EXISTING_USERS_BY_EMAIL = existing_users!(sqlite, "u.email = a.value"),
        postgres = existing_users!(postgres, "u.email = a.value");
    EXISTING_USERS_BY_ID = existing_users!(sqlite, concat!("u.id = ", id!(sqlite))),
        postgres = existing_users!(postgres, concat!("u.id = ", id!(postgres)));
    EXISTING_ENTITIES = existing_entities!(sqlite), postgres = existing_entities!(postgres);
    EXISTING_MEMBERSHIPS = existing_memberships!(sqlite), postgres = existing_memberships!(postgres);
}

pub(crate) fn hex<T>(ids: &[Id<T>]) -> Json {
    let texts = ids.iter().map(|id| id.uuid().simple().to_string());
    texts.collect()
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Json {
    texts.collect()
}

fn read_existing_user(row: &Row<'_>) -> Result<ExistingUser> {
    Ok(ExistingUser {
        user: read_user(row, 0)?,
        has_password: row.get(USER_WIDTH)?,
    })
}

fn read_level(row: &Row<'_>) -> Result<Level> {
    let number = usize::try_from(row.get::<i64>(0)?).ok();
    number
        .and_then(|number| Level::ALL.get(number).copied())
        .ok_or(StoreError::Row {
            column: 0,
            expected: "a level",
        })
}

impl Tx {
    /// Returns the users with these email addresses.
    pub async fn existing_users_by_email<'a>(
        &mut self,
        emails: impl Iterator<Item = &'a Email>,
    ) -> Result<Vec<ExistingUser>> {
        let emails = texts(emails.map(Email::as_str));
        self.read(
            &EXISTING_USERS_BY_EMAIL,
            values![emails],
            read_existing_user,
        )
        .await
    }

    /// Returns those of these users who exist.
    pub async fn existing_users_by_id(&mut self, ids: &[Id<User>]) -> Result<Vec<ExistingUser>> {
        self.read(&EXISTING_USERS_BY_ID, values![hex(ids)], read_existing_user)
            .await
    }

    /// Returns those of these entities that exist.
    pub async fn existing_entities(
        &mut self,
        references: &EntityReferences,
    ) -> Result<Vec<ExistingEntity>> {
        self.read(&EXISTING_ENTITIES, reference_values(references), |row| {
            Ok(ExistingEntity {
                level: read_level(row)?,
                id: row.get(1)?,
                organization: row.get(2)?,
                owner: row.get(3)?,
                slug: row.get(4)?,
                workspace: row.get(5)?,
                has_default: row.get(6)?,
            })
        })
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
        self.read(
            &EXISTING_MEMBERSHIPS,
            values![Json::from_iter(pairs)],
            |row| {
                Ok(ExistingMembership {
                    level: read_level(row)?,
                    id: row.get(1)?,
                    user: row.get(2)?,
                    scope_id: row.get(3)?,
                    role: row.get(4)?,
                })
            },
        )
        .await
    }
}

pub(crate) fn reference_values(references: &EntityReferences) -> Vec<crate::engine::Value> {
    let slugs = texts(references.slugs.iter().map(String::as_str));
    values![
        hex(&references.organizations),
        slugs,
        hex(&references.workspaces),
        hex(&references.projects)
    ]
}
