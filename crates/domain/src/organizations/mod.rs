//! The flags and the slug of an organization.

mod flags;
mod slug;

pub use flags::{InvalidFlags, OrganizationFlags};
pub use slug::{NotASlug, OrganizationSlug};
