//! Scenarios, run on SQLite and on PostgreSQL, each in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod audit;
mod auth;
mod command;
mod content;
mod edition;
mod email;
mod faults;
mod fixtures;
mod invitations;
mod jobs;
mod members;
mod operators;
mod organizations;
mod races;
mod readme_tour;
mod requests;
mod store;
