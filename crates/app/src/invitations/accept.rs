//! Accepting an invitation by its link: one guarded statement uses it up, and
//! the memberships come with it or not at all.
//!
//! Not here: how the invited person answers without the link (`inbox`).

use freehold_domain::{
    AuditAction, Decision, Email, Id, InvitationStatus, InvitationToken, Level, Organization,
    Refusal, RoleDefinition, Timestamp, Trace, User,
};
use freehold_store::{
    InvitationRecord, InvitationTokenRecord, InvitationWithContexts, Tx, UserRecord,
    WorkspaceJoining,
};
use serde_json::json;

use super::JoinedWorkspace;
use crate::access::{Caller, authority, check_invitation_valid};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::email::EmailJob;
use crate::runtime::App;

/// What somebody shows to accept an invitation.
#[derive(Clone)]
pub struct Acceptance {
    /// Where the path says that it leads; nothing when that is no id.
    pub organization: Option<Id<Organization>>,
    /// What the link holds, as it was written.
    pub token: String,
    /// Whom it is said to be for, as it was written.
    pub email: String,
}

impl std::fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptance(..)")
    }
}

/// What an invitation makes of whoever accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcceptanceEffect {
    /// A member.
    BecomesMember,
    /// A member with a stronger role than before.
    RaisesRole,
}

