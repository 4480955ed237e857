//! What an invitee can list, accept and decline without the link. The user's
//! address has to be verified, because any user can sign up with any address.

use freehold_domain::{AuditAction, Decision, Email, Id, Invitation, Refusal, Trace};
use serde_json::json;

use super::{InvitationPage, InvitationQuery, JoinedWorkspace, OwnInvitation};
use crate::access::{Caller, check_invitation_valid};
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext};
use crate::runtime::App;

impl App {
    /// The open invitations for the caller's address whose issuer may still
    /// invite.
    ///
    /// # Errors
    /// [`Refusal::EmailNotVerified`].
    pub async fn own_invitations(
        &self,
        caller: &Caller,
        query: &InvitationQuery,
    ) -> Outcome<InvitationPage<OwnInvitation>> {
        if !self.store().is_email_verified(caller.user.id).await? {
            return Err(Refusal::EmailNotVerified.into());
        }
        let empty = InvitationPage {
            items: Vec::new(),
            next: None,
        };
        // An imported address that is not a valid email has no invitations.
        let Ok(email) = Email::parse(&caller.user.email) else {
            return Ok(empty);
        };
        let filter = query.filter(self);
        let rows = self.store().invitations_for(&email, &filter).await?;
        let (rows, next) = query.page_of(rows, |item| item.listed.invitation.id);
        let items = rows.into_iter().filter(|item| {
            let issuer = item.listed.issuer.as_ref();
            let invitation = &item.listed.invitation;
            let decision = check_invitation_valid(invitation, issuer, self.roles(), Trace::new());
            decision.refusal.is_none()
        });
        Ok(InvitationPage {
            items: items.map(OwnInvitation::from).collect(),
            next,
        })
    }

    /// Accepts an invitation for the caller's address.
    ///
    /// # Errors
    /// [`Refusal::EmailNotVerified`]; [`Refusal::InvitationNotFound`], also for
    /// invitations to other addresses; otherwise as [`App::accept_invitation`].
    pub async fn accept_own_invitation(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Invitation>,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationAccepted);
        let attempt = || self.accept_own_invitation_once(&command, caller, id);
        command.run(attempt, |_| None).await
    }

    async fn accept_own_invitation_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Invitation>,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        self.check_email_verified(command, caller).await?;
        let mut work = command.begin();
        work.tx.lock_organization_of_invitation(id);
        let (user, now) = (caller.user.id, work.now);
        let (was_claimed, case) = work
            .tx
            .accept_by_id(id, user, &caller.user.email, now)
            .await?;
        let case = case.filter(|case| case.invitation.email == caller.user.email);
        let case = case.ok_or(Refusal::InvitationNotFound)?;
        self.join(work, command, caller, &case, (was_claimed, false))
            .await
    }

    /// Declines an invitation for the caller's address. It cannot be accepted
    /// any more, and another one can be issued.
    ///
    /// # Errors
    /// [`Refusal::EmailNotVerified`]; [`Refusal::InvitationNotFound`] if there
    /// is no open one.
    pub async fn decline_invitation(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Invitation>,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationDeclined);
        let attempt = || self.decline_invitation_once(&command, caller, id);
        command.run(attempt, |_| None).await
    }

    async fn decline_invitation_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Invitation>,
    ) -> Outcome<CommandOutput<Id<Invitation>>> {
        self.check_email_verified(command, caller).await?;
        let mut work = command.begin();
        work.tx.lock_organization_of_invitation(id);
        let (user, now) = (caller.user.id, work.now);
        let declined = work
            .tx
            .decline_invitation(id, user, &caller.user.email, now)
            .await?;
        let organization = declined.ok_or(Refusal::InvitationNotFound)?;
        let event = Event::new(AuditAction::InvitationDeclined, id.uuid());
        work.record(
            event
                .in_organization(organization)
                .with_details(json!({ "user": user })),
        );
        work.commit(id).await
    }

    async fn check_email_verified(
        &self,
        command: &Command<'_>,
        caller: &Caller,
    ) -> Result<(), Failure> {
        let verified = self.store().is_email_verified(caller.user.id).await?;
        let mut trace = Trace::new();
        match trace.step("email_is_verified", "", verified) {
            true => Ok(()),
            false => {
                let decision = Decision::refused(Refusal::EmailNotVerified, trace);
                Err(command.refuse(None, None, decision))
            }
        }
    }
}
