//! Joining: how somebody becomes a member of what is there already.

use freehold_domain::{
    Id, Organization, OrganizationRole, Project, Role, Timestamp, User, Workspace,
};
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Result, Tx};

/// Somebody who joins a workspace and all of its projects.
#[derive(Clone, Copy, Debug)]
pub struct JoiningRecord {
    /// Who.
    pub user: Id<User>,
    /// Where.
    pub organization: Id<Organization>,
    /// The workspace of it.
    pub workspace: Id<Workspace>,
    /// As what, in the workspace and its projects.
    pub role: Role,
    /// When.
    pub now: Timestamp,
}

// PostgreSQL has to be told the types of what is selected from nowhere.
macro_rules! join_showcase_organization {
    ($uuid:literal, $time:literal) => {
        concat!(
            "INSERT INTO organization_members
                (id, user_id, organization_id, role, created_at, created_by_id)
             SELECT $1",
            $uuid,
            ", $2",
            $uuid,
            ", p.organization_id, 'viewer', $4",
            $time,
            ", $2",
            $uuid,
            "
               FROM projects p WHERE p.id = $3
                 ON CONFLICT DO NOTHING"
        )
    };
}
macro_rules! join_showcase_workspace {
    ($uuid:literal, $time:literal) => {
        concat!(
            "INSERT INTO workspace_members
                (id, user_id, workspace_id, organization_id, role, created_at, created_by_id)
             SELECT $1",
            $uuid,
            ", $2",
            $uuid,
            ", p.workspace_id, p.organization_id, 'viewer', $4",
            $time,
            ", $2",
            $uuid,
            "
               FROM projects p WHERE p.id = $3
                 ON CONFLICT DO NOTHING"
        )
    };
}
macro_rules! join_showcase_project {
    ($uuid:literal, $time:literal) => {
        concat!(
            "INSERT INTO project_members
                (id, user_id, project_id, workspace_id, role, is_demo, created_at, created_by_id)
             SELECT $1", $uuid, ", $2", $uuid, ", p.id, p.workspace_id, 'viewer', TRUE, $4",
            $time, ", $2", $uuid, "
               FROM projects p WHERE p.id = $3
                 ON CONFLICT DO NOTHING"
        )
    };
}

statements! {
    PROJECTS = "SELECT id FROM projects WHERE workspace_id = $1 ORDER BY id";
    JOIN_SHOWCASE_ORGANIZATION = join_showcase_organization!("", ""),
        postgres = join_showcase_organization!("::uuid", "::timestamptz");
    JOIN_SHOWCASE_WORKSPACE = join_showcase_workspace!("", ""),
        postgres = join_showcase_workspace!("::uuid", "::timestamptz");
    JOIN_SHOWCASE_PROJECT = join_showcase_project!("", ""),
        postgres = join_showcase_project!("::uuid", "::timestamptz");
}

static ORGANIZATION_MEMBERS: Insert = Insert {
    table: "organization_members",
    columns: &["id", "user_id", "organization_id", "role", "created_at"],
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
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] =
    &[&ORGANIZATION_MEMBERS, &WORKSPACE_MEMBERS, &PROJECT_MEMBERS];

impl Tx {
    /// Makes somebody a member of an organization (with the weakest role
    /// there), of a workspace and of all its projects. Somebody who is one
    /// already breaks [`Rule::OrganizationMember`](crate::Rule::OrganizationMember).
    pub async fn join(&mut self, joining: &JoiningRecord, id: impl Fn() -> Uuid) -> Result<()> {
        let JoiningRecord {
            user,
            organization,
            workspace,
            role,
            now,
        } = *joining;
        let weakest = OrganizationRole::Viewer.as_str();
        let projects = self
            .read(&PROJECTS, values![workspace], |row| {
                row.get::<Id<Project>>(0)
            })
            .await?;
        self.insert(
            &ORGANIZATION_MEMBERS,
            vec![values![id(), user, organization, weakest, now]],
        );
        let row = values![id(), user, workspace, organization, role.as_str(), now];
        self.insert(&WORKSPACE_MEMBERS, vec![row]);
        let row = |project| values![id(), user, project, workspace, role.as_str(), now];
        self.insert(&PROJECT_MEMBERS, projects.into_iter().map(row).collect());
        Ok(())
    }

    /// Lets a user look at a showcase. One that does not exist is passed over.
    /// The rows are dated a moment after `now`, so that a person's own
    /// organization is always the older one.
    pub fn join_showcase(
        &mut self,
        ids: [uuid::Uuid; 3],
        user: Id<User>,
        project: Id<Project>,
        now: Timestamp,
    ) {
        let later = now + std::time::Duration::from_micros(1);
        let joins = [
            &JOIN_SHOWCASE_ORGANIZATION,
            &JOIN_SHOWCASE_WORKSPACE,
            &JOIN_SHOWCASE_PROJECT,
        ];
        for (sql, id) in joins.into_iter().zip(ids) {
            self.write(sql, values![id, user, project, later]);
        }
    }
}
