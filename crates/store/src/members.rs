//! Memberships of organizations, workspaces and projects.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Store, Tx};
use crate::users::{USER_WIDTH, UserRecord, read_user, user_columns};

/// Somebody in a project, with their role there as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who.
    pub user: UserRecord,
    /// As what.
    pub role: String,
}

/// A workspace row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRecord {
    /// Its id.
    pub id: Id<Workspace>,
    /// Its name.
    pub name: Option<String>,
    /// `default` for the one that came with its organization.
    pub kind: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The organization it is part of.
    pub organization: Id<Organization>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Its default project, if it has one.
    pub default_project: Option<Id<Project>>,
}

/// A project as a member sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRecord {
    /// Its id.
    pub id: Id<Project>,
    /// Its name.
    pub name: String,
    /// Whether it is its workspace's default.
    pub is_default: bool,
    /// The workspace it is in.
    pub workspace: Id<Workspace>,
    /// That workspace's name.
    pub workspace_name: Option<String>,
    /// The organization it is in.
    pub organization: Id<Organization>,
    /// That organization's name.
    pub organization_name: Option<String>,
    /// The member's role, as stored.
    pub role: String,
    /// Whether it is shown as a demonstration.
    pub is_demo: Option<bool>,
}

macro_rules! project_rows {
    () => {
        "SELECT p.id, p.project_name, p.is_default, w.id, w.name, o.id, o.name, m.role, m.is_demo
           FROM project_members m
           JOIN projects p ON p.id = m.project_id
           JOIN workspaces w ON w.id = p.workspace_id
           JOIN organizations o ON o.id = p.organization_id
          WHERE m.user_id = $1"
    };
}

fn read_project(row: &Row<'_>) -> Result<ProjectRecord> {
    Ok(ProjectRecord {
        id: row.get(0)?,
        name: row.get(1)?,
        is_default: row.get::<Option<bool>>(2)?.unwrap_or(false),
        workspace: row.get(3)?,
        workspace_name: row.get(4)?,
        organization: row.get(5)?,
        organization_name: row.get(6)?,
        role: row.get(7)?,
        is_demo: row.get(8)?,
    })
}

