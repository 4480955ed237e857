//! What a caller may do in the project of their scope.

use freehold_domain::{
    Decision, Id, Organization, PermissionIndex, PermissionRef, Project, Refusal, Trace, User,
    Workspace,
};

use super::{Caller, Scope};

/// Proof that the caller has a permission in a project. Only
/// `check_project_permission_in` creates one. The ids in SQL statements come
/// from it, not from the request.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    project: Id<Project>,
    workspace: Id<Workspace>,
    organization: Id<Organization>,
    user: Id<User>,
    permission: PermissionIndex,
}

impl Grant {
    /// The project.
    #[must_use]
    pub fn project(&self) -> Id<Project> {
        self.project
    }

    /// The workspace of the project.
    #[must_use]
    pub fn workspace(&self) -> Id<Workspace> {
        self.workspace
    }

    /// The organization of the project.
    #[must_use]
    pub fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// The user that has the permission.
    #[must_use]
    pub fn user(&self) -> Id<User> {
        self.user
    }

    /// The permission.
    #[must_use]
    pub fn permission(&self) -> PermissionIndex {
        self.permission
    }
}

/// Returns a grant if `caller` has `permission` in the project of their scope.
pub(crate) fn check_project_permission<'a>(
    caller: &Caller,
    permission: impl Into<PermissionRef<'a>>,
) -> Result<Grant, Decision> {
    let (grant, decision) =
        check_project_permission_in(caller.user.id, caller.scope.as_ref(), permission);
    grant.ok_or(decision)
}

/// Returns a grant if `user` has `permission` in the project of `scope`, and the
/// decision with its trace.
pub(crate) fn check_project_permission_in<'a>(
    user: Id<User>,
    scope: Option<&Scope>,
    permission: impl Into<PermissionRef<'a>>,
) -> (Option<Grant>, Decision) {
    let permission = permission.into();
    let mut trace = Trace::new();
    let Some(scope) = scope else {
        trace.step("has_project", "no membership of any project", false);
        return (None, Decision::refused(Refusal::NoMembership, trace));
    };
    trace.step("has_project", scope.record().project.to_string(), true);
    let record = scope.record();
    let role = if record.owner == user {
        "the owner"
    } else {
        record.role.as_deref().unwrap_or("no role")
    };
    let input = format!("{permission} as {role}");
    let allowed = scope.permissions().contains(permission);
    if !trace.step("role_allows", input, allowed) {
        let refusal = Refusal::ForbiddenInProject;
        return (None, Decision::refused(refusal, trace));
    }
    let grant = grant(user, scope, permission.index());
    (Some(grant), Decision::allowed(trace))
}

fn grant(user: Id<User>, scope: &Scope, permission: PermissionIndex) -> Grant {
    let record = scope.record();
    Grant {
        project: record.project,
        workspace: record.workspace,
        organization: record.organization,
        user,
        permission,
    }
}
