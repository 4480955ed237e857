//! Signing in: what is looked up for it, and what it leaves behind.

pub(crate) mod attempts;
pub(crate) mod password_resets;
pub(crate) mod sessions;
pub(crate) mod sign_in;
