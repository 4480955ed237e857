//! Invitations that were issued before: finding the one that is meant, and
//! taking it back.

use freehold_domain::{AuditAction, Email, Id, Invitation, Organization, Refusal, User, Workspace};
use freehold_store::{InvitationRecord, Target};
use serde_json::json;

use super::issue::{Place, named};
use crate::access::{Authority, Caller, authority};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::runtime::App;

/// An invitation that was issued before.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The one that an address has got.
    Address {
        /// Nothing when what was sent is no id.
        organization: Option<Id<Organization>>,
        /// Nothing when what was sent is no id.
        workspace: Option<Id<Workspace>>,
        /// Whose it is.
        email: Email,
    },
    /// The one with this id.
    Invitation {
        /// Nothing when what was sent is no id.
        organization: Option<Id<Organization>>,
        /// Nothing when what was sent is no id.
        id: Option<Id<Invitation>>,
    },
}

impl App {
    /// Takes an invitation back: its link is void.
    ///
    /// # Errors
    /// As [`App::resend_invitation`].
    pub async fn revoke_invitation(
        &self,
        caller: &Caller,
        call: &RequestContext,
        asked: &Asked,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        let command = self.command(caller.actor(), call, AuditAction::InvitationRevoked);
        let attempt = || self.revoke_once(&command, caller, asked);
        command.run(attempt, |_| None).await
    }

    async fn revoke_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        asked: &Asked,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        let mut work = command.begin();
        let (place, invitation) = self.look_up(command, &mut work, caller, asked).await?;
        let (id, now) = (invitation.id, work.now);
        if !work.tx.revoke_invitation(id, caller.user.id, now).await? {
            return Err(Refusal::NoOpenInvitation.into());
        }
        let event = Event::on(AuditAction::InvitationRevoked, id.uuid());
        work.record(event.within(place.organization).with(json!({
            "workspace": place.workspace, "role": invitation.role,
        })));
        work.commit(id).await
    }

    /// The invitation that is meant, if nobody has answered it and the caller
    /// may invite to where it leads.
    pub(super) async fn look_up(
        &self,
        command: &Command<'_>,
        work: &mut UnitOfWork<'_>,
        caller: &Caller,
        asked: &Asked,
    ) -> Outcome<(Place, InvitationRecord)> {
        let user = caller.user.id;
        match asked {
            Asked::Address {
                organization,
                workspace,
                email,
            } => {
                let (organization, workspace) = named(*organization, *workspace);
                work.tx.lock_organization(organization);
                let (own, _) = work.tx.standings(workspace, user, Target::None).await?;
                let own = own.map(|own| authority(self.roles(), own));
                let place =
                    Place::of(command, work, caller, own, (organization, workspace)).await?;
                let no =
                    |decision| command.refuse(Some(organization), Some(workspace.uuid()), decision);
                let place = place.not_for(&caller.user, email.as_str()).map_err(no)?;
                let found = work
                    .tx
                    .pending_invitation(workspace, email.as_str())
                    .await?;
                Ok((place, found.ok_or(Refusal::NoOpenInvitation)?))
            }
            Asked::Invitation { organization, id } => {
                let (Some(organization), Some(id)) = (*organization, *id) else {
                    return Err(Refusal::InvitationNotFound.into());
                };
                work.tx.lock_organization(organization);
                let found = work.tx.invitation(id, organization).await?;
                let invitation = found.ok_or(Refusal::InvitationNotFound)?;
                let own = self.insider(work, user, &invitation).await?;
                let workspace = invitation.workspace;
                let at = (organization, workspace);
                let place = Place::of(command, work, caller, Some(own), at).await?;
                if invitation.status != "pending" {
                    return Err(Refusal::NoOpenInvitation.into());
                }
                Ok((place, invitation))
            }
        }
    }

    /// What somebody is where an invitation leads. Those who are no members
    /// there do not learn that there is one.
    async fn insider(
        &self,
        work: &mut UnitOfWork<'_>,
        user: Id<User>,
        invitation: &InvitationRecord,
    ) -> Outcome<Authority> {
        let workspace = invitation.workspace;
        let (own, _) = work.tx.standings(workspace, user, Target::None).await?;
        let own = own.map(|own| authority(self.roles(), own));
        let own = own.filter(|own| own.is_member() || own.owns());
        Ok(own.ok_or(Refusal::InvitationNotFound)?)
    }
}
