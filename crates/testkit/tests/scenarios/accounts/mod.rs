//! Accounts: changes of users to their own.

mod create;
mod profile;
