//! A new password for somebody else: a member who has forgotten theirs asks
//! whoever runs their workspace.

use freehold_domain::{AuditAction, Decision, Id, Permission, Refusal, User};
use freehold_store::{StandingRecord, Target};
use serde_json::json;

use crate::access::{Authority, authority, in_workspace, may_touch};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::{Caller, Scope, Via};
use crate::command::{Command, Event};
use crate::failure::Outcome;
use crate::letter::Due;

impl App {
    /// Makes a link that sets the password of a member of the workspace that
    /// the caller works in. With a mailer it goes to the member and the answer
    /// is nothing; without one it is handed to the caller to be passed on.
    ///
    /// # Errors
    /// [`Refusal::NoScope`]; [`Refusal::ForbiddenInProject`], also for somebody
    /// who is not below the caller; [`Refusal::NoSuchUser`] for whoever is not
    /// in the workspace.
    pub async fn reset_password_of_member(
        &self,
        caller: &Caller,
        call: &Call,
        user: Id<User>,
    ) -> Outcome<Done<Option<String>>> {
        let scope = caller.scope.as_ref().ok_or(Refusal::NoScope)?;
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
    ) -> Outcome<Done<Option<String>>> {
        let place = scope.record();
        let mut work = command.begin();
        work.tx.hold_organization(place.organization);
        let standings = work
            .tx
            .standings(place.workspace, caller.user.id, Target::User(user));
        let (own, other) = standings.await?;
        let decision = self.may_reset(caller, own, other);
        if decision.refusal.is_some() {
            let organization = Some(place.organization);
            return Err(command.refuse(organization, Some(user.uuid()), decision));
        }
        let link = if self.settings().mailer {
            work.post([Due::PasswordReset { user }]);
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

    fn may_reset(
        &self,
        caller: &Caller,
        own: Option<StandingRecord>,
        other: Option<StandingRecord>,
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
