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

use super::Joined;
use crate::access::{Caller, authority, invitation_stands};
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
pub(super) enum Gain {
    /// A member.
    Joins,
    /// A member with a stronger role than before.
    Rises,
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
        call: &RequestContext,
        acceptance: &Acceptance,
    ) -> Outcome<CommandOutput<Joined>> {
        let command = self.command(caller.actor(), call, AuditAction::InvitationAccepted);
        let attempt = || self.accept_once(&command, caller, acceptance);
        command.run(attempt, |_| None).await
    }

    async fn accept_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        acceptance: &Acceptance,
    ) -> Outcome<CommandOutput<Joined>> {
        let email = Email::parse(&acceptance.email).ok();
        let token = InvitationToken::parse(&acceptance.token).map(|token| token.hashed());
        let own = email
            .as_ref()
            .is_some_and(|email| email.as_str() == caller.user.email);
        if !own {
            return self
                .accept_for_another(command, acceptance, email, token)
                .await;
        }
        let (Some(organization), Some(token)) = (acceptance.organization, token) else {
            return Err(Refusal::InviteNotFound.into());
        };
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let now = work.now;
        let used = use_up(&mut work.tx, &caller.user, &token, organization, now).await?;
        let Some((won, case)) = used else {
            return Err(command.refuse(None, None, for_another(false)));
        };
        let proves = case.invitation.mailed;
        self.join(work, command, caller, &case, (won, proves)).await
    }

    /// Somebody shows an invitation that they say is another's. Nothing comes
    /// of it; what they hear is the contract's. How often they ask is counted,
    /// for it tells who has an account.
    async fn accept_for_another(
        &self,
        command: &Command<'_>,
        acceptance: &Acceptance,
        email: Option<Email>,
        token: Option<String>,
    ) -> Outcome<CommandOutput<Joined>> {
        self.count_question(command.call).await?;
        let email = email.ok_or(Refusal::InviteeNotFound)?;
        let known = self.store().user_by_email(&email).await?;
        known.ok_or(Refusal::InviteeNotFound)?;
        let (Some(organization), Some(token)) = (acceptance.organization, token) else {
            return Err(command.refuse(None, None, for_another(false)));
        };
        let addressed = self
            .store()
            .invitation_exists(&token, organization, &email)
            .await?;
        let organization = addressed.then_some(organization);
        Err(command.refuse(organization, None, for_another(addressed)))
    }

    /// What whoever is `user` would meet who follows the link that was sent to
    /// the invitation's address.
    pub(crate) async fn why_accept(
        &self,
        user: &UserRecord,
        proof: &InvitationTokenRecord,
    ) -> Outcome<Decision> {
        let InvitationTokenRecord {
            token,
            email,
            organization,
        } = proof;
        if *email != user.email {
            let addressed = match proof.email() {
                Some(email) => {
                    let store = self.store();
                    store
                        .invitation_exists(token, *organization, &email)
                        .await?
                }
                None => false,
            };
            return Ok(for_another(addressed));
        }
        let now = self.now();
        let mut tx = self.store().begin();
        let used = use_up(&mut tx, user, token, *organization, now).await?;
        tx.roll_back().await?;
        Ok(match used {
            Some((won, case)) => self.may_accept(&case, user.id, won, now).0,
            None => for_another(false),
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
        (won, proves): (bool, bool),
    ) -> Outcome<CommandOutput<Joined>> {
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
        let (decision, gain) = self.may_accept(case, user, won, work.now);
        let Some(gain) = gain else {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        };
        if gain == Gain::Rises {
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
        let seeds = std::array::from_fn(|_| self.chance().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        if proves {
            work.tx.verify_email(user, now);
        }
        let own = case.standing(user);
        let event = Event::on(AuditAction::InvitationAccepted, id.uuid()).within(organization);
        work.record(event.with(json!({
            "user": user, "workspace": workspace, "role": role, "issuer": issuer,
            "former": own.and_then(|own| own.workspace_role.clone()),
            "proves_email": proves, "trace": decision.trace,
        })));
        if gain == Gain::Joins {
            work.post([EmailJob::MemberJoined {
                workspace,
                user,
                to: None,
            }]);
        }
        work.commit(Joined {
            organization,
            workspace,
            project: own.and_then(|own| own.project),
            role: role.clone(),
        })
        .await
    }

    /// The contract's order: open at all, used already, expired, still leading
    /// somewhere; and then whether anybody still stands behind it.
    fn may_accept(
        &self,
        case: &InvitationWithContexts,
        user: Id<User>,
        won: bool,
        now: Timestamp,
    ) -> (Decision, Option<Gain>) {
        let no = |refusal, trace| (Decision::refused(refusal, trace), None);
        let roles = self.roles();
        let invitation = &case.invitation;
        let mut trace = Trace::new();
        let status = invitation.status_at(now);
        // One that has just been used up by this very request is open to it.
        let shown = if won { "open" } else { status.as_str() };
        let withdrawn = !won
            && (matches!(
                status,
                InvitationStatus::Declined | InvitationStatus::Revoked
            ) || invitation.status == InvitationStatus::Expired.as_str());
        if !trace.step("not_withdrawn", shown, !withdrawn) {
            return no(Refusal::InviteNotFound, trace);
        }
        let Some(own) = case.standing(user) else {
            trace.step("has_account", "", false);
            return no(Refusal::InviteeNotFound, trace);
        };
        let own = authority(roles, own.clone());
        let reach = roles
            .find(Level::Workspace, &invitation.role)
            .map(RoleDefinition::combined_permissions);
        let rises = reach.is_some_and(|reach| own.rank(roles).is_proper_subset(reach));
        let gain = match own.is_member() || own.owns() {
            false => Gain::Joins,
            true if rises => Gain::Rises,
            true => {
                trace.step("gains_something", invitation.role.clone(), false);
                return no(Refusal::InviteAlreadyAccepted, trace);
            }
        };
        let used = !won && status == InvitationStatus::Accepted;
        if !trace.step("not_used", shown, !used) {
            return no(Refusal::InviteAlreadyAccepted, trace);
        }
        if !trace.step(
            "not_expired",
            shown,
            won || status != InvitationStatus::Expired,
        ) {
            return no(Refusal::InviteExpired, trace);
        }
        // Open and for the caller, and still it was not used up: by its id it
        // is only for those whose address is known to be theirs.
        if !trace.step("may_answer", "", won) {
            return no(Refusal::EmailNotVerified, trace);
        }
        if !trace.step("project_exists", "", invitation.project.is_some()) {
            return no(Refusal::InvitedProjectDeleted, trace);
        }
        let issuer = invitation.issuer.and_then(|issuer| case.standing(issuer));
        let decision = invitation_stands(invitation, issuer, roles, trace);
        let gain = decision.refusal.is_none().then_some(gain);
        (decision, gain)
    }
}

/// Uses up the invitation with this token's hash, if it is open. Answers
/// whether it was, and what there is for `user` with this hash.
async fn use_up(
    tx: &mut Tx,
    user: &UserRecord,
    token: &str,
    organization: Id<Organization>,
    now: Timestamp,
) -> Outcome<Option<(bool, InvitationWithContexts)>> {
    let (won, case) = tx
        .accept_by_token(token, organization, user.id, &user.email, now)
        .await?;
    let case = case.filter(|case| {
        let invitation = &case.invitation;
        invitation.organization == organization && invitation.email == user.email
    });
    Ok(case.map(|case| (won, case)))
}

/// An invitation that is not the one of whoever shows it: addressed to somebody
/// else, or not there.
fn for_another(addressed: bool) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("invitation_exists", "", addressed) {
        return Decision::refused(Refusal::InviteNotFound, trace);
    }
    trace.step("is_for_the_caller", "", false);
    Decision::refused(Refusal::InviteEmailMismatch, trace)
}
