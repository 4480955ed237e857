//! Members: their roles, adding and removing them, and resetting their
//! passwords. Inviting people is in `invitations`.

mod add;
mod password_reset;
mod remove;
mod roles;

pub use roles::RoleAssignment;
