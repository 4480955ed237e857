//! The rows that an organization begins with.

use freehold_domain::{Id, Organization, Project, ResourceKind, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::seam::value::values;
use crate::seam::{Insert, Tx};

/// Everything of a new organization but its content. One person is its owner
/// on all three levels.
#[derive(Clone, Debug)]
pub struct FoundingRecord {
    /// The organization.
    pub organization: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its switches.
    pub flags: serde_json::Value,
    /// Its owner.
    pub owner: Id<User>,
    /// Its workspace.
    pub workspace: Id<Workspace>,
    /// The project in that workspace.
    pub project: Id<Project>,
    /// The ids of the three membership rows.
    pub memberships: [Uuid; 3],
    /// When.
    pub now: Timestamp,
}

/// One content item of a project.
#[derive(Clone, Debug)]
pub struct ResourceRow {
    /// Its id.
    pub id: Uuid,
    /// Where it is.
    pub project: Id<Project>,
    /// What it is.
    pub kind: ResourceKind,
    /// Its name in references.
    pub slug: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its switches, as JSON text.
    pub flags: Option<String>,
    /// What it holds, as JSON text.
    pub data: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Id<User>,
}

static ORGANIZATIONS: Insert = Insert {
    table: "organizations",
    columns: &[
        "id",
        "name",
        "description",
        "flags",
        "owner_id",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};
static ORGANIZATION_MEMBERS: Insert = Insert {
    table: "organization_members",
    columns: &[
        "id",
        "user_id",
        "organization_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};
static WORKSPACES: Insert = Insert {
    table: "workspaces",
    columns: &[
        "id",
        "name",
        "type",
        "description",
        "organization_id",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};
static WORKSPACE_MEMBERS: Insert = Insert {
    table: "workspace_members",
    columns: &[
        "id",
        "user_id",
        "workspace_id",
        "organization_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};
static PROJECTS: Insert = Insert {
    table: "projects",
    columns: &[
        "id",
        "project_name",
        "is_default",
        "organization_id",
        "workspace_id",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};
static PROJECT_MEMBERS: Insert = Insert {
    table: "project_members",
    columns: &[
        "id",
        "user_id",
        "project_id",
        "workspace_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};
static RESOURCES: Insert = Insert {
    table: "resources",
    columns: &[
        "id",
        "project_id",
        "kind",
        "slug",
        "name",
        "description",
        "flags",
        "data",
        "created_at",
        "created_by_id",
    ],
};

/// The name and the type of what is made with an organization.
const DEFAULT_NAME: &str = "Default";
const DEFAULT_TYPE: &str = "default";
const OWNER: &str = "owner";

impl Tx {
    /// Adds the rows of `foundings`: six statements, however many they are.
    pub fn insert_foundings(&mut self, foundings: &[FoundingRecord]) {
        let rows = |row: fn(&FoundingRecord) -> Vec<crate::seam::Value>| {
            foundings.iter().map(row).collect::<Vec<_>>()
        };
        self.insert(
            &ORGANIZATIONS,
            rows(|it| {
                values![
                    it.organization,
                    it.name.clone(),
                    it.description.clone(),
                    &it.flags,
                    it.owner,
                    it.now,
                    it.now,
                    it.owner
                ]
            }),
        );
        self.insert(
            &ORGANIZATION_MEMBERS,
            rows(|it| {
                values![
                    it.memberships[0],
                    it.owner,
                    it.organization,
                    OWNER,
                    it.now,
                    it.owner
                ]
            }),
        );
        self.insert(
            &WORKSPACES,
            rows(|it| {
                values![
                    it.workspace,
                    DEFAULT_NAME,
                    DEFAULT_TYPE,
                    "",
                    it.organization,
                    it.now,
                    it.now,
                    it.owner
                ]
            }),
        );
        self.insert(
            &WORKSPACE_MEMBERS,
            rows(|it| {
                values![
                    it.memberships[1],
                    it.owner,
                    it.workspace,
                    it.organization,
                    OWNER,
                    it.now,
                    it.owner
                ]
            }),
        );
        self.insert(
            &PROJECTS,
            rows(|it| {
                values![
                    it.project,
                    DEFAULT_NAME,
                    true,
                    it.organization,
                    it.workspace,
                    it.now,
                    it.now,
                    it.owner
                ]
            }),
        );
        self.insert(
            &PROJECT_MEMBERS,
            rows(|it| {
                values![
                    it.memberships[2],
                    it.owner,
                    it.project,
                    it.workspace,
                    OWNER,
                    it.now,
                    it.owner
                ]
            }),
        );
    }

    /// Adds content items.
    pub fn insert_resources(&mut self, resources: Vec<ResourceRow>) {
        let rows = resources.into_iter().map(|it| {
            let ResourceRow {
                id,
                project,
                kind,
                slug,
                name,
                description,
                flags,
                data,
                created_at,
                created_by,
            } = it;
            let json = |text: Option<String>| {
                text.map_or(crate::seam::Value::Null, crate::seam::Value::Json)
            };
            values![
                id,
                project,
                kind.as_str(),
                slug,
                name,
                description,
                json(flags),
                json(data),
                created_at,
                created_by
            ]
        });
        self.insert(&RESOURCES, rows.collect());
    }
}

/// The inserts of this file, for the test that prepares every statement.
pub(crate) static INSERTS: &[&Insert] = &[
    &ORGANIZATIONS,
    &ORGANIZATION_MEMBERS,
    &WORKSPACES,
    &WORKSPACE_MEMBERS,
    &PROJECTS,
    &PROJECT_MEMBERS,
    &RESOURCES,
];
