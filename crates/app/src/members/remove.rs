//! Removing members from a workspace or a whole organization, and leaving an
//! organization. With a membership go the memberships of projects, API keys and
//! open invitations.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, PermissionSet, Refusal, RoleDefinition,
    Trace, User, Workspace,
};
use freehold_store::{MemberContext, RemovalCounts, Target};
use serde_json::json;

use crate::access::{
    Authority, Caller, authority, check_administrator, check_may_manage, check_rank,
};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::extension::TypedEvent;
use crate::runtime::App;

impl App {
    /// Removes the member with this address from a workspace, and from its
    /// organization if they are in no other workspace of it. Revokes the
    /// invitation of an invitee. Does nothing for any other address.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotFound`], also for callers outside of its
    /// organization; [`Refusal::InsufficientRole`]; [`Refusal::OwnerProtected`].
    pub async fn remove_from_workspace(
        &self,
        caller: &Caller,
        context: &RequestContext,
        workspace: Id<Workspace>,
        email: &Email,
    ) -> Outcome<CommandOutput<bool>> {
        let command = self.command(caller.actor(), context, AuditAction::MemberRemoved);
        let attempt = || self.remove_from_workspace_once(&command, caller, workspace, email);
        command.run(attempt, |_| None).await
    }

    async fn remove_from_workspace_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        workspace: Id<Workspace>,
        email: &Email,
    ) -> Outcome<CommandOutput<bool>> {
        let (actor, roles) = (caller.user.id, self.roles());
        let mut work = command.begin();
        work.tx.lock_organization_of_workspace(workspace);
        let target = Target::Email(email.as_str());
        let (acting, target_member) = work.tx.member_contexts(workspace, actor, target).await?;
        let acting = acting.filter(|context| context.is_member() || context.owner == actor);
        let acting = acting.map(|context| authority(roles, context));
        let decision = check_remove_from_workspace(acting.as_ref());
        let Some(acting) = acting.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(workspace.uuid()), decision));
        };
        let organization = acting.member_context().organization;
        let target_member = target_member.map(|context| authority(roles, context));
        match target_member.filter(|target| target.is_in_workspace() || target.is_owner()) {
            Some(target_member) => {
                let decision = check_may_manage(&acting, &target_member, roles, decision.trace);
                if decision.refusal.is_some() {
                    let target = target_member.member_context().user.id.uuid();
                    return Err(command.refuse(Some(organization), Some(target), decision));
                }
                remove_workspace_membership(&mut work, target_member.member_context(), actor)
                    .await?;
            }
            None => {
                let Some((invitation, role)) = work
                    .tx
                    .pending_invitation_to(workspace, email.as_str())
                    .await?
                else {
                    return work.commit(true).await;
                };
                // A deleted role has no permissions.
                let definition = roles.find(Level::Workspace, &role);
                let rank =
                    definition.map_or(PermissionSet::EMPTY, RoleDefinition::combined_permissions);
                let decision = check_rank(
                    &acting,
                    &role,
                    rank,
                    Refusal::InsufficientRole,
                    decision.trace,
                );
                if decision.refusal.is_some() {
                    return Err(command.refuse(Some(organization), Some(invitation), decision));
                }
                let now = work.now;
                work.tx
                    .revoke_invitations_to_workspace(workspace, email.as_str(), now, actor);
                let event = Event::new(AuditAction::InvitationRevoked, invitation);
                let details = json!({ "workspace": workspace });
                work.record(event.in_organization(organization).with_details(details));
            }
        }
        work.commit(true).await
    }

    /// Removes a member from a whole organization. `user` is `None` if the request
    /// contains an invalid id.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also if the organization does not
    /// exist; [`Refusal::InsufficientRole`] for a caller that may not remove the
    /// member from each of their workspaces; [`Refusal::NoSuchUser`] for a user
    /// that is not a member; [`Refusal::OwnerProtected`].
    pub async fn remove_from_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
        user: Option<Id<User>>,
    ) -> Outcome<CommandOutput<RemovalCounts>> {
        let command = self.command(caller.actor(), context, AuditAction::MemberRemoved);
        let attempt = || self.remove_from_organization_once(&command, caller, organization, user);
        command.run(attempt, |_| None).await
    }

    async fn remove_from_organization_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        user: Option<Id<User>>,
    ) -> Outcome<CommandOutput<RemovalCounts>> {
        let (actor, roles) = (caller.user.id, self.roles());
        let mut work = command.begin();
        let record = work.tx.lock_and_read_organization(organization).await?;
        let owner = record.map(|record| record.owner);
        let mut acting = Vec::new();
        for context in work.tx.member_contexts_in(organization, actor).await? {
            acting.push(authority(roles, context));
        }
        let mut decision = check_remove_from_organization(&acting, owner == Some(actor));
        let mut member = None;
        if decision.refusal.is_none() {
            member = match user {
                Some(user) => work
                    .tx
                    .is_in_organization(organization, user)
                    .await?
                    .then_some(user),
                None => None,
            };
            let input = user.map_or_else(|| "not an id".to_owned(), |user| user.to_string());
            if !decision.trace.step("is_member", input, member.is_some()) {
                decision = Decision::refused(Refusal::NoSuchUser, decision.trace);
            }
        }
        if let Some(user) = member {
            let contexts = work.tx.member_contexts_in(organization, user).await?;
            let target_contexts: Vec<_> = contexts
                .into_iter()
                .map(|context| authority(roles, context))
                .collect();
            let mut trace = decision.trace;
            decision = if trace.step("target_is_not_owner", user.to_string(), owner != Some(user)) {
                self.check_remove_target(&acting, &target_contexts, owner == Some(actor), trace)
            } else {
                Decision::refused(Refusal::OwnerProtected, trace)
            };
        }
        let Some(user) = member.filter(|_| decision.refusal.is_none()) else {
            let target = user.map(Id::uuid);
            return Err(command.refuse(Some(organization), target, decision));
        };
        let counts = remove_all_memberships(&mut work, organization, user, actor).await?;
        let event =
            Event::new(AuditAction::MemberRemoved, user.uuid()).in_organization(organization);
        work.record(
            event
                .with_details(json!({ "removed": counts }))
                .heard_as(TypedEvent::MemberRemoved { organization, user }),
        );
        work.commit(counts).await
    }

    /// Returns whether the caller may remove a member from each workspace that the
    /// member is in. Only the owner may remove a member without a workspace.
    fn check_remove_target(
        &self,
        acting: &[Authority],
        target_contexts: &[Authority],
        owns: bool,
        trace: Trace,
    ) -> Decision {
        let mut decision = Decision::allowed(trace);
        let members: Vec<_> = acting
            .iter()
            .zip(target_contexts)
            .filter(|(_, target_member)| target_member.is_in_workspace())
            .collect();
        if !owns
            && !decision
                .trace
                .step("shares_a_workspace", "", !members.is_empty())
        {
            return Decision::refused(Refusal::InsufficientRole, decision.trace);
        }
        for (acting, target_member) in members {
            decision = check_administrator(acting, Refusal::InsufficientRole, decision.trace);
            if decision.refusal.is_none() {
                decision = check_may_manage(acting, target_member, self.roles(), decision.trace);
            }
            if decision.refusal.is_some() {
                break;
            }
        }
        decision
    }

    /// Removes the caller from an organization.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also if the organization does not
    /// exist; [`Refusal::OwnerCannotLeave`].
    pub async fn leave_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
    ) -> Outcome<CommandOutput<RemovalCounts>> {
        let command = self.command(caller.actor(), context, AuditAction::MemberLeft);
        let attempt = || leave_organization_once(&command, caller, organization);
        command.run(attempt, |_| None).await
    }
}