impl App {
    /// Makes the caller a member by an invitation for their address. Somebody
    /// who is one already, with less than the invitation gives, rises.
    ///
    /// # Errors
    /// In this order: [`Refusal::InviteeNotFound`], [`Refusal::InviteNotFound`],
    /// [`Refusal::InviteEmailMismatch`], [`Refusal::InviteAlreadyAccepted`],
    /// [`Refusal::InviteExpired`], [`Refusal::InvitedProjectDeleted`],
    /// [`Refusal::RoleNameInvalid`], [`Refusal::InviteIssuerNotMember`],
    /// [`Refusal::InviteIssuerDemoted`].
    pub async fn accept_invitation(
        &self,
        caller: &Caller,
        context: &RequestContext,
        acceptance: &Acceptance,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationAccepted);
        let attempt = || self.accept_invitation_once(&command, caller, acceptance);
        command.run(attempt, |_| None).await
    }

    async fn accept_invitation_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        acceptance: &Acceptance,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let email = Email::parse(&acceptance.email).ok();
        let token = InvitationToken::parse(&acceptance.token).map(|token| token.hashed().hex());
        let own = email
            .as_ref()
            .is_some_and(|email| email.as_str() == caller.user.email);
        if !own {
            return self
                .refuse_for_other_address(command, acceptance, email, token)
                .await;
        }
        let (Some(organization), Some(token)) = (acceptance.organization, token) else {
            return Err(Refusal::InviteNotFound.into());
        };
        let mut work = command.begin();
        // A mailed invitation also verifies the user's email, so the user comes first.
        work.tx.lock_users(std::iter::empty(), &[caller.user.id]);
        work.tx.lock_organization(organization);
        let now = work.now;
        let used = claim_by_token(&mut work.tx, &caller.user, &token, organization, now).await?;
        let Some((was_claimed, case)) = used else {
            return Err(command.refuse(None, None, not_for_caller(false)));
        };
        let verifies_email = case.invitation.mailed;
        self.join(work, command, caller, &case, (was_claimed, verifies_email))
            .await
    }

    /// Somebody shows an invitation that they say is another's. Nothing comes
    /// of it; what they hear is the contract's. How often they ask is counted,
    /// for it tells who has an account.
    async fn refuse_for_other_address(
        &self,
        command: &Command<'_>,
        acceptance: &Acceptance,
        email: Option<Email>,
        token: Option<String>,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        self.count_account_lookup(command.context).await?;
        let email = email.ok_or(Refusal::InviteeNotFound)?;
        let known = self.store().user_by_email(&email).await?;
        known.ok_or(Refusal::InviteeNotFound)?;
        let (Some(organization), Some(token)) = (acceptance.organization, token) else {
            return Err(command.refuse(None, None, not_for_caller(false)));
        };
        let exists_for_address = self
            .store()
            .invitation_exists(&token, organization, &email)
            .await?;
        let organization = exists_for_address.then_some(organization);
        Err(command.refuse(organization, None, not_for_caller(exists_for_address)))
    }

    /// What whoever is `user` would meet who follows the link that was sent to
    /// the invitation's address.
    pub(crate) async fn explain_accept(
        &self,
        user: &UserRecord,
        token_record: &InvitationTokenRecord,
    ) -> Outcome<Decision> {
        let InvitationTokenRecord {
            token,
            email,
            organization,
        } = token_record;
        if *email != user.email {
            let exists_for_address = match token_record.email() {
                Some(email) => {
                    let store = self.store();
                    store
                        .invitation_exists(token, *organization, &email)
                        .await?
                }
                None => false,
            };
            return Ok(not_for_caller(exists_for_address));
        }
        let now = self.now();
        let mut tx = self.store().begin();
        let used = claim_by_token(&mut tx, user, token, *organization, now).await?;
        tx.roll_back().await?;
        Ok(match used {
            Some((was_claimed, case)) => self.check_accept(&case, user.id, was_claimed, now).0,
            None => not_for_caller(false),
        })
    }

    /// What follows from the statement that used the invitation up, or did not.
    /// A refusal undoes it.
    pub(super) async fn join(
        &self,
        mut work: UnitOfWork<'_>,
        command: &Command<'_>,
        caller: &Caller,
        case: &InvitationWithContexts,
        (was_claimed, verifies_email): (bool, bool),
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let InvitationRecord {
            id,
            workspace,
            organization,
            role,
            issuer,
            ..
        } = &case.invitation;
        let (workspace, organization) = (*workspace, *organization);
        let (user, now) = (caller.user.id, work.now);
        let (decision, effect) = self.check_accept(case, user, was_claimed, work.now);
        let Some(effect) = effect else {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        };
        if effect == AcceptanceEffect::RaisesRole {
            work.tx.set_workspace_role(workspace, user, role, now, user);
        }
        // Also for those who rise: they may not be in every project yet.
        let joining = WorkspaceJoining {
            user,
            workspace,
            role,
            now,
            actor: *issuer,
        };
        let seeds = std::array::from_fn(|_| self.random().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        if verifies_email {
            work.tx.verify_email(user, now);
        }
        let own = case.member_context(user);
        let event =
            Event::new(AuditAction::InvitationAccepted, id.uuid()).in_organization(organization);
        work.record(event.with_details(json!({
            "user": user, "workspace": workspace, "role": role, "issuer": issuer,
            "previous_role": own.and_then(|own| own.workspace_role.clone()),
            "verifies_email": verifies_email, "trace": decision.trace,
        })));
        if effect == AcceptanceEffect::BecomesMember {
            work.queue_emails([EmailJob::MemberJoined {
                workspace,
                user,
                to: None,
            }]);
        }
        work.commit(JoinedWorkspace {
            organization,
            workspace,
            project: own.and_then(|own| own.project),
            role: role.clone(),
        })
        .await
    }

    /// The contract's order: open at all, used already, expired, still leading
    /// somewhere; and then whether anybody still stands behind it.
    fn check_accept(
        &self,
        case: &InvitationWithContexts,
        user: Id<User>,
        was_claimed: bool,
        now: Timestamp,
    ) -> (Decision, Option<AcceptanceEffect>) {
        let refused = |refusal, trace| (Decision::refused(refusal, trace), None);
        let roles = self.roles();
        let invitation = &case.invitation;
        let mut trace = Trace::new();
        let status = invitation.status_at(now);
        // One that has just been used up by this very request is open to it.
        let status_text = if was_claimed { "open" } else { status.as_str() };
        let is_withdrawn = !was_claimed
            && (matches!(
                status,
                InvitationStatus::Declined | InvitationStatus::Revoked
            ) || invitation.status == InvitationStatus::Expired.as_str());
        if !trace.step("not_withdrawn", status_text, !is_withdrawn) {
            return refused(Refusal::InviteNotFound, trace);
        }
        let Some(own) = case.member_context(user) else {
            trace.step("has_account", "", false);
            return refused(Refusal::InviteeNotFound, trace);
        };
        let own = authority(roles, own.clone());
        let reach = roles
            .find(Level::Workspace, &invitation.role)
            .map(RoleDefinition::combined_permissions);
        let raises_role = reach.is_some_and(|reach| own.rank(roles).is_proper_subset(reach));
        let effect = match own.is_member() || own.is_owner() {
            false => AcceptanceEffect::BecomesMember,
            true if raises_role => AcceptanceEffect::RaisesRole,
            true => {
                trace.step("improves_role", invitation.role.clone(), false);
                return refused(Refusal::InviteAlreadyAccepted, trace);
            }
        };
        let used = !was_claimed && status == InvitationStatus::Accepted;
        if !trace.step("not_used", status_text, !used) {
            return refused(Refusal::InviteAlreadyAccepted, trace);
        }
        if !trace.step(
            "not_expired",
            status_text,
            was_claimed || status != InvitationStatus::Expired,
        ) {
            return refused(Refusal::InviteExpired, trace);
        }
        // Open and for the caller, and still it was not used up: by its id it
        // is only for those whose address is known to be theirs.
        if !trace.step("email_is_verified_or_has_token", "", was_claimed) {
            return refused(Refusal::EmailNotVerified, trace);
        }
        if !trace.step("project_exists", "", invitation.project.is_some()) {
            return refused(Refusal::InvitedProjectDeleted, trace);
        }
        let issuer = invitation
            .issuer
            .and_then(|issuer| case.member_context(issuer));
        let decision = check_invitation_valid(invitation, issuer, roles, trace);
        let effect = decision.refusal.is_none().then_some(effect);
        (decision, effect)
    }
}

/// Uses up the invitation with this token's hash, if it is open. Answers
/// whether it was, and what there is for `user` with this hash.
async fn claim_by_token(
    tx: &mut Tx,
    user: &UserRecord,
    token: &str,
    organization: Id<Organization>,
    now: Timestamp,
) -> Outcome<Option<(bool, InvitationWithContexts)>> {
    let (was_claimed, case) = tx
        .accept_by_token(token, organization, user.id, &user.email, now)
        .await?;
    let case = case.filter(|case| {
        let invitation = &case.invitation;
        invitation.organization == organization && invitation.email == user.email
    });
    Ok(case.map(|case| (was_claimed, case)))
}

/// An invitation that is not the one of whoever shows it: addressed to somebody
/// else, or not there.
fn not_for_caller(exists_for_address: bool) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("invitation_exists", "", exists_for_address) {
        return Decision::refused(Refusal::InviteNotFound, trace);
    }
    trace.step("addressed_to_caller", "", false);
    Decision::refused(Refusal::InviteEmailMismatch, trace)
}
