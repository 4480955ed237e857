//! Scope, permissions, service tokens and API keys.

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry(
        "out_of_scope",
        401,
        "The user of the session is not a member of the project or workspace that the query names.",
    ),
    entry(
        "invalid_service_token",
        401,
        "A service token cannot be read, or was signed with another key.",
    ),
    entry("service_token_expired", 401, "A service token has expired."),
    entry(
        "not_permitted",
        403,
        "A permission check was negative, or a service requested more than writing content.",
    ),
    entry(
        "unknown_permission",
        403,
        "A permission check asks for a permission that does not exist; `reason` names the most similar one.",
    ),
    entry(
        "no_membership",
        403,
        "The caller is not a member of any project yet.",
    ),
    entry(
        "forbidden",
        403,
        "Only the owner of the organization may do this.",
    ),
    entry(
        "forbidden_in_project",
        403,
        "The caller's role in the project lacks the permission.",
    ),
    entry(
        "insufficient_role",
        403,
        "The caller's role in the workspace lacks the permission, or does not rank above the role or member that the request changes.",
    ),
    entry(
        "api_key_not_found",
        404,
        "The API key does not exist or belongs to another user.",
    ),
];
