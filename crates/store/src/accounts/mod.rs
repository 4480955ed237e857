//! Users: their accounts, login methods and passwords.

pub(crate) mod identities;
pub(crate) mod passwords;
pub(crate) mod users;