async fn leave_organization_once(
    command: &Command<'_>,
    caller: &Caller,
    organization: Id<Organization>,
) -> Outcome<CommandOutput<RemovalCounts>> {
    let user = caller.user.id;
    let mut work = command.begin();
    let record = work.tx.lock_and_read_organization(organization).await?;
    let is_member = work.tx.is_in_organization(organization, user).await?;
    let owns = record.is_some_and(|record| record.owner == user);
    let decision = check_leave(is_member, owns);
    if decision.refusal.is_some() {
        return Err(command.refuse(Some(organization), Some(user.uuid()), decision));
    }
    let counts = remove_all_memberships(&mut work, organization, user, user).await?;
    let event = Event::new(AuditAction::MemberLeft, user.uuid()).in_organization(organization);
    work.record(
        event
            .with_details(json!({ "removed": counts }))
            .heard_as(TypedEvent::MemberRemoved { organization, user }),
    );
    work.commit(counts).await
}

fn check_leave(is_member: bool, owns: bool) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("is_member", "", is_member) {
        return Decision::refused(Refusal::NotOrganizationMember, trace);
    }
    if !trace.step("target_is_not_owner", "", !owns) {
        return Decision::refused(Refusal::OwnerCannotLeave, trace);
    }
    Decision::allowed(trace)
}

