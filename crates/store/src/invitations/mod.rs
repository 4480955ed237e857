//! Invitations to a workspace: to one email address, or by a link for several users.

pub(crate) mod accept_and_decline;
pub(crate) mod addresses_in_use;
pub(crate) mod issue;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod revoke;
