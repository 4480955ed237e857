//! Adding a user to an organization, by an operator.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, Refusal, Role, RoleDefinition, Trace,
};
use freehold_store::{Target, UserRecord, WorkspaceJoining};
use serde_json::json;

use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::extension::TypedEvent;
use crate::operators::Operator;
use crate::runtime::App;

impl App {
    /// Adds an existing user to an organization, its default workspace and all
    /// projects of that workspace.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`], [`Refusal::NotFound`] for an unknown
    /// organization, [`Refusal::AlreadyMember`], [`Refusal::RoleInvalid`], and
    /// [`Refusal::Forbidden`] for the role `owner`, which only a transfer of
    /// ownership assigns.
    pub async fn add_member(
        &self,
        operator: &str,
        context: &RequestContext,
        organization: Id<Organization>,
        email: &Email,
        role: &str,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let actor = Operator::local(operator).actor();
        let command = self.command(actor, context, AuditAction::MemberAdded);
        let attempt = || self.add_member_once(&command, organization, email, role);
        command.run(attempt, |_| None).await
    }

    async fn add_member_once(
        &self,
        command: &Command<'_>,
        organization: Id<Organization>,
        email: &Email,
        role: &str,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let decision = check_role(self.roles().find(Level::Workspace, role), role);
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), None, decision));
        }
        let user = self.store().user_by_email(email).await?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        let workspace = self.store().default_workspace(organization).await?;
        let workspace = workspace.ok_or(Refusal::NotFound)?.id;
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let contexts = work
            .tx
            .member_contexts(workspace, user.id, Target::None)
            .await?;
        let context = contexts.0.ok_or(Refusal::NotFound)?;
        if context.workspace_role.is_some() {
            return Err(Refusal::AlreadyMember.into());
        }
        work.check_quota(organization, 1).await?;
        let now = work.now;
        let joining = WorkspaceJoining {
            user: user.id,
            workspace,
            role,
            weaker_roles: &self.roles().weaker_roles(Level::Project, role),
            now,
            actor: None,
        };
        let seeds = std::array::from_fn(|_| self.random().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        let event =
            Event::new(AuditAction::MemberAdded, user.id.uuid()).in_organization(organization);
        let event = event.heard_as(TypedEvent::MemberAdded {
            organization,
            user: user.id,
        });
        work.record(event.with_details(json!({ "role": role, "workspace": workspace })));
        work.commit(user).await
    }
}

/// Returns whether an operator may assign this role.
fn check_role(definition: Option<&RoleDefinition>, role: &str) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("role_exists", role, definition.is_some()) {
        return Decision::refused(Refusal::RoleInvalid, trace);
    }
    if !trace.step("owner_only_by_transfer", role, role != Role::Owner.as_str()) {
        return Decision::refused(Refusal::Forbidden, trace);
    }
    Decision::allowed(trace)
}
