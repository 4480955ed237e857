//! Who may do what. The one place that decides; every decision carries the
//! ordered rules that it came from, so that "why was I refused?" has an answer.

mod check;
mod invited;

use freehold_domain::{
    AuditAction, Decision, Email, Id, Level, Organization, Permission, PermissionSet, Project,
    Refusal, Role, RoleCatalog, RoleDefinition, Trace, User, Workspace,
};
use freehold_store::{OrganizationRecord, StandingRecord};

use crate::app::App;
use crate::call::Actor;
use crate::caller::{Caller, Scope};

pub use check::PermissionQuestion;
pub(crate) use invited::{invitation_stands, link_stands, may_invite};

/// Proof that the caller may do something in a project. Made only by
/// `in_project`; the ids that reach the SQL come from here, not from the
/// request.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    project: Id<Project>,
    workspace: Id<Workspace>,
    organization: Id<Organization>,
    user: Id<User>,
    permission: Permission,
}

impl Grant {
    /// Where.
    #[must_use]
    pub fn project(&self) -> Id<Project> {
        self.project
    }

    /// The workspace around it.
    #[must_use]
    pub fn workspace(&self) -> Id<Workspace> {
        self.workspace
    }

    /// The organization around that.
    #[must_use]
    pub fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// Who.
    #[must_use]
    pub fn user(&self) -> Id<User> {
        self.user
    }

    /// What.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }
}

/// Whether `actor` may ask for `action` at all. A service's token is good for
/// minutes; what it did beyond content, such as issuing a key, would outlast it.
pub(crate) fn open_to(actor: &Actor, action: AuditAction) -> Result<(), Decision> {
    if !matches!(actor, Actor::Service(_)) || action.is_content() {
        return Ok(());
    }
    let mut trace = Trace::new();
    trace.step("service_may", action.as_str(), false);
    Err(Decision::refused(Refusal::NotPermitted, trace))
}

/// Whether `caller` may do `permission` in the project of their scope.
pub(crate) fn in_project(caller: &Caller, permission: Permission) -> Result<Grant, Decision> {
    let (grant, decision) = in_scope(caller.user.id, caller.scope.as_ref(), permission);
    grant.ok_or(decision)
}

/// Whether `user` may do `permission` in the project of `scope`, and why.
pub(crate) fn in_scope(
    user: Id<User>,
    scope: Option<&Scope>,
    permission: Permission,
) -> (Option<Grant>, Decision) {
    let mut trace = Trace::new();
    let Some(scope) = scope else {
        trace.step("has_project", "no membership of any project", false);
        return (None, Decision::refused(Refusal::NoScope, trace));
    };
    trace.step("has_project", scope.record().project.to_string(), true);
    let record = scope.record();
    let role = if record.owner == user {
        "the owner"
    } else {
        record.role.as_deref().unwrap_or("nobody")
    };
    let input = format!("{permission} as {role}");
    let allowed = scope.permissions().contains(permission);
    if !trace.step("role_allows", input, allowed) {
        let refusal = Refusal::ForbiddenInProject;
        return (None, Decision::refused(refusal, trace));
    }
    let grant = grant(user, scope, permission);
    (Some(grant), Decision::allowed(trace))
}

fn grant(user: Id<User>, scope: &Scope, permission: Permission) -> Grant {
    let record = scope.record();
    Grant {
        project: record.project,
        workspace: record.workspace,
        organization: record.organization,
        user,
        permission,
    }
}

/// What somebody is and may do in one workspace, as a transaction that holds
/// the organization has read it. Made only by `authority`.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    standing: StandingRecord,
    permissions: PermissionSet,
}

/// What `standing` amounts to. Ownership comes first; then the role in the
/// default project; where there is none, the role in the workspace.
pub(crate) fn authority(roles: &RoleCatalog, standing: StandingRecord) -> Authority {
    let permissions = if standing.owner == standing.user.id {
        PermissionSet::ALL
    } else {
        match (&standing.project, &standing.in_project) {
            (Some(_), role) => permissions_of(roles, Level::Project, role.as_deref()),
            (None, _) => permissions_of(roles, Level::Workspace, standing.in_workspace.as_deref()),
        }
    };
    Authority {
        standing,
        permissions,
    }
}

fn permissions_of(roles: &RoleCatalog, level: Level, role: Option<&str>) -> PermissionSet {
    role.map_or(PermissionSet::EMPTY, |role| roles.permissions(level, role))
}

impl Authority {
    /// The rows behind it.
    pub(crate) fn standing(&self) -> &StandingRecord {
        &self.standing
    }

    /// Whether this is who owns the organization.
    pub(crate) fn owns(&self) -> bool {
        self.standing.owner == self.standing.user.id
    }

    /// Whether there is a membership of the workspace.
    pub(crate) fn is_member(&self) -> bool {
        self.standing.in_workspace.is_some()
    }

    /// Everything that somebody may do, for others who would take it away:
    /// what the workspace says and what its default project says.
    pub(crate) fn rank(&self, roles: &RoleCatalog) -> PermissionSet {
        let standing = &self.standing;
        let workspace = permissions_of(roles, Level::Workspace, standing.in_workspace.as_deref());
        workspace.with_all(self.permissions)
    }

    /// What they are, for traces.
    pub(crate) fn called(&self) -> &str {
        if self.owns() {
            return "the owner";
        }
        let standing = &self.standing;
        let role = standing
            .in_project
            .as_ref()
            .or(standing.in_workspace.as_ref());
        role.map_or("nobody", String::as_str)
    }
}

