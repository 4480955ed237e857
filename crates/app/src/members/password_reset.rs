//! Resetting the password of another member, by an administrator of the
//! workspace.

use freehold_domain::{AuditAction, Decision, Id, Organization, Permission, Refusal, User};
use freehold_store::{MemberContext, Target, Tx};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{
    AuthenticatedBy, Authority, Caller, Scope, authority, check_may_manage,
    check_workspace_permission,
};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, sealed_secret};
use crate::email::EmailJob;
use crate::runtime::App;

/// The result of a password reset for a member.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberPasswordReset {
    /// The reset link for the caller to pass on; `None` if it is sent by email.
    #[serde(with = "sealed_secret::optional")]
    pub link: Option<SecretString>,
}

impl App {
    /// Creates a link that sets the password of a member of the workspace of the
    /// caller's scope. With a mailer it is sent to the member. Without one it is
    /// returned to the caller, if they outrank the member in every workspace of
    /// the organization and the member shares no other organization.
    ///
    /// # Errors
    /// [`Refusal::NoMembership`]; [`Refusal::ForbiddenInProject`], also for a
    /// member that the caller does not outrank; [`Refusal::NoSuchUser`] for a
    /// user outside of the workspace.
    pub async fn reset_password_of_member(
        &self,
        caller: &Caller,
        context: &RequestContext,
        user: Id<User>,
    ) -> Outcome<CommandOutput<MemberPasswordReset>> {
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
    ) -> Outcome<CommandOutput<MemberPasswordReset>> {
        let scope_record = scope.record();
        let mut work = command.begin();
        work.tx.lock_organization(scope_record.organization);
        let contexts =
            work.tx
                .member_contexts(scope_record.workspace, caller.user.id, Target::User(user));
        let (acting_member, target_member) = contexts.await?;
        let email = target_member
            .as_ref()
            .map(|context| context.user.email.clone());
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
            // Rate limited, so that the member's mailbox cannot be flooded. The
            // caller does not learn whether the email is sent.
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
        work.commit(MemberPasswordReset { link }).await
    }

    /// Returns whether the caller may see the link. It gives access to the whole
    /// account, so the caller has to outrank the user in every workspace of this
    /// organization, and the user may share no other organization with other
    /// users.
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
        let acting_member = acting_member.map(|context| authority(roles, context));
        let decision = check_workspace_permission(
            acting_member.as_ref(),
            Permission::ResetPassword,
            refusal.clone(),
        );
        let Some(acting_member) = acting_member.filter(|_| decision.refusal.is_none()) else {
            return decision;
        };
        let mut trace = decision.trace;
        let target_member = target_member.map(|context| authority(roles, context));
        let is_member = target_member.as_ref().is_some_and(Authority::is_member);
        let Some(target_member) = target_member.filter(|_| trace.step("is_member", "", is_member))
        else {
            return Decision::refused(Refusal::NoSuchUser, trace);
        };
        if target_member.member_context().user.id == caller.user.id {
            // An API key gives access to its project, not to its owner's account.
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
