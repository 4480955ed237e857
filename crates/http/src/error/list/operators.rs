//! Requests of operators (`/admin`).

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry(
        "invalid_reference",
        400,
        "A reference to an object cannot be resolved. `path` says where it is in the request, `reason` why.",
    ),
    entry("owner_required", 400, "A new organization has no owner."),
    entry(
        "invalid_accounts",
        400,
        "A value of the request breaks a rule. The message says which.",
    ),
    entry(
        "scope_missing",
        403,
        "The operator key lacks the scope that the operation requires.",
    ),
    entry(
        "entity_not_found",
        404,
        "An object that the request refers to does not exist.",
    ),
    entry(
        "account_exists",
        409,
        "The request creates an account whose address belongs to another account.",
    ),
    entry(
        "accounts_conflict",
        409,
        "The request conflicts with existing objects. The message says with which.",
    ),
];
