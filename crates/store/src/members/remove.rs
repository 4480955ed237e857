//! Removing members from a workspace or an organization, and counting what is
//! removed with them: the schema deletes memberships and keys below.
//!
//! Also single memberships of any level, which operators delete by id.

use freehold_domain::{Id, Level, Membership, Organization, Project, User, Workspace};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Sql, Tx};

/// What a user has in an organization or workspace and loses by the removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RemovalCounts {
    /// Memberships of workspaces.
    pub workspaces: i64,
    /// Memberships of projects.
    pub projects: i64,
    /// API keys.
    pub api_keys: i64,
    /// Open invitations to their email address.
    pub invitations: i64,
}

/// A membership of any level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRecord {
    /// The user.
    pub user: Id<User>,
    /// The normalized email address of the user.
    pub email: String,
    /// The role, as stored.
    pub role: String,
    /// The organization.
    pub organization: Id<Organization>,
    /// The owner of the organization.
    pub owner: Id<User>,
    /// The workspace, for a membership below the organization.
    pub workspace: Option<Id<Workspace>>,
    /// The project, for a membership of a project.
    pub project: Option<Id<Project>>,
}

fn read_removal_counts(row: &Row<'_>) -> Result<RemovalCounts> {
    Ok(RemovalCounts {
        workspaces: row.get(0)?,
        projects: row.get(1)?,
        api_keys: row.get(2)?,
        invitations: row.get(3)?,
    })
}

/// The statements that read and delete a membership of a level.
pub(crate) const fn membership_statements(level: Level) -> [&'static Sql; 2] {
    match level {
        Level::Organization => [&ORGANIZATION_MEMBERSHIP, &DELETE_ORGANIZATION_MEMBERSHIP],
        Level::Workspace => [&WORKSPACE_MEMBERSHIP, &DELETE_WORKSPACE_MEMBERSHIP],
        Level::Project => [&PROJECT_MEMBERSHIP, &DELETE_PROJECT_MEMBERSHIP],
    }
}

pub(crate) fn read_membership(row: &Row<'_>) -> Result<MembershipRecord> {
    Ok(MembershipRecord {
        user: row.get(0)?,
        email: row.get(1)?,
        role: row.get(2)?,
        organization: row.get(3)?,
        owner: row.get(4)?,
        workspace: row.get(5)?,
        project: row.get(6)?,
    })
}

statements! {
    COUNT_IN_WORKSPACE = "
        SELECT (SELECT count(*) FROM workspace_members m
                 WHERE m.user_id = $2 AND m.workspace_id = $1),
               (SELECT count(*) FROM project_members pm
                 WHERE pm.user_id = $2 AND pm.workspace_id = $1),
               (SELECT count(*) FROM project_members pm
                  JOIN api_keys k ON k.project_id = pm.project_id AND k.created_by_id = pm.user_id
                 WHERE pm.user_id = $2 AND pm.workspace_id = $1),
               (SELECT count(*) FROM project_invitations i
                 WHERE i.email = (SELECT email FROM users WHERE id = $2)
                   AND i.status = 'pending' AND i.workspace_id = $1)";
    COUNT_IN_ORGANIZATION = "
        SELECT (SELECT count(*) FROM workspace_members m
                 WHERE m.user_id = $2 AND m.organization_id = $1),
               (SELECT count(*) FROM workspace_members m
                  JOIN project_members pm ON pm.user_id = m.user_id AND pm.workspace_id = m.workspace_id
                 WHERE m.user_id = $2 AND m.organization_id = $1),
               (SELECT count(*) FROM workspace_members m
                  JOIN project_members pm ON pm.user_id = m.user_id AND pm.workspace_id = m.workspace_id
                  JOIN api_keys k ON k.project_id = pm.project_id AND k.created_by_id = pm.user_id
                 WHERE m.user_id = $2 AND m.organization_id = $1),
               (SELECT count(*) FROM project_invitations i
                 WHERE i.email = (SELECT email FROM users WHERE id = $2)
                   AND i.status = 'pending' AND i.organization_id = $1)";
    LEAVE_WORKSPACE = "DELETE FROM workspace_members WHERE workspace_id = $1 AND user_id = $2";
    LEAVE_IF_LAST = "DELETE FROM organization_members
      WHERE organization_id = $1 AND user_id = $2
        AND NOT EXISTS (SELECT 1 FROM workspace_members m
                         WHERE m.user_id = $2 AND m.organization_id = $1)";
    LEAVE_ORGANIZATION = "DELETE FROM organization_members
      WHERE organization_id = $1 AND user_id = $2";
    ORGANIZATION_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, NULL, NULL
       FROM organization_members m
       JOIN users u ON u.id = m.user_id
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.id = $1";
    WORKSPACE_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, m.workspace_id, NULL
       FROM workspace_members m
       JOIN users u ON u.id = m.user_id
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.id = $1";
    PROJECT_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, p.workspace_id, p.id
       FROM project_members m
       JOIN users u ON u.id = m.user_id
       JOIN projects p ON p.id = m.project_id
       JOIN organizations o ON o.id = p.organization_id
      WHERE m.id = $1";
    DELETE_ORGANIZATION_MEMBERSHIP = "DELETE FROM organization_members WHERE id = $1";
    DELETE_WORKSPACE_MEMBERSHIP = "DELETE FROM workspace_members WHERE id = $1";
    DELETE_PROJECT_MEMBERSHIP = "DELETE FROM project_members WHERE id = $1";
}

impl Tx {
    /// Counts what a user has in a workspace.
    pub async fn removal_counts_in_workspace(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
    ) -> Result<RemovalCounts> {
        let counts = self
            .read_one(
                &COUNT_IN_WORKSPACE,
                values![workspace, user],
                read_removal_counts,
            )
            .await;
        Ok(counts?.unwrap_or_default())
    }

    /// Counts what a user has in an organization.
    pub async fn removal_counts_in_organization(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<RemovalCounts> {
        let values = values![organization, user];
        let counts = self
            .read_one(&COUNT_IN_ORGANIZATION, values, read_removal_counts)
            .await;
        Ok(counts?.unwrap_or_default())
    }

    /// Removes a user from a workspace, and from its organization if they are in
    /// no other workspace of it.
    pub fn leave_workspace(
        &mut self,
        workspace: Id<Workspace>,
        organization: Id<Organization>,
        user: Id<User>,
    ) {
        self.write(&LEAVE_WORKSPACE, values![workspace, user]);
        self.write(&LEAVE_IF_LAST, values![organization, user]);
    }

    /// Removes a user from an organization and everything in it.
    pub fn leave_organization(&mut self, organization: Id<Organization>, user: Id<User>) {
        self.write(&LEAVE_ORGANIZATION, values![organization, user]);
    }

    /// Deletes a membership and those below it.
    pub fn delete_membership(&mut self, level: Level, id: Id<Membership>) {
        let [_, delete] = membership_statements(level);
        self.write(delete, values![id]);
    }
}
