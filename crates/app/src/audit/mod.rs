//! The audit trail, read back: all of it for operators; for those who run an
//! organization what happened in it.

mod events;
mod organization;

pub use events::{ActorReference, EventQuery};
pub use organization::{OrganizationEvent, OrganizationEventQuery};
