//! Signing up and in, sessions, passwords and the user's own account.

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry(
        "reset_token_invalid",
        400,
        "The password reset link is unknown, used or expired.",
    ),
    entry(
        "too_many_form_fields",
        400,
        "A sign-up or sign-in form has undocumented fields.",
    ),
    entry(
        "username_invalid",
        400,
        "The name is blank, too long, or has unprintable characters.",
    ),
    entry(
        "unauthenticated",
        401,
        "The request has no credential, or one that is not valid (any more).",
    ),
    entry(
        "access_denied",
        401,
        "The access policy of this deployment does not admit the address.",
    ),
    entry(
        "wrong_credentials",
        401,
        "The address is unknown or the password is wrong.",
    ),
    entry(
        "session_invalid",
        401,
        "The session is unknown, was revoked, or has ended.",
    ),
    entry(
        "session_expired",
        401,
        "The access token has expired; refresh the session.",
    ),
    entry(
        "email_not_verified",
        403,
        "The caller's email address is not verified. A link that was sent to the address verifies it; an operator can do so too.",
    ),
    entry(
        "user_not_found",
        404,
        "The account of the credential was deleted.",
    ),
    entry(
        "account_deletion_unavailable",
        404,
        "Users of this deployment cannot delete their own accounts.",
    ),
    entry(
        "email_taken",
        409,
        "An account with this address exists and uses another way to sign in.",
    ),
    entry(
        "too_many_attempts",
        429,
        "Too many failed attempts, lookups or invitations. Retry-After has the seconds to wait.",
    ),
    entry(
        "feature_unavailable",
        501,
        "This deployment does not have the requested way to sign in.",
    ),
];
