//! Assigning and unassigning the roles of workspace members.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, Permission, Refusal, Role, Trace,
    Workspace,
};
use freehold_store::{MemberContext, Target};
use serde_json::json;

use crate::access::{
    Caller, authority, check_may_assign, check_may_manage, check_workspace_permission,
};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::runtime::App;

/// A role of a member that is assigned or unassigned.
#[derive(Clone, Debug)]
pub struct RoleAssignment {
    /// The organization, which has to contain the workspace.
    pub organization: Id<Organization>,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// The email address of the member.
    pub email: Email,
    /// The role.
    pub role: String,
}

/// Whether the role is assigned or unassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoleChange {
    Assign,
    Unassign,
}

impl App {
    /// Assigns another role to a member of a workspace, there and in all of its
    /// projects.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceOutsideOrganization`], [`Refusal::InsufficientRole`]
    /// (also for callers outside of the organization, who do not learn which
    /// workspaces it has, and for a role or a member that the caller does not
    /// outrank),
    /// [`Refusal::RoleInvalid`], [`Refusal::OwnerProtected`],
    /// [`Refusal::NoSuchUser`], [`Refusal::NotWorkspaceMember`].
    pub async fn assign_role(
        &self,
        caller: &Caller,
        context: &RequestContext,
        assignment: &RoleAssignment,
    ) -> Outcome<CommandOutput<bool>> {
        self.change_role(caller, context, assignment, RoleChange::Assign)
            .await
    }

    /// Unassigns a role from a member, who becomes a viewer. A member with another
    /// role keeps it.
    ///
    /// # Errors
    /// As [`App::assign_role`].
    pub async fn unassign_role(
        &self,
        caller: &Caller,
        context: &RequestContext,
        assignment: &RoleAssignment,
    ) -> Outcome<CommandOutput<bool>> {
        self.change_role(caller, context, assignment, RoleChange::Unassign)
            .await
    }

    async fn change_role(
        &self,
        caller: &Caller,
        context: &RequestContext,
        assignment: &RoleAssignment,
        change: RoleChange,
    ) -> Outcome<CommandOutput<bool>> {
        let command = self.command(caller.actor(), context, AuditAction::MemberRoleChanged);
        let attempt = || self.change_role_once(&command, caller, assignment, change);
        command.run(attempt, |_| None).await
    }

    async fn change_role_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        assignment: &RoleAssignment,
        change: RoleChange,
    ) -> Outcome<CommandOutput<bool>> {
        let RoleAssignment {
            organization,
            workspace,
            email,
            role,
        } = assignment;
        let actor = caller.user.id;
        let mut work = command.begin();
        work.tx.lock_organization(*organization);
        let target = Target::Email(email.as_str());
        let (acting_member, target_member) =
            work.tx.member_contexts(*workspace, actor, target).await?;
        // A member of the workspace's organization may learn that it exists.
        let is_insider = acting_member.as_ref().is_some_and(MemberContext::is_member);
        let acting_member = acting_member.filter(|context| context.organization == *organization);
        let decision = match &acting_member {
            Some(acting_member) => {
                self.check_role_change(acting_member, target_member.as_ref(), role, change)
            }
            None => {
                let is_member = work.tx.organization_role(*organization, actor).await?;
                workspace_not_in_organization(is_insider || is_member.is_some())
            }
        };
        let Some(target) = target_member.filter(|_| decision.refusal.is_none()) else {
            let unknown_target = matches!(
                decision.refusal,
                Some(Refusal::NoSuchUser | Refusal::NotWorkspaceMember)
            );
            if unknown_target {
                // The refusal reveals whether an account exists, so it is rate
                // limited.
                drop(work);
                self.count_account_lookup(command.context).await?;
            }
            return Err(command.refuse(Some(*organization), Some(workspace.uuid()), decision));
        };
        let previous_role = target.workspace_role.clone().unwrap_or_default();
        let new_role = match change {
            RoleChange::Assign => role.as_str(),
            RoleChange::Unassign if previous_role == *role => Role::Viewer.as_str(),
            // The member does not have the role: nothing changes.
            RoleChange::Unassign => return work.commit(true).await,
        };
        let (user, now) = (target.user.id, work.now);
        work.tx
            .set_workspace_role(*workspace, user, new_role, now, actor);
        // An older invitation must not restore the previous role.
        work.tx
            .revoke_invitations_to_workspace(*workspace, &target.user.email, now, actor);
        let event =
            Event::new(AuditAction::MemberRoleChanged, user.uuid()).in_organization(*organization);
        work.record(event.with_details(json!({
            "workspace": workspace, "from": previous_role, "to": new_role,
        })));
        work.commit(true).await
    }

    /// The order of the checks is the reference API's
    /// (docs/COMPATIBILITY.md#members-and-roles): permission, role, owner, user,
    /// membership; then rank.
    fn check_role_change(
        &self,
        acting_member: &MemberContext,
        target_member: Option<&MemberContext>,
        role: &str,
        change: RoleChange,
    ) -> Decision {
        let roles = self.roles();
        let acting_member = authority(roles, acting_member.clone());
        let decision = check_workspace_permission(
            Some(&acting_member),
            Permission::ModifyUserRoles,
            Refusal::InsufficientRole,
        );
        if decision.refusal.is_some() {
            return decision;
        }
        let mut trace = decision.trace;
        let definition = roles.find(Level::Workspace, role);
        // Only a transfer of ownership assigns `owner`. A member that has the
        // role without being the owner can lose it.
        let definition =
            definition.filter(|_| change == RoleChange::Unassign || role != Role::Owner.as_str());
        trace.step("role_exists", role, definition.is_some());
        let Some(definition) = definition else {
            return Decision::refused(Refusal::RoleInvalid, trace);
        };
        let Some(target_member) = target_member else {
            trace.step("has_account", "", false);
            return Decision::refused(Refusal::NoSuchUser, trace);
        };
        let target_member = authority(roles, target_member.clone());
        if !target_member.is_owner()
            && !trace.step(
                "is_member",
                target_member.role_name(),
                target_member.is_member(),
            )
        {
            return Decision::refused(Refusal::NotWorkspaceMember, trace);
        }
        let decision = check_may_manage(&acting_member, &target_member, roles, trace);
        match change {
            RoleChange::Assign if decision.refusal.is_none() => {
                check_may_assign(&acting_member, definition, decision.trace)
            }
            RoleChange::Assign | RoleChange::Unassign => decision,
        }
    }
}

/// Refuses a workspace that is not in the organization. A caller outside of the
/// organization gets the refusal of a missing permission.
fn workspace_not_in_organization(is_member: bool) -> Decision {
    let mut trace = Trace::new();
    let member = if is_member { "a member" } else { "no member" };
    trace.step("has_workspace", format!("elsewhere, as {member}"), false);
    let refusal = if is_member {
        Refusal::WorkspaceOutsideOrganization
    } else {
        Refusal::InsufficientRole
    };
    Decision::refused(refusal, trace)
}
