//! The roles of members of a workspace: giving and taking them.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, Permission, Refusal, Role, Trace,
    Workspace,
};
use freehold_store::{MemberContext, Target};
use serde_json::json;

use crate::access::{Caller, authority, in_workspace, may_give, may_touch};
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
enum Change {
    Give,
    Take,
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
        call: &RequestContext,
        assignment: &RoleAssignment,
    ) -> Outcome<CommandOutput<bool>> {
        self.change_role(caller, call, assignment, Change::Give)
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
        call: &RequestContext,
        assignment: &RoleAssignment,
    ) -> Outcome<CommandOutput<bool>> {
        self.change_role(caller, call, assignment, Change::Take)
            .await
    }

    async fn change_role(
        &self,
        caller: &Caller,
        call: &RequestContext,
        assignment: &RoleAssignment,
        change: Change,
    ) -> Outcome<CommandOutput<bool>> {
        let command = self.command(caller.actor(), call, AuditAction::MemberRoleChanged);
        let attempt = || self.change_role_once(&command, caller, assignment, change);
        command.run(attempt, |_| None).await
    }

    async fn change_role_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        assignment: &RoleAssignment,
        change: Change,
    ) -> Outcome<CommandOutput<bool>> {
        let RoleAssignment {
            organization,
            workspace,
            email,
            role,
        } = assignment;
        let by = caller.user.id;
        let mut work = command.begin();
        work.tx.lock_organization(*organization);
        let target = Target::Email(email.as_str());
        let (own, other) = work.tx.standings(*workspace, by, target).await?;
        // Whoever is in a workspace knows that it is there.
        let knows = own
            .as_ref()
            .is_some_and(|it| it.organization_role.is_some());
        let own = own.filter(|it| it.organization == *organization);
        let decision = match &own {
            Some(own) => self.may_change_role(own, other.as_ref(), role, change),
            None => {
                let inside = work.tx.organization_role(*organization, by).await?;
                elsewhere(knows || inside.is_some())
            }
        };
        let Some(target) = other.filter(|_| decision.refusal.is_none()) else {
            let stranger = matches!(
                decision.refusal,
                Some(Refusal::NoSuchUser | Refusal::NotWorkspaceMember)
            );
            if stranger {
                // It tells who has an account, so it is slowed down.
                drop(work);
                self.count_question(command.call).await?;
            }
            return Err(command.refuse(Some(*organization), Some(workspace.uuid()), decision));
        };
        let former = target.workspace_role.clone().unwrap_or_default();
        let wanted = match change {
            Change::Give => role.as_str(),
            Change::Take if former == *role => Role::Viewer.as_str(),
            // What they do not have cannot be taken from them.
            Change::Take => return work.commit(true).await,
        };
        let (user, now) = (target.user.id, work.now);
        work.tx
            .set_workspace_role(*workspace, user, wanted, now, by);
        // An older invitation must not bring back what was just decided.
        work.tx
            .revoke_invitations_to_workspace(*workspace, &target.user.email, now, by);
        let event = Event::on(AuditAction::MemberRoleChanged, user.uuid()).within(*organization);
        work.record(event.with(json!({
            "workspace": workspace, "from": former, "to": wanted,
        })));
        work.commit(true).await
    }

    /// The contract's order: the right, the role, the owner, the person, their
    /// membership, and then who stands above whom.
    fn may_change_role(
        &self,
        own: &MemberContext,
        other: Option<&MemberContext>,
        role: &str,
        change: Change,
    ) -> Decision {
        let roles = self.roles();
        let own = authority(roles, own.clone());
        let decision = in_workspace(
            Some(&own),
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
        let known = known.filter(|_| change == Change::Take || role != Role::Owner.as_str());
        trace.step("role_known", role, known.is_some());
        let Some(known) = known else {
            return Decision::refused(Refusal::RoleInvalid, trace);
        };
        let Some(other) = other else {
            trace.step("has_account", "", false);
            return Decision::refused(Refusal::NoSuchUser, trace);
        };
        let other = authority(roles, other.clone());
        if !other.owns() && !trace.step("is_member", other.called(), other.is_member()) {
            return Decision::refused(Refusal::NotWorkspaceMember, trace);
        }
        let decision = may_touch(&own, &other, roles, trace);
        match change {
            Change::Give if decision.refusal.is_none() => may_give(&own, known, decision.trace),
            Change::Give | Change::Take => decision,
        }
    }
}

/// The workspace is not in the organization. Whoever is outside of that does
/// not learn it.
fn elsewhere(inside: bool) -> Decision {
    let mut trace = Trace::new();
    let member = if inside { "a member" } else { "nobody" };
    trace.step("has_workspace", format!("elsewhere, as {member}"), false);
    let refusal = if inside {
        Refusal::WorkspaceOutsideOrganization
    } else {
        Refusal::InsufficientRole
    };
    Decision::refused(refusal, trace)
}