statements! {
    DEFAULT_WORKSPACE = "SELECT w.id, w.name, w.type, w.description, w.organization_id, w.created_at,
            w.updated_at, p.id
       FROM workspaces w
       LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
      WHERE w.organization_id = $1
      ORDER BY CASE WHEN p.id IS NULL THEN 1 ELSE 0 END,
               CASE WHEN w.type = 'default' THEN 0 ELSE 1 END, w.created_at, w.id
      LIMIT 1";
    PROJECT_MEMBERS = concat!("SELECT ", user_columns!(), ", m.role
       FROM project_members m
       JOIN users u ON u.id = m.user_id
      WHERE m.project_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id");
    PROJECTS_OF = concat!(project_rows!(), " ORDER BY p.created_at NULLS FIRST, p.id");
    PROJECT_FOR_MEMBER = concat!(project_rows!(), " AND p.id = $2");
    ORGANIZATION_ROLE = "SELECT role FROM organization_members
      WHERE organization_id = $1 AND user_id = $2";
    SET_ORGANIZATION_ROLE = "UPDATE organization_members
        SET role = $3, updated_at = $4, updated_by_id = $5
      WHERE organization_id = $1 AND user_id = $2";
    EXCHANGE_WORKSPACE_ROLES = "UPDATE workspace_members
        SET role = x.role, updated_at = $4, updated_by_id = $2
       FROM (SELECT a.id, b.role
               FROM workspace_members a
               JOIN workspace_members b ON b.workspace_id = a.workspace_id AND b.user_id <> a.user_id
              WHERE a.organization_id = $1 AND a.user_id IN ($2, $3) AND b.user_id IN ($2, $3)) AS x
      WHERE workspace_members.id = x.id";
    EXCHANGE_PROJECT_ROLES = "UPDATE project_members
        SET role = x.role, updated_at = $4, updated_by_id = $2
       FROM (SELECT a.id, b.role
               FROM projects p
               JOIN project_members a ON a.project_id = p.id AND a.user_id IN ($2, $3)
               JOIN project_members b ON b.project_id = p.id AND b.user_id IN ($2, $3)
                                     AND b.user_id <> a.user_id
              WHERE p.organization_id = $1) AS x
      WHERE project_members.id = x.id";
    OWN_WORKSPACES = "UPDATE workspace_members
        SET role = 'owner', updated_at = $3, updated_by_id = $4
      WHERE organization_id = $1 AND user_id = $2 AND role <> 'owner'";
    OWN_PROJECTS = "UPDATE project_members
        SET role = 'owner', updated_at = $3, updated_by_id = $4
      WHERE user_id = $2 AND role <> 'owner'
        AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
    DISOWN_WORKSPACES = "UPDATE workspace_members
        SET role = $3, updated_at = $4, updated_by_id = $2
      WHERE organization_id = $1 AND user_id = $2 AND role = 'owner'";
    DISOWN_PROJECTS = "UPDATE project_members
        SET role = $3, updated_at = $4, updated_by_id = $2
      WHERE user_id = $2 AND role = 'owner'
        AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
}

impl Store {
    /// The workspace that stands for its organization: the default one, else
    /// the oldest; one without a default project only if there is no other.
    pub async fn default_workspace(
        &self,
        organization: Id<Organization>,
    ) -> Result<Option<WorkspaceRecord>> {
        self.read_one(&DEFAULT_WORKSPACE, values![organization], |row| {
            Ok(WorkspaceRecord {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                description: row.get(3)?,
                organization: row.get(4)?,
                created_at: row.get(5)?,
                updated_at: row.get(6)?,
                default_project: row.get(7)?,
            })
        })
        .await
    }

    /// Everybody in a project, oldest membership first.
    pub async fn project_members(&self, project: Id<Project>) -> Result<Vec<MemberRecord>> {
        self.read(&PROJECT_MEMBERS, values![project], |row| {
            Ok(MemberRecord {
                user: read_user(row, 0)?,
                role: row.get(USER_WIDTH)?,
            })
        })
        .await
    }

    /// All projects a user is in, in all organizations.
    pub async fn projects_of(&self, user: Id<User>) -> Result<Vec<ProjectRecord>> {
        self.read(&PROJECTS_OF, values![user], read_project).await
    }

    /// A project, if this user is in it.
    pub async fn project_for_member(
        &self,
        user: Id<User>,
        project: Id<Project>,
    ) -> Result<Option<ProjectRecord>> {
        self.read_one(&PROJECT_FOR_MEMBER, values![user, project], read_project)
            .await
    }
}

impl Tx {
    /// A user's role in an organization, as stored.
    pub async fn organization_role(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Option<String>> {
        self.read_one(&ORGANIZATION_ROLE, values![organization, user], |row| {
            row.get(0)
        })
        .await
    }

    /// Makes `to` the owner in the place of `from`, on all three levels: roles
    /// are exchanged where both are members, `to` ends as `owner` wherever
    /// they are, and `from` is `owner` nowhere. `former` is the role that `to`
    /// had in the organization; `fallback` replaces an `owner` that nobody
    /// exchanged.
    pub fn exchange_roles(&mut self, swap: &RoleExchange) {
        let RoleExchange {
            organization,
            from,
            to,
            former,
            fallback,
            now,
        } = swap.clone();
        let role = |user, role: String| values![organization, user, role, now, from];
        // First down, then up: there is never more than one owner.
        self.write(&SET_ORGANIZATION_ROLE, role(from, former));
        self.write(&SET_ORGANIZATION_ROLE, role(to, "owner".to_owned()));
        self.write(
            &EXCHANGE_WORKSPACE_ROLES,
            values![organization, from, to, now],
        );
        self.write(
            &EXCHANGE_PROJECT_ROLES,
            values![organization, from, to, now],
        );
        self.write(&OWN_WORKSPACES, values![organization, to, now, from]);
        self.write(&OWN_PROJECTS, values![organization, to, now, from]);
        self.write(
            &DISOWN_WORKSPACES,
            values![organization, from, fallback.clone(), now],
        );
        self.write(&DISOWN_PROJECTS, values![organization, from, fallback, now]);
    }
}

/// Who takes whose place, see [`Tx::exchange_roles`].
#[derive(Clone, Debug)]
pub struct RoleExchange {
    /// Where.
    pub organization: Id<Organization>,
    /// The owner so far.
    pub from: Id<User>,
    /// The owner from now on.
    pub to: Id<User>,
    /// The role that the new owner had in the organization.
    pub former: String,
    /// What the old owner becomes where there is nothing to exchange.
    pub fallback: String,
    /// When.
    pub now: Timestamp,
}
