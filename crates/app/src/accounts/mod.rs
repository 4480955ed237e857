//! Users: their creation, their profile, and the first account of a deployment.

mod bootstrap;
mod create;
mod profile;

pub use bootstrap::{BootstrapAccount, BootstrapOrganization, BootstrapOutcome};
pub use create::NewUser;
