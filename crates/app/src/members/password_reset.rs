//! A new password for somebody else: a member who has forgotten theirs asks
//! whoever runs their workspace.

use freehold_domain::{AuditAction, Decision, Id, Organization, Permission, Refusal, User};
use freehold_store::{MemberContext, Target, Tx};
use serde_json::json;

use crate::access::{
    AuthenticatedBy, Authority, Caller, Scope, authority, check_may_manage,
    check_workspace_permission,
};
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
        context: &RequestContext,
        user: Id<User>,
    ) -> Outcome<CommandOutput<Option<String>>> {
        let scope = caller.scope.as_ref().ok_or(Refusal::NoMembership)?;
        let command = self
            .command(caller.actor(), context, AuditAction::PasswordResetRequested)
            .in_project(scope.record().project);
        let attempt = || self.reset_password_of_member_once(&command, caller, scope, user);
        command.run(attempt, |_| None).await
    }

    async fn reset_password_of_member_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        scope: &Scope,
        user: Id<User>,
    ) -> Outcome<CommandOutput<Option<String>>> {
        let scope_record = scope.record();
        let mut work = command.begin();
        work.tx.lock_organization(scope_record.organization);
        let contexts =
            work.tx
                .member_contexts(scope_record.workspace, caller.user.id, Target::User(user));
        let (acting_member, target_member) = contexts.await?;
        let email = target_member.as_ref().map(|it| it.user.email.clone());
        let mut decision = self.check_reset(caller, acting_member, target_member);
        let own_account = user == caller.user.id;
        if decision.refusal.is_none() && !own_account && !self.settings().sends_email {
            decision = self
                .check_reveal_link(
                    &mut work.tx,
                    caller,
                    scope_record.organization,
                    user,
                    decision,
                )
                .await?;
        }
        if decision.refusal.is_some() {
            let organization = Some(scope_record.organization);
            return Err(command.refuse(organization, Some(user.uuid()), decision));
        }
        let link = if self.settings().sends_email {
            // Nobody's mailbox is filled by somebody else; nobody is told.
            let email = email.unwrap_or_default();
            let may_send = self
                .count_reset_email_in(&mut work.tx, &email, work.now)
                .await?;
            work.queue_emails(may_send.then_some(EmailJob::PasswordReset { user }));
            None
        } else {
            let now = work.now;
            Some(self.create_reset_link(&mut work.tx, user, false, now).0)
        };
        let event = Event::new(AuditAction::PasswordResetRequested, user.uuid());
        let details = json!({ "workspace": scope_record.workspace, "mailed": link.is_none() });
        work.record(
            event
                .in_organization(scope_record.organization)
                .with_details(details),
        );
        work.commit(link).await
    }

    /// The link opens the whole account. So it is handed to somebody else only
    /// if they stand above the person in every workspace of this organization,
    /// and if the person is in no other organization together with others.
    async fn check_reveal_link(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        organization: Id<Organization>,
        user: Id<User>,
        decision: Decision,
    ) -> Outcome<Decision> {
        let (roles, mut trace) = (self.roles(), decision.trace);
        let refusal = Refusal::ForbiddenInProject;
        let shared_elsewhere = tx
            .count_other_shared_organizations(organization, user)
            .await?;
        if !trace.step(
            "shares_no_other_organization",
            shared_elsewhere.to_string(),
            shared_elsewhere == 0,
        ) {
            return Ok(Decision::refused(refusal, trace));
        }
        let acting_member = tx.member_contexts_in(organization, caller.user.id).await?;
        let target_contexts = tx.member_contexts_in(organization, user).await?;
        for (acting_member, target_member) in acting_member.into_iter().zip(target_contexts) {
            let (acting_member, target_member) = (
                authority(roles, acting_member),
                authority(roles, target_member),
            );
            if !target_member.is_member() {
                continue;
            }
            let decision = check_may_manage(&acting_member, &target_member, roles, trace);
            trace = decision.trace;
            if decision.refusal.is_some() {
                return Ok(Decision::refused(refusal, trace));
            }
        }
        Ok(Decision::allowed(trace))
    }

    fn check_reset(
        &self,
        caller: &Caller,
        acting_member: Option<MemberContext>,
        target_member: Option<MemberContext>,
    ) -> Decision {
        let (roles, refusal) = (self.roles(), Refusal::ForbiddenInProject);
        let acting_member = acting_member.map(|it| authority(roles, it));
        let decision = check_workspace_permission(
            acting_member.as_ref(),
            Permission::ResetPassword,
            refusal.clone(),
        );
        let Some(acting_member) = acting_member.filter(|_| decision.refusal.is_none()) else {
            return decision;
        };
        let mut trace = decision.trace;
        let target_member = target_member.map(|it| authority(roles, it));
        let is_member = target_member.as_ref().is_some_and(Authority::is_member);
        let Some(target_member) = target_member.filter(|_| trace.step("is_member", "", is_member))
        else {
            return Decision::refused(Refusal::NoSuchUser, trace);
        };
        if target_member.member_context().user.id == caller.user.id {
            // A program's key opens its project, not its owner's account.
            let session = matches!(caller.authenticated_by, AuthenticatedBy::Session(_));
            return if trace.step("own_account_by_session", "", session) {
                Decision::allowed(trace)
            } else {
                Decision::refused(refusal, trace)
            };
        }
        let decision = check_may_manage(&acting_member, &target_member, roles, trace);
        Decision {
            refusal: decision.refusal.map(|_| refusal),
            trace: decision.trace,
        }
    }
}
