//! The rank rule: who may give a role, and who may do something to whom.

use freehold_domain::{Decision, PermissionSet, Refusal, Role, RoleCatalog, RoleDefinition, Trace};

use super::Authority;

/// The rank rule: whoever gives a role, or does something to somebody who has
/// it, may do all that the role may, and more. So nobody gives `owner`, and
/// only owners make admins. Continues `trace`.
pub(crate) fn check_rank(
    authority: &Authority,
    role: &str,
    permissions: PermissionSet,
    refusal: Refusal,
    mut trace: Trace,
) -> Decision {
    let input = format!("{role} by {}", authority.role_name());
    // An operator may have made roles that may do as much as the owner; they
    // are the owner's to give.
    let below = permissions.is_proper_subset(authority.permissions)
        || (authority.is_owner() && role != Role::Owner.as_str());
    if trace.step("outranks", input, below) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

/// [`check_rank`] for a role that is to be given or taken.
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

/// [`check_rank`] for somebody to whom something is to be done. The owner of the
/// organization is nobody's to touch.
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
    // Nobody else is above the one owner, whatever a row says: transfers of
    // older versions left the word with former owners.
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
