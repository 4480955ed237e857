//! The rank rule: who may assign a role, and who may manage which members.

use freehold_domain::{Decision, PermissionSet, Refusal, Role, RoleCatalog, RoleDefinition, Trace};

use super::Authority;

/// Checks the rank rule: a member that assigns a role, or manages a member with
/// that role, has all permissions of the role and at least one more. So no
/// member assigns `owner`, and only owners assign `admin`. Continues `trace`.
pub(crate) fn check_rank(
    authority: &Authority,
    role: &str,
    permissions: PermissionSet,
    refusal: Refusal,
    mut trace: Trace,
) -> Decision {
    let input = format!("{role} by {}", authority.role_name());
    // A configured role may have all permissions, as the owner has. The owner
    // may assign it.
    let below = permissions.is_proper_subset(authority.permissions)
        || (authority.is_owner() && role != Role::Owner.as_str());
    if trace.step("outranks", input, below) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// Checks the rank rule for a role that is assigned or removed.
pub(crate) fn check_may_assign(
    authority: &Authority,
    role: &RoleDefinition,
    trace: Trace,
) -> Decision {
    check_rank(
        authority,
        role.slug(),
        role.combined_permissions(),
        Refusal::InsufficientRole,
        trace,
    )
}

/// Checks the rank rule for a member that is managed (`target`). No member may
/// manage the owner of the organization.
pub(crate) fn check_may_manage(
    authority: &Authority,
    target: &Authority,
    roles: &RoleCatalog,
    mut trace: Trace,
) -> Decision {
    if !trace.step(
        "target_is_not_owner",
        target.role_name(),
        !target.is_owner(),
    ) {
        return Decision::refused(Refusal::OwnerProtected, trace);
    }
    // The owner outranks every other member, also one whose row has the role
    // `owner`: transfers of older versions left it with former owners.
    if authority.is_owner() {
        trace.step("outranks", "the owner", true);
        return Decision::allowed(trace);
    }
    let rank = target.rank(roles);
    check_rank(
        authority,
        target.role_name(),
        rank,
        Refusal::InsufficientRole,
        trace,
    )
}
