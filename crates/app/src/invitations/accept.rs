//! Accepting an invitation by its link. One guarded statement marks the
//! invitation as used; the memberships are written in the same transaction.
//!
//! Not here: how the invitee accepts or declines without the link (`inbox`).

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
use crate::access::{Caller, Entry, WayIn, authority, check_invitation_valid};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::email::EmailJob;
use crate::extension::TypedEvent;
use crate::runtime::App;

/// What an invitee presents to accept an invitation.
#[derive(Clone)]
pub struct Acceptance {
    /// The organization in the path; `None` if it is not an id.
    pub organization: Option<Id<Organization>>,
    /// The token of the link, as it was sent.
    pub token: String,
    /// The address that the invitation is said to be for, as it was sent.
    pub email: String,
}

impl std::fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptance(..)")
    }
}

/// What accepting an invitation changes for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcceptanceEffect {
    /// The user becomes a member.
    BecomesMember,
    /// The user is a member and gets a stronger role.
    RaisesRole,
}

impl App {
    /// Adds the caller to a workspace by an invitation for their address. A
    /// caller who is a member with fewer permissions than the invitation's role
    /// gets that role.
    ///
    /// # Errors
    /// In this order: [`Refusal::InviteeNotFound`], [`Refusal::InvitationTokenNotFound`],
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
        let is_own_address = email
            .as_ref()
            .is_some_and(|email| email.as_str() == caller.user.email);
        if !is_own_address {
            return self
                .refuse_for_other_address(command, acceptance, email, token)
                .await;
        }
        let (Some(organization), Some(token)) = (acceptance.organization, token) else {
            return Err(Refusal::InvitationTokenNotFound.into());
        };
        let mut work = command.begin();
        // A mailed invitation also updates the user. Users are locked before
        // organizations; inserts that refer to the user need not wait.
        work.tx.lock_user_no_key_update(caller.user.id);
        work.tx.lock_organization(organization);
        let now = work.now;
        let claimed = claim_by_token(&mut work.tx, &caller.user, &token, organization, now).await?;
        let Some((was_claimed, case)) = claimed else {
            return Err(command.refuse(None, None, not_for_caller(false)));
        };
        let verifies_email = case.invitation.mailed;
        self.join(work, command, caller, &case, (was_claimed, verifies_email))
            .await
    }

    /// Refuses an invitation that is presented for another address than the
    /// caller's, with the reference API's texts
    /// (docs/COMPATIBILITY.md#invitations). They tell whether an address has an
    /// account, so the requests are counted.
    async fn refuse_for_other_address(
        &self,
        command: &Command<'_>,
        acceptance: &Acceptance,
        email: Option<Email>,
        token: Option<String>,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        self.count_account_lookup(command.context).await?;
        let email = email.ok_or(Refusal::InviteeNotFound)?;
        let user = self.store().user_by_email(&email).await?;
        user.ok_or(Refusal::InviteeNotFound)?;
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

    /// The decision that `user` would get on following the link that was sent
    /// to the invitation's address. Writes nothing.
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
        let entry = Entry::new(WayIn::AcceptInvitation, &user.email).to(*organization);
        let decision = self.check_entry(entry).await?;
        if decision.refusal.is_some() {
            return Ok(decision);
        }
        let now = self.now();
        let mut tx = self.store().begin();
        let claimed = claim_by_token(&mut tx, user, token, *organization, now).await?;
        tx.roll_back().await?;
        Ok(match claimed {
            Some((was_claimed, case)) => self.check_accept(&case, user.id, was_claimed, now).0,
            None => not_for_caller(false),
        })
    }

    /// Decides and writes what follows after the statement that claims the
    /// invitation. A refusal rolls back, the claim included.
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
        let entry = Entry::new(WayIn::AcceptInvitation, &caller.user.email).to(organization);
        let decision = self.check_entry(entry).await?;
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        }
        let (decision, effect) = self.check_accept(case, user, was_claimed, work.now);
        let Some(effect) = effect else {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        };
        if effect == AcceptanceEffect::BecomesMember {
            work.check_quota(organization, 1).await?;
        }
        if effect == AcceptanceEffect::RaisesRole {
            work.tx.set_workspace_role(workspace, user, role, now, user);
        }
        // Also for a member whose role is raised: they may not be in every
        // project yet.
        let joining = WorkspaceJoining {
            user,
            workspace,
            role,
            weaker_roles: &self.roles().weaker_roles(Level::Project, role),
            now,
            actor: *issuer,
        };
        let seeds = std::array::from_fn(|_| self.random().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        if verifies_email {
            work.tx.verify_email(user, now);
        }
        let member_context = case.member_context(user);
        let event =
            Event::new(AuditAction::InvitationAccepted, id.uuid()).in_organization(organization);
        work.record(event.with_details(json!({
            "user": user, "workspace": workspace, "role": role, "issuer": issuer,
            "previous_role": member_context.and_then(|context| context.workspace_role.clone()),
            "verifies_email": verifies_email, "trace": decision.trace,
        })).heard_as(TypedEvent::MemberAdded { organization, user }));
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
            project: member_context.and_then(|member_context| member_context.project),
            role: role.clone(),
        })
        .await
    }

    /// The order of the checks is the reference API's
    /// (docs/COMPATIBILITY.md#invitations): open, used, expired, project
    /// exists; then the issuer's permission.
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
        // An invitation that this request has just claimed counts as open.
        let status_text = if was_claimed { "open" } else { status.as_str() };
        let is_withdrawn = !was_claimed
            && (matches!(
                status,
                InvitationStatus::Declined | InvitationStatus::Revoked
            ) || invitation.status == InvitationStatus::Expired.as_str());
        if !trace.step("not_withdrawn", status_text, !is_withdrawn) {
            return refused(Refusal::InvitationTokenNotFound, trace);
        }
        let Some(acting_member) = case.member_context(user) else {
            trace.step("has_account", "", false);
            return refused(Refusal::InviteeNotFound, trace);
        };
        let acting_member = authority(roles, acting_member.clone());
        let reach = roles
            .find(Level::Workspace, &invitation.role)
            .map(RoleDefinition::combined_permissions);
        let raises_role =
            reach.is_some_and(|reach| acting_member.rank(roles).is_proper_subset(reach));
        let effect = match acting_member.is_member() || acting_member.is_owner() {
            false => AcceptanceEffect::BecomesMember,
            true if raises_role => AcceptanceEffect::RaisesRole,
            true => {
                trace.step("improves_role", invitation.role.clone(), false);
                return refused(Refusal::InviteAlreadyAccepted, trace);
            }
        };
        let is_used = !was_claimed && status == InvitationStatus::Accepted;
        if !trace.step("not_used", status_text, !is_used) {
            return refused(Refusal::InviteAlreadyAccepted, trace);
        }
        if !trace.step(
            "not_expired",
            status_text,
            was_claimed || status != InvitationStatus::Expired,
        ) {
            return refused(Refusal::InviteExpired, trace);
        }
        // Open and for the caller, but not claimed: without the token, only a
        // user with a verified address can claim it.
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

/// Claims the invitation with this token's hash, if it is open. Returns whether
/// it was claimed, and the invitation if it is for `user` and `organization`.
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

/// The decision for an invitation that does not exist (`false`) or is for
/// another address (`true`).
fn not_for_caller(exists_for_address: bool) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("invitation_exists", "", exists_for_address) {
        return Decision::refused(Refusal::InvitationTokenNotFound, trace);
    }
    trace.step("addressed_to_caller", "", false);
    Decision::refused(Refusal::InviteEmailMismatch, trace)
}
