//! Roles, and the operator's policy.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

mod added_permissions;
mod policy;
mod roles;
