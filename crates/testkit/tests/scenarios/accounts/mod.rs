//! Accounts: changes of users to their own.

mod profile;
