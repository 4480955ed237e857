//! What a member may do in a workspace.

use freehold_domain::{
    Decision, Level, PermissionRef, PermissionSet, Refusal, Role, RoleCatalog, Trace,
};
use freehold_store::MemberContext;

/// A user's member context and permissions in one workspace, as read by a
/// transaction that locked the organization. Only [`authority`] creates one.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(super) context: MemberContext,
    pub(super) permissions: PermissionSet,
}

/// Returns the permissions of a member context. The owner has all of them. For
/// other members the role in the default project counts; if the workspace has
/// no default project, the role in the workspace. A user who is only a member of
/// projects has none in the workspace.
pub(crate) fn authority(roles: &RoleCatalog, context: MemberContext) -> Authority {
    let permissions = if context.owner == context.user.id {
        roles.all_permissions()
    } else if context.workspace_role.is_none() {
        PermissionSet::EMPTY
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
    /// The ids and roles as stored.
    pub(crate) fn member_context(&self) -> &MemberContext {
        &self.context
    }

    /// Whether the user owns the organization.
    pub(crate) fn is_owner(&self) -> bool {
        self.context.owner == self.context.user.id
    }

    /// Whether the user is a member of the workspace.
    pub(crate) fn is_member(&self) -> bool {
        self.context.workspace_role.is_some()
    }

    /// Whether the user is a member of the workspace, or of one of its projects.
    pub(crate) fn is_in_workspace(&self) -> bool {
        self.context.is_in_workspace
    }

    /// Returns the permissions that the rank rule compares for a member that is
    /// managed: those of the role in the workspace and those in its default
    /// project.
    pub(crate) fn rank(&self, roles: &RoleCatalog) -> PermissionSet {
        let context = &self.context;
        let workspace = permissions_of(roles, Level::Workspace, context.workspace_role.as_deref());
        let project = permissions_of(roles, Level::Project, context.project_role.as_deref());
        workspace.union(project).union(self.permissions)
    }

    /// Returns the name of the role, for traces.
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

/// Returns whether a user has `permission` in a workspace. Without an authority,
/// the workspace is missing and the check is refused.
pub(crate) fn check_workspace_permission<'a>(
    authority: Option<&Authority>,
    permission: impl Into<PermissionRef<'a>>,
    refusal: Refusal,
) -> Decision {
    let permission = permission.into();
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

/// Returns whether a user is an administrator of a workspace: as its owner or admin, or by a
/// role that has all built-in permissions of the built-in admin. Continues `trace`.
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

/// Returns whether a role with these permissions makes a member an administrator.
pub(super) fn is_administrator_role(role: &str, permissions: PermissionSet) -> bool {
    let is_built_in_administrator = [Role::Owner, Role::Admin]
        .into_iter()
        .any(|built_in| role == built_in.as_str());
    // Without added permissions: declaring one does not end the administration by
    // custom roles.
    let admin: PermissionSet = Role::Admin.permissions().iter().copied().collect();
    is_built_in_administrator || admin.is_subset(permissions)
}
