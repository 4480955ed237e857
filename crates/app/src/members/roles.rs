//! The roles of members of a workspace: giving and taking them.

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

/// Whose role is to be changed, where, and which role it is about.
#[derive(Clone, Debug)]
pub struct RoleAssignment {
    /// Where the workspace is said to be.
    pub organization: Id<Organization>,
    /// Where.
    pub workspace: Id<Workspace>,
    /// Whose.
    pub email: Email,
    /// Which.
    pub role: String,
}

/// What is done with the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoleChange {
    Assign,
    Unassign,
}

impl App {
    /// Gives a member of a workspace another role, there and in all projects of
    /// it.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceOutsideOrganization`], [`Refusal::InsufficientRole`] (also to those
    /// outside of the organization, who do not learn what is in it, and for a
    /// role or a member that is not below the caller),
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

    /// Takes a role from a member, who becomes a viewer. Somebody who has
    /// another role keeps it.
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
        // Whoever is in a workspace knows that it is there.
        let knows = acting_member
            .as_ref()
            .is_some_and(|it| it.organization_role.is_some());
        let acting_member = acting_member.filter(|it| it.organization == *organization);
        let decision = match &acting_member {
            Some(acting_member) => {
                self.check_role_change(acting_member, target_member.as_ref(), role, change)
            }
            None => {
                let is_member = work.tx.organization_role(*organization, actor).await?;
                workspace_not_in_organization(knows || is_member.is_some())
            }
        };
        let Some(target) = target_member.filter(|_| decision.refusal.is_none()) else {
            let unknown_target = matches!(
                decision.refusal,
                Some(Refusal::NoSuchUser | Refusal::NotWorkspaceMember)
            );
            if unknown_target {
                // It tells who has an account, so it is slowed down.
                drop(work);
                self.count_account_lookup(command.context).await?;
            }
            return Err(command.refuse(Some(*organization), Some(workspace.uuid()), decision));
        };
        let previous_role = target.workspace_role.clone().unwrap_or_default();
        let new_role = match change {
            RoleChange::Assign => role.as_str(),
            RoleChange::Unassign if previous_role == *role => Role::Viewer.as_str(),
            // What they do not have cannot be taken from them.
            RoleChange::Unassign => return work.commit(true).await,
        };
        let (user, now) = (target.user.id, work.now);
        work.tx
            .set_workspace_role(*workspace, user, new_role, now, actor);
        // An older invitation must not bring back what was just decided.
        work.tx
            .revoke_invitations_to_workspace(*workspace, &target.user.email, now, actor);
        let event =
            Event::new(AuditAction::MemberRoleChanged, user.uuid()).in_organization(*organization);
        work.record(event.with_details(json!({
            "workspace": workspace, "from": previous_role, "to": new_role,
        })));
        work.commit(true).await
    }

    /// The contract's order: the right, the role, the owner, the person, their
    /// membership, and then who stands above whom.
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
        let known = roles.find(Level::Workspace, role);
        // Ownership changes hands by transfer alone; a role of that name that
        // somebody has without it can be taken from them.
        let known =
            known.filter(|_| change == RoleChange::Unassign || role != Role::Owner.as_str());
        trace.step("role_exists", role, known.is_some());
        let Some(known) = known else {
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
                check_may_assign(&acting_member, known, decision.trace)
            }
            RoleChange::Assign | RoleChange::Unassign => decision,
        }
    }
}

/// The workspace is not in the organization. Whoever is outside of that does
/// not learn it.
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
