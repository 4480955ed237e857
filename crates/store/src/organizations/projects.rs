//! Projects: reading, creating, updating and deleting them. Their members are in
//! `members::join`.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::engine::json_list::ids;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// A project and a user's role in it.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct ProjectRecord {
        /// Its id.
        pub id: Id<Project> = "p.id",
        /// Its name.
        pub name: String = "p.project_name",
        /// Whether it is the default project of its workspace.
        pub is_default: bool = "coalesce(p.is_default, FALSE)",
        /// Its workspace.
        pub workspace: Id<Workspace> = "w.id",
        /// The workspace's name.
        pub workspace_name: Option<String> = "w.name",
        /// Its organization.
        pub organization: Id<Organization> = "o.id",
        /// The organization's name.
        pub organization_name: Option<String> = "o.name",
        /// The owner of the organization.
        pub owner: Id<User> = "o.owner_id",
        /// The user's role, as stored; none for an owner who is not a member.
        pub role: Option<String> = "m.role",
        /// Whether it is a demo project.
        pub is_demo: Option<bool> = "m.is_demo",
    }
}

statements! {
    rows ProjectRecord;

    PROJECTS_OF = "
        SELECT {ProjectRecord}
          FROM project_members m
          JOIN projects p ON p.id = m.project_id
          JOIN workspaces w ON w.id = p.workspace_id
          JOIN organizations o ON o.id = p.organization_id
         WHERE m.user_id = $1
         ORDER BY p.created_at NULLS FIRST, p.id";
    PROJECT_FOR_USER = "
        SELECT {ProjectRecord}
          FROM projects p
          JOIN workspaces w ON w.id = p.workspace_id
          JOIN organizations o ON o.id = p.organization_id
          LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = $2
         WHERE p.id = $1";
    CLEAR_DEFAULT = "
        UPDATE projects SET is_default = FALSE, updated_at = $2, updated_by_id = $3
         WHERE workspace_id = $1 AND is_default";
    CLEAR_DEFAULTS = "
        UPDATE projects SET is_default = FALSE, updated_at = $2, updated_by_id = NULL
          FROM {list $1} a
         WHERE projects.workspace_id = {id a.value} AND projects.is_default";
    UPDATE_PROJECT = "
        UPDATE projects
           SET project_name = $2, is_default = $3, updated_at = $4, updated_by_id = $5
         WHERE id = $1";
    DELETE_PROJECT = "DELETE FROM projects WHERE id = $1";
}

impl Store {
    /// Returns all projects of a user, in all organizations.
    pub async fn projects_of(&self, user: Id<User>) -> Result<Vec<ProjectRecord>> {
        self.read(&PROJECTS_OF, values![user], FromRow::read).await
    }

    /// Returns a project if the user is a member of it.
    pub async fn project_for_member(
        &self,
        user: Id<User>,
        project: Id<Project>,
    ) -> Result<Option<ProjectRecord>> {
        let project = self.read_one(
            &PROJECT_FOR_USER,
            values![project, user],
            ProjectRecord::read,
        );
        Ok(project.await?.filter(|project| project.role.is_some()))
    }
}

impl Tx {
    /// Returns a project and the user's role in it, also if there is none.
    pub async fn project_for_user(
        &mut self,
        project: Id<Project>,
        user: Id<User>,
    ) -> Result<Option<ProjectRecord>> {
        self.read_one(&PROJECT_FOR_USER, values![project, user], FromRow::read)
            .await
    }

    /// Leaves a workspace without a default project, so that another can be
    /// made it in the same transaction.
    pub fn clear_default_project(
        &mut self,
        workspace: Id<Workspace>,
        now: Timestamp,
        actor: Id<User>,
    ) {
        self.write(&CLEAR_DEFAULT, values![workspace, now, actor]);
    }

    /// Unsets the default projects of workspaces, for an operator, so that the
    /// same transaction can set others.
    pub fn clear_default_projects(&mut self, workspaces: &[Id<Workspace>], now: Timestamp) {
        if !workspaces.is_empty() {
            self.write(&CLEAR_DEFAULTS, values![ids(workspaces), now]);
        }
    }

    /// Updates the changeable fields of `project`.
    pub fn update_project(&mut self, project: &ProjectRecord, now: Timestamp, actor: Id<User>) {
        let (id, name) = (project.id, project.name.clone());
        self.write(
            &UPDATE_PROJECT,
            values![id, name, project.is_default, now, actor],
        );
    }

    /// Deletes a project with everything in it.
    pub fn delete_project(&mut self, project: Id<Project>) {
        self.write(&DELETE_PROJECT, values![project]);
    }
}