/// Whether somebody may do `permission` in a workspace. Nobody stands in a
/// workspace that is not there.
pub(crate) fn in_workspace(
    authority: Option<&Authority>,
    permission: Permission,
    refusal: Refusal,
) -> Decision {
    let mut trace = Trace::new();
    let Some(authority) = authority else {
        trace.step("has_workspace", "no such workspace", false);
        return Decision::refused(refusal, trace);
    };
    trace.step(
        "has_workspace",
        authority.standing.workspace.to_string(),
        true,
    );
    let input = format!("{permission} as {}", authority.called());
    let allowed = authority.permissions.contains(permission);
    if trace.step("role_allows", input, allowed) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// Whether somebody runs a workspace: as its owner or admin, or by a role that
/// may do all that the built-in admin may. Continues `trace`.
pub(crate) fn administers(authority: &Authority, refusal: Refusal, mut trace: Trace) -> Decision {
    let runs = runs(authority.called(), authority.permissions);
    if trace.step("administers", authority.called(), runs) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// [`administers`] for an organization as a whole, by the role that somebody has
/// in it.
pub(crate) fn administers_organization(roles: &RoleCatalog, role: Option<&str>) -> bool {
    let permissions = permissions_of(roles, Level::Organization, role);
    role.is_some_and(|role| runs(role, permissions))
}

/// Whether this is the role of somebody who runs things.
fn runs(role: &str, permissions: PermissionSet) -> bool {
    let named = [Role::Owner, Role::Admin]
        .into_iter()
        .any(|runs| role == runs.as_str());
    let admin: PermissionSet = Role::Admin.permissions().iter().copied().collect();
    named || admin.is_within(permissions)
}

/// The rank rule: whoever gives a role, or does something to somebody who has
/// it, may do all that the role may, and more. So nobody gives `owner`, and
/// only owners make admins. Continues `trace`.
pub(crate) fn outranks(
    authority: &Authority,
    role: &str,
    permissions: PermissionSet,
    refusal: Refusal,
    mut trace: Trace,
) -> Decision {
    let input = format!("{role} by {}", authority.called());
    // An operator may have made roles that may do as much as the owner; they
    // are the owner's to give.
    let below = permissions.is_below(authority.permissions)
        || (authority.owns() && role != Role::Owner.as_str());
    if trace.step("outranks", input, below) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// [`outranks`] for a role that is to be given or taken.
pub(crate) fn may_give(authority: &Authority, role: &RoleDefinition, trace: Trace) -> Decision {
    outranks(
        authority,
        role.slug(),
        role.reach(),
        Refusal::NoRight,
        trace,
    )
}

/// [`outranks`] for somebody to whom something is to be done. The owner of the
/// organization is nobody's to touch.
pub(crate) fn may_touch(
    authority: &Authority,
    target: &Authority,
    roles: &RoleCatalog,
    mut trace: Trace,
) -> Decision {
    if !trace.step("not_the_owner", target.called(), !target.owns()) {
        return Decision::refused(Refusal::OwnerUntouchable, trace);
    }
    // Nobody else is above the one owner, whatever a row says: transfers of
    // older versions left the word with former owners.
    if authority.owns() {
        trace.step("outranks", "the owner", true);
        return Decision::allowed(trace);
    }
    let rank = target.rank(roles);
    outranks(authority, target.called(), rank, Refusal::NoRight, trace)
}

/// Whether `user` owns `organization`. A missing one belongs to nobody, and is
/// refused in the same words.
pub(crate) fn owns(
    user: Id<User>,
    organization: Option<&OrganizationRecord>,
    refusal: Refusal,
) -> Decision {
    let mut trace = Trace::new();
    let owner = organization.map(|it| it.owner);
    let input = owner.map_or_else(
        || "no such organization".to_owned(),
        |it| format!("owner {it}"),
    );
    if trace.step("is_owner", input, owner == Some(user)) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

impl App {
    /// Whether somebody with this address may sign in or up at all.
    pub(crate) fn may_enter(&self, email: &Email) -> Decision {
        let mut trace = Trace::new();
        if !trace.step("email_sign_in_enabled", "", self.settings().email_enabled) {
            return Decision::refused(Refusal::AccessDenied, trace);
        }
        match self.settings().access.admits(email) {
            Ok(()) => {
                trace.step("access_policy", email.domain(), true);
                Decision::allowed(trace)
            }
            Err(rule) => {
                trace.step("access_policy", rule.as_str(), false);
                Decision::refused(Refusal::AccessDenied, trace)
            }
        }
    }

    /// Whether somebody with this address may own an organization, at sign-up
    /// or later.
    pub(crate) fn may_create_organizations(&self, email: Option<&Email>) -> Decision {
        let mut trace = Trace::new();
        let owners = &self.settings().owners;
        let permitted = owners.is_open() || email.is_some_and(|email| owners.permits(email));
        let input = if owners.is_open() {
            "everyone may"
        } else {
            "only those listed may"
        };
        if trace.step("allowed_owner", input, permitted) {
            Decision::allowed(trace)
        } else {
            Decision::refused(Refusal::NotAllowedToCreateOrganizations, trace)
        }
    }
}

/// A decision's refusal without its trace: reads are not audited.
pub(crate) fn refusal(decision: Decision) -> Refusal {
    decision.refusal.unwrap_or(Refusal::Forbidden)
}

#[cfg(test)]
mod tests;
