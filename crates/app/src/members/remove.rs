//! Taking members out: of a workspace, of a whole organization, and by
//! oneself. What hangs on a membership goes with it at once: projects, keys,
//! open invitations.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, PermissionSet, Refusal, RoleDefinition,
    Trace, User, Workspace,
};
use freehold_store::{MemberContext, RemovalCounts, Target};
use serde_json::json;

use crate::access::{Authority, Caller, administers, authority, may_touch, outranks};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::runtime::App;

impl App {
    /// Takes whoever has this address out of a workspace, and out of its
    /// organization if they are in no other workspace of it; takes their
    /// invitation back. For an address that is neither, nothing happens.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotFound`], also to those outside of its
    /// organization; [`Refusal::InsufficientRole`]; [`Refusal::OwnerProtected`].
    pub async fn remove_from_workspace(
        &self,
        caller: &Caller,
        call: &RequestContext,
        workspace: Id<Workspace>,
        email: &Email,
    ) -> Outcome<CommandOutput<bool>> {
        let command = self.command(caller.actor(), call, AuditAction::MemberRemoved);
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
        let (by, roles) = (caller.user.id, self.roles());
        let mut work = command.begin();
        work.tx.lock_organization_of_workspace(workspace);
        let target = Target::Email(email.as_str());
        let (own, other) = work.tx.standings(workspace, by, target).await?;
        let own = own.filter(|it| it.organization_role.is_some() || it.owner == by);
        let own = own.map(|it| authority(roles, it));
        let decision = may_remove_here(own.as_ref());
        let Some(own) = own.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(workspace.uuid()), decision));
        };
        let organization = own.standing().organization;
        let other = other.map(|it| authority(roles, it));
        match other.filter(|it| it.is_member() || it.owns()) {
            Some(other) => {
                let decision = may_touch(&own, &other, roles, decision.trace);
                if decision.refusal.is_some() {
                    let target = other.standing().user.id.uuid();
                    return Err(command.refuse(Some(organization), Some(target), decision));
                }
                remove(&mut work, other.standing(), by).await?;
            }
            None => {
                let Some((invitation, role)) = work
                    .tx
                    .pending_invitation_to(workspace, email.as_str())
                    .await?
                else {
                    return work.commit(true).await;
                };
                // A role that is gone grants nothing.
                let known = roles.find(Level::Workspace, &role);
                let rank = known.map_or(PermissionSet::EMPTY, RoleDefinition::combined_permissions);
                let decision =
                    outranks(&own, &role, rank, Refusal::InsufficientRole, decision.trace);
                if decision.refusal.is_some() {
                    return Err(command.refuse(Some(organization), Some(invitation), decision));
                }
                let now = work.now;
                work.tx
                    .revoke_invitations_to_workspace(workspace, email.as_str(), now, by);
                let event = Event::on(AuditAction::InvitationRevoked, invitation);
                let details = json!({ "workspace": workspace });
                work.record(event.within(organization).with(details));
            }
        }
        work.commit(true).await
    }

    /// Takes somebody out of a whole organization. `user` is nothing when what
    /// was sent is no id.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also when there is no such
    /// organization; [`Refusal::InsufficientRole`] for whoever may not take them out of
    /// each of their workspaces; [`Refusal::NoSuchUser`] for somebody who is
    /// not a member; [`Refusal::OwnerProtected`].
    pub async fn remove_from_organization(
        &self,
        caller: &Caller,
        call: &RequestContext,
        organization: Id<Organization>,
        user: Option<Id<User>>,
    ) -> Outcome<CommandOutput<RemovalCounts>> {
        let command = self.command(caller.actor(), call, AuditAction::MemberRemoved);
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
        let (by, roles) = (caller.user.id, self.roles());
        let mut work = command.begin();
        let found = work.tx.lock_and_read_organization(organization).await?;
        let owner = found.map(|it| it.owner);
        let mut own = Vec::new();
        for standing in work.tx.member_contexts_in(organization, by).await? {
            own.push(authority(roles, standing));
        }
        let mut decision = may_remove_somewhere(&own, owner == Some(by));
        let mut removed = None;
        if decision.refusal.is_none() {
            removed = match user {
                Some(user) => work
                    .tx
                    .organization_role(organization, user)
                    .await?
                    .map(|_| user),
                None => None,
            };
            let input = user.map_or_else(|| "not an id".to_owned(), |user| user.to_string());
            if !decision.trace.step("is_member", input, removed.is_some()) {
                decision = Decision::refused(Refusal::NoSuchUser, decision.trace);
            }
        }
        if let Some(user) = removed {
            let standings = work.tx.member_contexts_in(organization, user).await?;
            let others: Vec<_> = standings
                .into_iter()
                .map(|it| authority(roles, it))
                .collect();
            let mut trace = decision.trace;
            decision = if trace.step("not_the_owner", user.to_string(), owner != Some(user)) {
                self.may_remove_everywhere(&own, &others, owner == Some(by), trace)
            } else {
                Decision::refused(Refusal::OwnerProtected, trace)
            };
        }
        let Some(user) = removed.filter(|_| decision.refusal.is_none()) else {
            let target = user.map(Id::uuid);
            return Err(command.refuse(Some(organization), target, decision));
        };
        let lost = empty(&mut work, organization, user, by).await?;
        let event = Event::on(AuditAction::MemberRemoved, user.uuid()).within(organization);
        work.record(event.with(json!({ "removed": lost })));
        work.commit(lost).await
    }

    /// Whether somebody may take another out of each workspace that they are
    /// in. Whoever is in none is the owner's to remove.
    fn may_remove_everywhere(
        &self,
        own: &[Authority],
        others: &[Authority],
        owns: bool,
        trace: Trace,
    ) -> Decision {
        let mut decision = Decision::allowed(trace);
        let members: Vec<_> = own
            .iter()
            .zip(others)
            .filter(|(_, other)| other.is_member())
            .collect();
        if !owns && !decision.trace.step("is_somewhere", "", !members.is_empty()) {
            return Decision::refused(Refusal::InsufficientRole, decision.trace);
        }
        for (own, other) in members {
            decision = administers(own, Refusal::InsufficientRole, decision.trace);
            if decision.refusal.is_none() {
                decision = may_touch(own, other, self.roles(), decision.trace);
            }
            if decision.refusal.is_some() {
                break;
            }
        }
        decision
    }

    /// Takes the caller out of an organization.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also when there is no such
    /// organization; [`Refusal::OwnerCannotLeave`].
    pub async fn leave_organization(
        &self,
        caller: &Caller,
        call: &RequestContext,
        organization: Id<Organization>,
    ) -> Outcome<CommandOutput<RemovalCounts>> {
        let command = self.command(caller.actor(), call, AuditAction::MemberLeft);
        let attempt = || leave_once(&command, caller, organization);
        command.run(attempt, |_| None).await
    }
}

