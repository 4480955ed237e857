//! The flags and the slug of an organization.

mod flags;
mod slug;
