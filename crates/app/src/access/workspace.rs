//! What a member may do in a workspace, as a transaction that holds the
//! organization has read it.

use freehold_domain::{
    Decision, Level, Permission, PermissionSet, Refusal, Role, RoleCatalog, Trace,
};
use freehold_store::MemberContext;

/// What somebody is and may do in one workspace, as a transaction that holds
/// the organization has read it. Made only by `authority`.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(super) standing: MemberContext,
    pub(super) permissions: PermissionSet,
}

/// What `standing` amounts to. Ownership comes first; then the role in the
/// default project; where there is none, the role in the workspace.
pub(crate) fn authority(roles: &RoleCatalog, standing: MemberContext) -> Authority {
    let permissions = if standing.owner == standing.user.id {
        PermissionSet::ALL
    } else {
        match (&standing.project, &standing.project_role) {
            (Some(_), role) => permissions_of(roles, Level::Project, role.as_deref()),
            (None, _) => {
                permissions_of(roles, Level::Workspace, standing.workspace_role.as_deref())
            }
        }
    };
    Authority {
        standing,
        permissions,
    }
}

pub(super) fn permissions_of(
    roles: &RoleCatalog,
    level: Level,
    role: Option<&str>,
) -> PermissionSet {
    role.map_or(PermissionSet::EMPTY, |role| roles.permissions(level, role))
}

impl Authority {
    /// The rows behind it.
    pub(crate) fn standing(&self) -> &MemberContext {
        &self.standing
    }

    /// Whether this is who owns the organization.
    pub(crate) fn owns(&self) -> bool {
        self.standing.owner == self.standing.user.id
    }

    /// Whether there is a membership of the workspace.
    pub(crate) fn is_member(&self) -> bool {
        self.standing.workspace_role.is_some()
    }

    /// Everything that somebody may do, for others who would take it away:
    /// what the workspace says and what its default project says.
    pub(crate) fn rank(&self, roles: &RoleCatalog) -> PermissionSet {
        let standing = &self.standing;
        let workspace = permissions_of(roles, Level::Workspace, standing.workspace_role.as_deref());
        workspace.union(self.permissions)
    }

    /// What they are, for traces.
    pub(crate) fn called(&self) -> &str {
        if self.owns() {
            return "the owner";
        }
        let standing = &self.standing;
        let role = standing
            .project_role
            .as_ref()
            .or(standing.workspace_role.as_ref());
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

/// Whether this is the role of somebody who runs things.
pub(super) fn runs(role: &str, permissions: PermissionSet) -> bool {
    let named = [Role::Owner, Role::Admin]
        .into_iter()
        .any(|runs| role == runs.as_str());
    let admin: PermissionSet = Role::Admin.permissions().iter().copied().collect();
    named || admin.is_subset(permissions)
}