/// Returns whether the caller may remove members from a workspace at all. Callers
/// outside of its organization do not learn whether it exists.
fn check_remove_from_workspace(acting: Option<&Authority>) -> Decision {
    let mut trace = Trace::new();
    let Some(acting) = acting else {
        trace.step("has_workspace", "no such workspace", false);
        return Decision::refused(Refusal::WorkspaceNotFound, trace);
    };
    check_administrator(acting, Refusal::InsufficientRole, trace)
}

/// Returns whether the caller may remove members from any workspace of an
/// organization.
fn check_remove_from_organization(acting: &[Authority], owns: bool) -> Decision {
    let mut trace = Trace::new();
    let is_member = acting
        .iter()
        .any(|authority| authority.member_context().is_member());
    if !trace.step("has_organization", "", owns || is_member) {
        return Decision::refused(Refusal::NotOrganizationMember, trace);
    }
    if trace.step("is_owner", "", owns) {
        return Decision::allowed(trace);
    }
    let mut decision = Decision::refused(Refusal::InsufficientRole, trace);
    for acting in acting.iter().filter(|authority| authority.is_member()) {
        decision = check_administrator(acting, Refusal::InsufficientRole, decision.trace);
        if decision.refusal.is_none() {
            break;
        }
    }
    decision
}

/// Removes a member from one workspace and revokes their remaining invitations to
/// it.
async fn remove_workspace_membership(
    work: &mut UnitOfWork<'_>,
    member: &MemberContext,
    actor: Id<User>,
) -> Outcome<()> {
    let (workspace, organization) = (member.workspace, member.organization);
    let (user, now) = (member.user.id, work.now);
    let counts = work.tx.removal_counts_in_workspace(workspace, user).await?;
    work.tx
        .revoke_invitations_to_workspace(workspace, &member.user.email, now, actor);
    work.tx.leave_workspace(workspace, organization, user);
    let event = Event::new(AuditAction::MemberRemoved, user.uuid()).in_organization(organization);
    let event = event.heard_as(TypedEvent::MemberRemoved { organization, user });
    work.record(event.with_details(json!({ "workspace": workspace, "removed": counts })));
    Ok(())
}

/// Removes a member from a whole organization. Returns the counts of what was
/// removed.
async fn remove_all_memberships(
    work: &mut UnitOfWork<'_>,
    organization: Id<Organization>,
    user: Id<User>,
    actor: Id<User>,
) -> Outcome<RemovalCounts> {
    let counts = work
        .tx
        .removal_counts_in_organization(organization, user)
        .await?;
    let now = work.now;
    work.tx
        .revoke_invitations_to_organization(organization, user, now, actor);
    work.tx.leave_organization(organization, user);
    Ok(counts)
}
