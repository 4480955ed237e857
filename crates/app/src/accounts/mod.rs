//! Creating users, their profiles, and the initial account of a deployment.

mod bootstrap;
mod create;
mod profile;

pub use bootstrap::{BootstrapAccount, BootstrapOrganization, BootstrapOutcome};
pub use create::NewUser;
