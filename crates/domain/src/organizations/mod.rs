//! What an organization consists of: its flags and its slug.

mod flags;
mod slug;

pub use flags::{InvalidFlags, OrganizationFlags};
pub use slug::{NotASlug, OrganizationSlug};
