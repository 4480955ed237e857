//! Members: adding somebody to an organization, by an operator. Inviting
//! people is not here.

use freehold_domain::{AuditAction, Decision, Email, Id, Organization, Refusal, Role, Trace};
use freehold_store::{JoiningRecord, Rule, UserRecord};
use serde_json::json;

use crate::app::App;
use crate::call::{Actor, Call, Done};
use crate::command::{Command, Event};
use crate::failure::Outcome;

impl App {
    /// Makes somebody who has an account a member of an organization, of its
    /// default workspace and of all projects in there.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`], [`Refusal::NotFound`] without such an
    /// organization, [`Refusal::AlreadyMember`], and [`Refusal::Forbidden`] for
    /// the role `owner`: ownership changes hands by transfer alone.
    pub async fn add_member(
        &self,
        operator: &str,
        call: &Call,
        organization: Id<Organization>,
        email: &Email,
        role: Role,
    ) -> Outcome<Done<UserRecord>> {
        let actor = Actor::Operator(operator.to_owned());
        let command = self.command(actor, call, AuditAction::MemberAdded);
        let meaning = |rule| (rule == Rule::OrganizationMember).then_some(Refusal::AlreadyMember);
        let attempt = || self.add_once(&command, organization, email, role);
        command.run(attempt, meaning).await
    }

    async fn add_once(
        &self,
        command: &Command<'_>,
        organization: Id<Organization>,
        email: &Email,
        role: Role,
    ) -> Outcome<Done<UserRecord>> {
        if role == Role::Owner {
            let mut trace = Trace::new();
            trace.step("owner_only_by_transfer", role.as_str(), false);
            let decision = Decision::refused(Refusal::Forbidden, trace);
            return Err(command.refuse(Some(organization), None, decision));
        }
        let user = self
            .store()
            .user_by_email(email)
            .await?
            .ok_or(Refusal::UserNotFound)?;
        let mut work = command.begin();
        // Held, so that no project is added or taken away meanwhile.
        work.tx
            .lock_organization(organization)
            .await?
            .ok_or(Refusal::NotFound)?;
        let workspace = self
            .store()
            .default_workspace(organization)
            .await?
            .ok_or(Refusal::NotFound)?;
        let now = work.now;
        let joining = JoiningRecord {
            user: user.id,
            organization,
            workspace: workspace.id,
            role,
            now,
        };
        work.tx.join(&joining, || self.chance().uuid(now)).await?;
        let event = Event::on(AuditAction::MemberAdded, user.id.uuid()).within(organization);
        work.record(event.with(json!({ "role": role.as_str() })));
        work.commit(user).await
    }
}
