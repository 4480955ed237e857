//! Revoking an invitation, and finding the one that a request refers to.

use freehold_domain::{AuditAction, Email, Id, Invitation, Organization, Refusal, User, Workspace};
use freehold_store::{InvitationRecord, Target};
use serde_json::json;

use super::issue::{InvitableWorkspace, path_ids};
use crate::access::{Authority, Caller, authority};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::runtime::App;

/// How a request refers to an existing invitation.
#[derive(Clone, Debug)]
pub enum InvitationReference {
    /// The open invitation for an address.
    Address {
        /// The organization; `None` if it is not an id.
        organization: Option<Id<Organization>>,
        /// The workspace; `None` if it is not an id.
        workspace: Option<Id<Workspace>>,
        /// The invitee's address.
        email: Email,
    },
    /// The invitation with this id.
    Invitation {
        /// The organization; `None` if it is not an id.
        organization: Option<Id<Organization>>,
        /// The invitation; `None` if it is not an id.
        id: Option<Id<Invitation>>,
    },
}

impl App {
    /// Revokes an invitation: its link stops working.
    ///
    /// # Errors
    /// As [`App::resend_invitation`].
    pub async fn revoke_invitation(
        &self,
        caller: &Caller,
        context: &RequestContext,
        reference: &InvitationReference,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationRevoked);
        let attempt = || self.revoke_invitation_once(&command, caller, reference);
        command.run(attempt, |_| None).await
    }

    async fn revoke_invitation_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        reference: &InvitationReference,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        let mut work = command.begin();
        let (target_workspace, invitation) = self
            .find_invitation(command, &mut work, caller, reference)
            .await?;
        let (id, now) = (invitation.id, work.now);
        if !work.tx.revoke_invitation(id, caller.user.id, now).await? {
            return Err(Refusal::NoOpenInvitation.into());
        }
        let event = Event::new(AuditAction::InvitationRevoked, id.uuid());
        work.record(
            event
                .in_organization(target_workspace.organization)
                .with_details(json!({
                    "workspace": target_workspace.workspace, "role": invitation.role,
                })),
        );
        work.commit(id).await
    }

    /// The referenced invitation, if it is pending and the caller may invite to
    /// its workspace.
    pub(super) async fn find_invitation(
        &self,
        command: &Command<'_>,
        work: &mut UnitOfWork<'_>,
        caller: &Caller,
        reference: &InvitationReference,
    ) -> Outcome<(InvitableWorkspace, InvitationRecord)> {
        let user = caller.user.id;
        match reference {
            InvitationReference::Address {
                organization,
                workspace,
                email,
            } => {
                let (organization, workspace) = path_ids(*organization, *workspace);
                work.tx.lock_organization(organization);
                let (acting_member, _) = work
                    .tx
                    .member_contexts(workspace, user, Target::None)
                    .await?;
                let acting_member =
                    acting_member.map(|acting_member| authority(self.roles(), acting_member));
                let target_workspace = InvitableWorkspace::check_for_command(
                    command,
                    work,
                    caller,
                    acting_member,
                    (organization, workspace),
                )
                .await?;
                let refuse =
                    |decision| command.refuse(Some(organization), Some(workspace.uuid()), decision);
                let target_workspace = target_workspace
                    .check_not_self(&caller.user, email.as_str())
                    .map_err(refuse)?;
                let invitation = work
                    .tx
                    .pending_invitation(workspace, email.as_str())
                    .await?;
                Ok((
                    target_workspace,
                    invitation.ok_or(Refusal::NoOpenInvitation)?,
                ))
            }
            InvitationReference::Invitation { organization, id } => {
                let (Some(organization), Some(id)) = (*organization, *id) else {
                    return Err(Refusal::InvitationNotFound.into());
                };
                work.tx.lock_organization(organization);
                let invitation = work.tx.invitation(id, organization).await?;
                let invitation = invitation.ok_or(Refusal::InvitationNotFound)?;
                let acting_member = self.member_at_invitation(work, user, &invitation).await?;
                let workspace = invitation.workspace;
                let at = (organization, workspace);
                let target_workspace = InvitableWorkspace::check_for_command(
                    command,
                    work,
                    caller,
                    Some(acting_member),
                    at,
                )
                .await?;
                if invitation.status != "pending" {
                    return Err(Refusal::NoOpenInvitation.into());
                }
                Ok((target_workspace, invitation))
            }
        }
    }

    /// The user's permissions in the workspace of an invitation. A user who is
    /// not a member there does not learn that the invitation exists.
    async fn member_at_invitation(
        &self,
        work: &mut UnitOfWork<'_>,
        user: Id<User>,
        invitation: &InvitationRecord,
    ) -> Outcome<Authority> {
        let workspace = invitation.workspace;
        let (acting_member, _) = work
            .tx
            .member_contexts(workspace, user, Target::None)
            .await?;
        let acting_member =
            acting_member.map(|acting_member| authority(self.roles(), acting_member));
        let acting_member = acting_member
            .filter(|acting_member| acting_member.is_member() || acting_member.is_owner());
        Ok(acting_member.ok_or(Refusal::InvitationNotFound)?)
    }
}
