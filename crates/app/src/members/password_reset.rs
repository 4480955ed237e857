//! A new password for somebody else: a member who has forgotten theirs asks
//! whoever runs their workspace.

use freehold_domain::{AuditAction, Decision, Id, Organization, Permission, Refusal, User};
use freehold_store::{MemberContext, Target, Tx};
use serde_json::json;

use crate::access::{Authority, Caller, Scope, Via, authority, in_workspace, may_touch};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::email::EmailJob;
use crate::runtime::App;

impl App {
    /// Makes a link that sets the password of a member of the workspace that
    /// the caller works in. With a mailer it goes to the member and the answer
    /// is nothing; without one it is handed to the caller to be passed on, if it
    /// opens nothing that others share and the caller does not stand above.
    ///
    /// # Errors
    /// [`Refusal::NoMembership`]; [`Refusal::ForbiddenInProject`], also for somebody
    /// who is not below the caller; [`Refusal::NoSuchUser`] for whoever is not
    /// in the workspace.
    pub async fn reset_password_of_member(
        &self,
        caller: &Caller,
        call: &RequestContext,
        user: Id<User>,
    ) -> Outcome<CommandOutput<Option<String>>> {
        let scope = caller.scope.as_ref().ok_or(Refusal::NoMembership)?;
        let command = self
            .command(caller.actor(), call, AuditAction::PasswordResetRequested)
            .within(scope.record().project);
        let attempt = || self.reset_of_member_once(&command, caller, scope, user);
        command.run(attempt, |_| None).await
    }

    async fn reset_of_member_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        scope: &Scope,
        user: Id<User>,
    ) -> Outcome<CommandOutput<Option<String>>> {
        let place = scope.record();
        let mut work = command.begin();
        work.tx.lock_organization(place.organization);
        let standings = work
            .tx
            .standings(place.workspace, caller.user.id, Target::User(user));
        let (own, other) = standings.await?;
        let email = other.as_ref().map(|it| it.user.email.clone());
        let mut decision = self.may_reset(caller, own, other);
        let own_account = user == caller.user.id;
        if decision.refusal.is_none() && !own_account && !self.settings().mailer {
            decision = self
                .may_hand_over(&mut work.tx, caller, place.organization, user, decision)
                .await?;
        }
        if decision.refusal.is_some() {
            let organization = Some(place.organization);
            return Err(command.refuse(organization, Some(user.uuid()), decision));
        }
        let link = if self.settings().mailer {
            // Nobody's mailbox is filled by somebody else; nobody is told.
            let email = email.unwrap_or_default();
            let due = self.count_letter_in(&mut work.tx, &email, work.now).await?;
            work.post(due.then_some(EmailJob::PasswordReset { user }));
            None
        } else {
            let now = work.now;
            Some(self.make_link(&mut work.tx, user, false, now).0)
        };
        let event = Event::on(AuditAction::PasswordResetRequested, user.uuid());
        let details = json!({ "workspace": place.workspace, "mailed": link.is_none() });
        work.record(event.within(place.organization).with(details));
        work.commit(link).await
    }

    /// The link opens the whole account. So it is handed to somebody else only
    /// if they stand above the person in every workspace of this organization,
    /// and if the person is in no other organization together with others.
    async fn may_hand_over(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        organization: Id<Organization>,
        user: Id<User>,
        decision: Decision,
    ) -> Outcome<Decision> {
        let (roles, mut trace) = (self.roles(), decision.trace);
        let refusal = Refusal::ForbiddenInProject;
        let elsewhere = tx
            .count_other_shared_organizations(organization, user)
            .await?;
        if !trace.step("opens_nothing_else", elsewhere.to_string(), elsewhere == 0) {
            return Ok(Decision::refused(refusal, trace));
        }
        let own = tx.member_contexts_in(organization, caller.user.id).await?;
        let others = tx.member_contexts_in(organization, user).await?;
        for (own, other) in own.into_iter().zip(others) {
            let (own, other) = (authority(roles, own), authority(roles, other));
            if !other.is_member() {
                continue;
            }
            let decision = may_touch(&own, &other, roles, trace);
            trace = decision.trace;
            if decision.refusal.is_some() {
                return Ok(Decision::refused(refusal, trace));
            }
        }
        Ok(Decision::allowed(trace))
    }

    fn may_reset(
        &self,
        caller: &Caller,
        own: Option<MemberContext>,
        other: Option<MemberContext>,
    ) -> Decision {
        let (roles, refusal) = (self.roles(), Refusal::ForbiddenInProject);
        let own = own.map(|it| authority(roles, it));
        let decision = in_workspace(own.as_ref(), Permission::ResetPassword, refusal.clone());
        let Some(own) = own.filter(|_| decision.refusal.is_none()) else {
            return decision;
        };
        let mut trace = decision.trace;
        let other = other.map(|it| authority(roles, it));
        let is_member = other.as_ref().is_some_and(Authority::is_member);
        let Some(other) = other.filter(|_| trace.step("is_member", "", is_member)) else {
            return Decision::refused(Refusal::NoSuchUser, trace);
        };
        if other.standing().user.id == caller.user.id {
            // A program's key opens its project, not its owner's account.
            let session = matches!(caller.via, Via::Session(_));
            return if trace.step("own_by_session", "", session) {
                Decision::allowed(trace)
            } else {
                Decision::refused(refusal, trace)
            };
        }
        let decision = may_touch(&own, &other, roles, trace);
        Decision {
            refusal: decision.refusal.map(|_| refusal),
            trace: decision.trace,
        }
    }
}