async fn leave_once(
    command: &Command<'_>,
    caller: &Caller,
    organization: Id<Organization>,
) -> Outcome<CommandOutput<RemovalCounts>> {
    let user = caller.user.id;
    let mut work = command.begin();
    let found = work.tx.lock_and_read_organization(organization).await?;
    let role = work.tx.organization_role(organization, user).await?;
    let owns = found.is_some_and(|it| it.owner == user);
    let decision = may_leave(role.is_some(), owns);
    if decision.refusal.is_some() {
        return Err(command.refuse(Some(organization), Some(user.uuid()), decision));
    }
    let lost = empty(&mut work, organization, user, user).await?;
    let event = Event::on(AuditAction::MemberLeft, user.uuid()).within(organization);
    work.record(event.with(json!({ "left": lost })));
    work.commit(lost).await
}

fn may_leave(is_member: bool, owns: bool) -> Decision {
    let mut trace = Trace::new();
    if !trace.step("is_member", "", is_member) {
        return Decision::refused(Refusal::NotOrganizationMember, trace);
    }
    if !trace.step("not_the_owner", "", !owns) {
        return Decision::refused(Refusal::OwnerCannotLeave, trace);
    }
    Decision::allowed(trace)
}

/// Whether somebody may take members out of a workspace at all. Those outside
/// of its organization do not learn that there is one.
fn may_remove_here(own: Option<&Authority>) -> Decision {
    let mut trace = Trace::new();
    let Some(own) = own else {
        trace.step("has_workspace", "no such workspace", false);
        return Decision::refused(Refusal::WorkspaceNotFound, trace);
    };
    administers(own, Refusal::InsufficientRole, trace)
}

/// Whether somebody may take members out of any workspace of an organization.
fn may_remove_somewhere(own: &[Authority], owns: bool) -> Decision {
    let mut trace = Trace::new();
    let inside = own
        .iter()
        .any(|it| it.standing().organization_role.is_some());
    if !trace.step("has_organization", "", owns || inside) {
        return Decision::refused(Refusal::NotOrganizationMember, trace);
    }
    if trace.step("is_owner", "", owns) {
        return Decision::allowed(trace);
    }
    let mut decision = Decision::refused(Refusal::InsufficientRole, trace);
    for own in own.iter().filter(|it| it.is_member()) {
        decision = administers(own, Refusal::InsufficientRole, decision.trace);
        if decision.refusal.is_none() {
            break;
        }
    }
    decision
}

/// Takes a member out of one workspace, with the invitation that is left over.
async fn remove(work: &mut UnitOfWork<'_>, member: &MemberContext, by: Id<User>) -> Outcome<()> {
    let (workspace, organization) = (member.workspace, member.organization);
    let (user, now) = (member.user.id, work.now);
    let lost = work.tx.removal_counts_in_workspace(workspace, user).await?;
    work.tx
        .revoke_invitations_to_workspace(workspace, &member.user.email, now, by);
    work.tx.leave_workspace(workspace, organization, user);
    let event = Event::on(AuditAction::MemberRemoved, user.uuid()).within(organization);
    work.record(event.with(json!({ "workspace": workspace, "removed": lost })));
    Ok(())
}

/// Takes somebody out of a whole organization; what they lose.
async fn empty(
    work: &mut UnitOfWork<'_>,
    organization: Id<Organization>,
    user: Id<User>,
    by: Id<User>,
) -> Outcome<RemovalCounts> {
    let lost = work
        .tx
        .removal_counts_in_organization(organization, user)
        .await?;
    let now = work.now;
    work.tx
        .revoke_invitations_to_organization(organization, user, now, by);
    work.tx.leave_organization(organization, user);
    Ok(lost)
}
