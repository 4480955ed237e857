//! Members: adding and removing them, changing their roles, and resetting their
//! passwords. Invitations are in `invitations`.

mod add;
mod password_reset;
mod remove;
mod roles;

pub use password_reset::MemberPasswordReset;
pub use roles::RoleAssignment;
