//! The audit log: all of it for operators, an organization's events for its
//! owner and administrators.

mod events;
mod organization;

pub use events::{ActorReference, EventQuery};
pub use organization::{OrganizationEvent, OrganizationEventQuery};
