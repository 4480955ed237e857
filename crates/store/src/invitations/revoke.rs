//! Revoking invitations.

use freehold_domain::{Id, Invitation, Organization, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx};

statements! {
    PENDING_INVITATION_TO = "
        SELECT id, role FROM project_invitations
         WHERE workspace_id = $1 AND email = $2 AND status = 'pending'";
    REVOKE = "
        UPDATE project_invitations
           SET status = 'revoked', answered_at = $2, updated_at = $2, updated_by_id = $3
         WHERE id = $1 AND status = 'pending'";
    REVOKE_IN_WORKSPACE = "
        UPDATE project_invitations
           SET status = 'revoked', answered_at = $3, updated_at = $3, updated_by_id = $4
         WHERE workspace_id = $1 AND email = $2 AND status = 'pending'";
    REVOKE_IN_ORGANIZATION = "
        UPDATE project_invitations
           SET status = 'revoked', answered_at = $3, updated_at = $3, updated_by_id = $4
         WHERE organization_id = $1 AND status = 'pending'
           AND email = (SELECT email FROM users WHERE id = $2)";
}

impl Tx {
    /// Returns the id and the role of the pending invitation of an email address
    /// to a workspace.
    pub async fn pending_invitation_to(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
    ) -> Result<Option<(Uuid, String)>> {
        let values = values![workspace, email.to_owned()];
        self.read_one(&PENDING_INVITATION_TO, values, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .await
    }

    /// Revokes an invitation. Returns whether it was open.
    pub async fn revoke_invitation(
        &mut self,
        id: Id<Invitation>,
        actor: Id<User>,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.claim(&REVOKE, values![id, now, actor]).await? == 1)
    }

    /// Revokes the open invitation of an email address to a workspace. `actor` is
    /// `None` if an operator revokes it.
    pub fn revoke_invitations_to_workspace(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
        now: Timestamp,
        actor: impl Into<Option<Id<User>>>,
    ) {
        let values = values![workspace, email.to_owned(), now, actor.into()];
        self.write(&REVOKE_IN_WORKSPACE, values);
    }

    /// Revokes all open invitations of a user's email address to an organization.
    /// `actor` is `None` if an operator revokes them.
    pub fn revoke_invitations_to_organization(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
        now: Timestamp,
        actor: impl Into<Option<Id<User>>>,
    ) {
        self.write(
            &REVOKE_IN_ORGANIZATION,
            values![organization, user, now, actor.into()],
        );
    }
}
