//! Taking somebody out of a workspace or an organization: what hangs on it,
//! counted, and gone. Projects and keys below go with the membership above.

use freehold_domain::{Id, Organization, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Tx};

/// What somebody has somewhere, and loses when they are taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Belongings {
    /// Memberships of workspaces.
    pub workspaces: i64,
    /// Memberships of projects.
    pub projects: i64,
    /// API keys.
    pub api_keys: i64,
    /// Open invitations to their address.
    pub invitations: i64,
}

macro_rules! belongings {
    ($place:literal) => {
        concat!(
            "SELECT
               (SELECT count(*) FROM workspace_members m
                 WHERE m.user_id = $2 AND m.",
            $place,
            " = $1),
               (SELECT count(*) FROM workspace_members m
                  JOIN project_members pm ON pm.user_id = m.user_id AND pm.workspace_id = m.workspace_id
                 WHERE m.user_id = $2 AND m.",
            $place,
            " = $1),
               (SELECT count(*) FROM workspace_members m
                  JOIN project_members pm ON pm.user_id = m.user_id AND pm.workspace_id = m.workspace_id
                  JOIN api_keys k ON k.project_id = pm.project_id AND k.created_by_id = pm.user_id
                 WHERE m.user_id = $2 AND m.",
            $place,
            " = $1),
               (SELECT count(*) FROM project_invitations i
                 WHERE i.email = (SELECT email FROM users WHERE id = $2) AND i.status = 'pending' AND i.",
            $place,
            " = $1)"
        )
    };
}

statements! {
    IN_WORKSPACE = belongings!("workspace_id");
    IN_ORGANIZATION = belongings!("organization_id");
    INVITED = "SELECT id, role FROM project_invitations
      WHERE workspace_id = $1 AND email = $2 AND status = 'pending'";
    REVOKE_IN_WORKSPACE = "UPDATE project_invitations
        SET status = 'revoked', answered_at = $3, updated_at = $3, updated_by_id = $4
      WHERE workspace_id = $1 AND email = $2 AND status = 'pending'";
    REVOKE_IN_ORGANIZATION = "UPDATE project_invitations
        SET status = 'revoked', answered_at = $3, updated_at = $3, updated_by_id = $4
      WHERE organization_id = $1 AND status = 'pending'
        AND email = (SELECT email FROM users WHERE id = $2)";
    LEAVE_WORKSPACE = "DELETE FROM workspace_members WHERE workspace_id = $1 AND user_id = $2";
    LEAVE_IF_LAST = "DELETE FROM organization_members
      WHERE organization_id = $1 AND user_id = $2
        AND NOT EXISTS (SELECT 1 FROM workspace_members m
                         WHERE m.user_id = $2 AND m.organization_id = $1)";
    LEAVE_ORGANIZATION = "DELETE FROM organization_members
      WHERE organization_id = $1 AND user_id = $2";
}

fn read_belongings(row: &Row<'_>) -> Result<Belongings> {
    Ok(Belongings {
        workspaces: row.get(0)?,
        projects: row.get(1)?,
        api_keys: row.get(2)?,
        invitations: row.get(3)?,
    })
}

impl Tx {
    /// What somebody has in a workspace.
    pub async fn belongings_in_workspace(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
    ) -> Result<Belongings> {
        let found = self
            .read_one(&IN_WORKSPACE, values![workspace, user], read_belongings)
            .await;
        Ok(found?.unwrap_or_default())
    }

    /// What somebody has in an organization.
    pub async fn belongings_in_organization(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Belongings> {
        let values = values![organization, user];
        let found = self
            .read_one(&IN_ORGANIZATION, values, read_belongings)
            .await;
        Ok(found?.unwrap_or_default())
    }

    /// The open invitation of an address to a workspace, and as what, if there
    /// is one.
    pub async fn invited(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
    ) -> Result<Option<(Uuid, String)>> {
        let values = values![workspace, email.to_owned()];
        self.read_one(&INVITED, values, |row| Ok((row.get(0)?, row.get(1)?)))
            .await
    }

    /// Takes back the open invitation of an address to a workspace. Without a
    /// `by` it is an operator who does.
    pub fn revoke_invitations_to_workspace(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
        now: Timestamp,
        by: impl Into<Option<Id<User>>>,
    ) {
        let values = values![workspace, email.to_owned(), now, by.into()];
        self.write(&REVOKE_IN_WORKSPACE, values);
    }

    /// Takes back all open invitations of somebody's address to an
    /// organization. Without a `by` it is an operator who does.
    pub fn revoke_invitations_to_organization(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
        now: Timestamp,
        by: impl Into<Option<Id<User>>>,
    ) {
        self.write(
            &REVOKE_IN_ORGANIZATION,
            values![organization, user, now, by.into()],
        );
    }

    /// Ends somebody's membership of a workspace, and of its organization if
    /// they are in no other workspace of it.
    pub fn leave_workspace(
        &mut self,
        workspace: Id<Workspace>,
        organization: Id<Organization>,
        user: Id<User>,
    ) {
        self.write(&LEAVE_WORKSPACE, values![workspace, user]);
        self.write(&LEAVE_IF_LAST, values![organization, user]);
    }

    /// Ends somebody's membership of an organization and of all in it.
    pub fn leave_organization(&mut self, organization: Id<Organization>, user: Id<User>) {
        self.write(&LEAVE_ORGANIZATION, values![organization, user]);
    }
}
