//! Workspaces: reading, listing, creating and updating them. Their members are in
//! `members`; the first one of an organization is inserted by `create`.

use freehold_domain::{Id, Organization, OrganizationFlags, Project, Timestamp, User, Workspace};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};
use crate::organizations::read::OrganizationRecord;

row_types! {
    /// A workspace.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct WorkspaceRecord {
        /// Its id.
        pub id: Id<Workspace> = "w.id",
        /// Its name.
        pub name: Option<String> = "w.name",
        /// `default` for the first one of its organization.
        pub kind: Option<String> = "w.type",
        /// Its description.
        pub description: Option<String> = "w.description",
        /// Its organization.
        pub organization: Id<Organization> = "w.organization_id",
        /// When it was created.
        pub created_at: Option<Timestamp> = "w.created_at",
        /// When it was last changed.
        pub updated_at: Option<Timestamp> = "w.updated_at",
        /// Its default project, if it has one.
        pub default_project: Option<Id<Project>> = "p.id",
        /// Whether its organization is a demo organization, whose viewers do not see
        /// each other.
        pub is_demo: bool =
            "o.flags" => |flags| OrganizationFlags::from_json(flags).is_demo(),
    }
}

statements! {
    rows OrganizationRecord, WorkspaceRecord;

    // The workspace that represents the organization `$1`: one with a default
    // project before one without, then the default one, then the oldest.
    {DEFAULT_WORKSPACE_ID} = "
        (SELECT d.id FROM workspaces d
           LEFT JOIN projects q ON q.workspace_id = d.id AND q.is_default
          WHERE d.organization_id = $1
          ORDER BY CASE WHEN q.id IS NULL THEN 1 ELSE 0 END,
                   CASE WHEN d.type = 'default' THEN 0 ELSE 1 END, d.created_at, d.id
          LIMIT 1)";

    DEFAULT_WORKSPACE = "
        SELECT {WorkspaceRecord}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
         WHERE w.id = {DEFAULT_WORKSPACE_ID}";
    ORGANIZATION_FOR_MEMBER = "
        SELECT {OrganizationRecord}, {WorkspaceRecord}
          FROM organizations o
          JOIN organization_members m ON m.organization_id = o.id AND m.user_id = $2
                                     AND m.role <> 'none'
          LEFT JOIN workspaces w ON w.id = {DEFAULT_WORKSPACE_ID}
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
         WHERE o.id = $1";
    WORKSPACES_OF = "
        SELECT {WorkspaceRecord}
          FROM workspace_members m
          JOIN workspaces w ON w.id = m.workspace_id
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
         WHERE m.user_id = $1 AND m.role <> 'none'
         ORDER BY w.created_at NULLS FIRST, w.id";
    WORKSPACE_FOR_MEMBER = "
        SELECT {WorkspaceRecord}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN workspace_members m ON m.workspace_id = w.id AND m.user_id = $2
                                       AND m.role <> 'none'
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
         WHERE w.id = $1 AND (m.user_id = $2 OR o.owner_id = $2)";
    WORKSPACE = "
        SELECT {WorkspaceRecord}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
         WHERE w.id = $1";
    UPDATE_WORKSPACE = "
        UPDATE workspaces
           SET name = $2, description = $3, updated_at = $4, updated_by_id = $5
         WHERE id = $1";
}

impl Store {
    /// Returns the workspace that represents an organization: the default one,
    /// else the oldest; one without a default project only if there is no other.
    pub async fn default_workspace(
        &self,
        organization: Id<Organization>,
    ) -> Result<Option<WorkspaceRecord>> {
        self.read_one(&DEFAULT_WORKSPACE, values![organization], FromRow::read)
            .await
    }

    /// Returns an organization and the workspace that represents it, if the user
    /// is a member of the organization.
    pub async fn organization_for_member(
        &self,
        id: Id<Organization>,
        user: Id<User>,
    ) -> Result<Option<(OrganizationRecord, Option<WorkspaceRecord>)>> {
        self.read_one(&ORGANIZATION_FOR_MEMBER, values![id, user], FromRow::read)
            .await
    }

    /// Returns the workspaces that a user is a member of, in all organizations,
    /// oldest first.
    pub async fn workspaces_of(&self, user: Id<User>) -> Result<Vec<WorkspaceRecord>> {
        self.read(&WORKSPACES_OF, values![user], FromRow::read)
            .await
    }

    /// Returns a workspace if the user is a member of it or owns its organization.
    pub async fn workspace_for_member(
        &self,
        id: Id<Workspace>,
        user: Id<User>,
    ) -> Result<Option<WorkspaceRecord>> {
        self.read_one(&WORKSPACE_FOR_MEMBER, values![id, user], FromRow::read)
            .await
    }
}

impl Tx {
    /// Returns a workspace.
    pub async fn workspace(&mut self, id: Id<Workspace>) -> Result<Option<WorkspaceRecord>> {
        self.read_one(&WORKSPACE, values![id], FromRow::read).await
    }

    /// Writes the changeable fields of `workspace`.
    pub fn update_workspace(&mut self, workspace: &WorkspaceRecord, actor: Id<User>) {
        let row = workspace.clone();
        self.write(
            &UPDATE_WORKSPACE,
            values![row.id, row.name, row.description, row.updated_at, actor],
        );
    }
}
