//! Accounts: what users change about their own.

mod profile;
