//! Inserting organizations, workspaces and projects with their members.
//!
//! One statement per table. The rows of members are in `members::insert`, the
//! initial content of projects in `content::resources`.

use std::borrow::Cow;

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::engine::value::values;
use crate::engine::{Insert, Tx, Value};
use crate::members::insert::{
    MemberRow, ORGANIZATION_MEMBERS, PROJECT_MEMBERS, WORKSPACE_MEMBERS, member_rows,
    static_or_owned,
};

/// New organizations, workspaces and projects with their members, without
/// content. Each organization needs a member with role `owner`.
#[derive(Clone, Debug, Default)]
pub struct CreationRows {
    /// Organizations.
    pub organizations: Vec<OrganizationRow>,
    /// Their members.
    pub organization_members: Vec<MemberRow>,
    /// Workspaces.
    pub workspaces: Vec<WorkspaceRow>,
    /// Their members.
    pub workspace_members: Vec<MemberRow>,
    /// Projects.
    pub projects: Vec<ProjectRow>,
    /// Their members.
    pub project_members: Vec<MemberRow>,
}

/// A new organization.
#[derive(Clone, Debug)]
pub struct OrganizationRow {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its flags, as JSON text.
    pub flags: String,
    /// The owner, also recorded as its creator.
    pub owner: Id<User>,
    /// When it is created.
    pub now: Timestamp,
}

/// A new workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: Id<Workspace>,
    /// Its name.
    pub name: String,
    /// `default` for the one that comes with its organization.
    pub kind: Option<Cow<'static, str>>,
    /// What it is for.
    pub description: Option<String>,
    /// The organization it is part of.
    pub organization: Id<Organization>,
    /// The user recorded as its creator.
    pub actor: Id<User>,
    /// When it is created.
    pub now: Timestamp,
}

/// A new project.
#[derive(Clone, Debug)]
pub struct ProjectRow {
    /// Its id.
    pub id: Id<Project>,
    /// Its name.
    pub name: String,
    /// Whether it is the default project of its workspace, which has only one.
    pub is_default: bool,
    /// Its workspace.
    pub workspace: Id<Workspace>,
    /// Its organization.
    pub organization: Id<Organization>,
    /// The user recorded as its creator.
    pub actor: Id<User>,
    /// When it is created.
    pub now: Timestamp,
}

static ORGANIZATIONS: Insert = Insert {
    table: "organizations",
    columns: &[
        "id",
        "name",
        "slug",
        "description",
        "flags",
        "owner_id",
        "created_at",
        "updated_at",
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

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&ORGANIZATIONS, &WORKSPACES, &PROJECTS];

impl Tx {
    /// Inserts organizations, workspaces and projects with their members: six statements.
    pub fn insert_creation_rows(&mut self, new: CreationRows) {
        let organizations = new.organizations.into_iter().map(|it| {
            values![
                it.id,
                it.name,
                it.slug,
                it.description,
                Value::Json(it.flags),
                it.owner,
                it.now,
                it.now,
                it.owner
            ]
        });
        self.insert(&ORGANIZATIONS, organizations.collect());
        let members = new.organization_members;
        self.insert(&ORGANIZATION_MEMBERS, member_rows(members, false));
        let workspaces = new.workspaces.into_iter().map(|it| {
            values![
                it.id,
                it.name,
                it.kind.map(static_or_owned),
                it.description,
                it.organization,
                it.now,
                it.now,
                it.actor
            ]
        });
        self.insert(&WORKSPACES, workspaces.collect());
        let members = new.workspace_members;
        self.insert(&WORKSPACE_MEMBERS, member_rows(members, true));
        let projects = new.projects.into_iter().map(|it| {
            values![
                it.id,
                it.name,
                it.is_default,
                it.organization,
                it.workspace,
                it.now,
                it.now,
                it.actor
            ]
        });
        self.insert(&PROJECTS, projects.collect());
        let members = new.project_members;
        self.insert(&PROJECT_MEMBERS, member_rows(members, true));
    }
}
