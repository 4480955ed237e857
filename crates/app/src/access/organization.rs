//! The owner and the administrators of an organization.

use freehold_domain::{Decision, Id, Level, Refusal, RoleCatalog, Trace, User};
use freehold_store::OrganizationRecord;

use super::workspace::{is_administrator_role, permissions_of};

/// Returns whether a role in an organization makes a member its administrator,
/// as `check_administrator` does for workspaces.
pub(crate) fn is_organization_administrator(roles: &RoleCatalog, role: Option<&str>) -> bool {
    let permissions = permissions_of(roles, Level::Organization, role);
    role.is_some_and(|role| is_administrator_role(role, permissions))
}

/// Returns whether `user` owns `organization`. For a missing organization the
/// refusal is the same.
pub(crate) fn check_owner(
    user: Id<User>,
    organization: Option<&OrganizationRecord>,
    refusal: Refusal,
) -> Decision {
    let mut trace = Trace::new();
    let owner = organization.map(|organization| organization.owner);
    let input = owner.map_or_else(
        || "no such organization".to_owned(),
        |owner| format!("owner {owner}"),
    );
    if trace.step("is_owner", input, owner == Some(user)) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}
