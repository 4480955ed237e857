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
        let command = self.command(Actor::Operator(operator.to_owned()), call);
        if role == Role::Owner {
            let mut trace = Trace::new();
            trace.step("owner_only_by_transfer", role.as_str(), false);
            let decision = Decision::refused(Refusal::Forbidden, trace);
            let action = AuditAction::MemberAdded;
            return Err(command
                .refuse(action, Some(organization), None, decision)
                .await);
        }
        let user = self
            .store()
            .user_by_email(email)
            .await?
            .ok_or(Refusal::UserNotFound)?;
        let done = command
            .run(|| self.add_once(&command, organization, &user, role))
            .await;
        done.map_err(|failure| {
            if failure.broke(Rule::OrganizationMember) {
                Refusal::AlreadyMember.into()
            } else {
                failure
            }
        })
    }

    async fn add_once(
        &self,
        command: &Command<'_>,
        organization: Id<Organization>,
        user: &UserRecord,
        role: Role,
    ) -> Outcome<Done<UserRecord>> {
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
        work.commit(user.clone()).await
    }
}
