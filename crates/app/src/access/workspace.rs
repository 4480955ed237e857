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
    pub(super) context: MemberContext,
    pub(super) permissions: PermissionSet,
}

/// What `context` amounts to. Ownership comes first; then the role in the
/// default project; where there is none, the role in the workspace.
pub(crate) fn authority(roles: &RoleCatalog, context: MemberContext) -> Authority {
    let permissions = if context.owner == context.user.id {
        PermissionSet::ALL
    } else {
        match (&context.project, &context.project_role) {
            (Some(_), role) => permissions_of(roles, Level::Project, role.as_deref()),
            (None, _) => permissions_of(roles, Level::Workspace, context.workspace_role.as_deref()),
        }
    };
    Authority {
        context,
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
    pub(crate) fn member_context(&self) -> &MemberContext {
        &self.context
    }

    /// Whether this is who owns the organization.
    pub(crate) fn is_owner(&self) -> bool {
        self.context.owner == self.context.user.id
    }

    /// Whether there is a membership of the workspace.
    pub(crate) fn is_member(&self) -> bool {
        self.context.workspace_role.is_some()
    }

    /// Everything that somebody may do, for others who would take it away:
    /// what the workspace says and what its default project says.
    pub(crate) fn rank(&self, roles: &RoleCatalog) -> PermissionSet {
        let context = &self.context;
        let workspace = permissions_of(roles, Level::Workspace, context.workspace_role.as_deref());
        workspace.union(self.permissions)
    }

    /// What they are, for traces.
    pub(crate) fn role_name(&self) -> &str {
        if self.is_owner() {
            return "the owner";
        }
        let context = &self.context;
        let role = context
            .project_role
            .as_ref()
            .or(context.workspace_role.as_ref());
        role.map_or("no role", String::as_str)
    }
}

/// Whether somebody may do `permission` in a workspace. Nobody stands in a
/// workspace that is not there.
pub(crate) fn check_workspace_permission(
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
        authority.context.workspace.to_string(),
        true,
    );
    let input = format!("{permission} as {}", authority.role_name());
    let allowed = authority.permissions.contains(permission);
    if trace.step("role_allows", input, allowed) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// Whether somebody runs a workspace: as its owner or admin, or by a role that
/// may do all that the built-in admin may. Continues `trace`.
pub(crate) fn check_administrator(
    authority: &Authority,
    refusal: Refusal,
    mut trace: Trace,
) -> Decision {
    let is_administrator_role = is_administrator_role(authority.role_name(), authority.permissions);
    if trace.step("administers", authority.role_name(), is_administrator_role) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// Whether this is the role of somebody who runs things.
pub(super) fn is_administrator_role(role: &str, permissions: PermissionSet) -> bool {
    let is_built_in_administrator = [Role::Owner, Role::Admin]
        .into_iter()
        .any(|is_administrator_role| role == is_administrator_role.as_str());
    let admin: PermissionSet = Role::Admin.permissions().iter().copied().collect();
    is_built_in_administrator || admin.is_subset(permissions)
}
