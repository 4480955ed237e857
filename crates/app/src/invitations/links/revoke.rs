//! Revoking an invitation link.

use freehold_domain::{AuditAction, Id, InvitationLink, Organization, Permission, Refusal};
use serde_json::json;

use super::{InvitationLinkDetails, contexts_if_member};
use crate::access::{Caller, authority, check_workspace_permission};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::runtime::App;

impl App {
    /// Revokes a link: no user can join by it any more. Revoking it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`Refusal::InvitationLinkNotFound`], also for links of other
    /// organizations; [`Refusal::InsufficientRole`].
    pub async fn revoke_invitation_link(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
        link: Id<InvitationLink>,
    ) -> Outcome<CommandOutput<InvitationLinkDetails>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationLinkRevoked);
        let attempt = || self.revoke_link_once(&command, caller, organization, link);
        command.run(attempt, |_| None).await
    }

    async fn revoke_link_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        id: Id<InvitationLink>,
    ) -> Outcome<CommandOutput<InvitationLinkDetails>> {
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let link = work.tx.invitation_link(id, organization).await?;
        let contexts = work
            .tx
            .member_contexts_in(organization, caller.user.id)
            .await?;
        let mut link = match link {
            Some(link) if !contexts_if_member(contexts.clone()).is_empty() => link,
            _ => return Err(Refusal::InvitationLinkNotFound.into()),
        };
        let acting_member = contexts
            .into_iter()
            .find(|context| context.workspace == link.workspace)
            .map(|context| authority(self.roles(), context));
        let permission = Permission::AddNewUserToWorkspace;
        let decision = check_workspace_permission(
            acting_member.as_ref(),
            permission,
            Refusal::InsufficientRole,
        );
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        }
        let now = work.now;
        if link.revoked_at.is_none() {
            work.tx.revoke_invitation_link(id, caller.user.id, now);
            link.revoked_at = Some(now);
            let event = Event::new(AuditAction::InvitationLinkRevoked, id.uuid());
            let details = json!({ "workspace": link.workspace, "uses": link.uses });
            work.record(event.in_organization(organization).with_details(details));
        }
        work.commit(InvitationLinkDetails::of(link, now)).await
    }
}
