//! Who owns an organization, and who administers it.

use freehold_domain::{Decision, Id, Level, Refusal, RoleCatalog, Trace, User};
use freehold_store::OrganizationRecord;

use super::workspace::{is_administrator_role, permissions_of};

/// [`check_administrator`] for an organization as a whole, by the role that somebody has
/// in it.
pub(crate) fn is_organization_administrator(roles: &RoleCatalog, role: Option<&str>) -> bool {
    let permissions = permissions_of(roles, Level::Organization, role);
    role.is_some_and(|role| is_administrator_role(role, permissions))
}

/// Whether `user` owns `organization`. A missing one belongs to nobody, and is
/// refused in the same words.
pub(crate) fn check_owner(
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
