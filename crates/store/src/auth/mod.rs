//! Signing in: sessions, password resets and counters of attempts.

pub(crate) mod attempts;
pub(crate) mod password_resets;
pub(crate) mod sessions;
pub(crate) mod sign_in;
