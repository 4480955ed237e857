//! What identifies a user or a program: email addresses, rules for passwords, and secrets.
//!
//! Not here: what an operator's key looks like ([`crate::OperatorKeyText`]).

mod email;
mod password;
mod secret;

pub(crate) use email::normal_domain;
pub use email::{Email, NotAnEmail};
pub use password::{PasswordLevel, PasswordPattern, PasswordPolicy};
pub use secret::{ApiKeyText, HashedApiKey, InvitationToken, PlainToken, TokenHash};
