//! What identifies a user: email addresses, usernames, rules for passwords, and tokens.
//!
//! Not here: the credentials of programs ([`crate::ApiKeyText`], [`crate::OperatorKeyText`]).

mod email;
mod password;
mod token;
mod username;

pub(crate) use email::normalize_domain;
pub use email::{Email, NotAnEmail};
pub use password::{PasswordLevel, PasswordPattern, PasswordPolicy};
pub(crate) use token::sha256;
pub use token::{InvitationToken, PlainToken, SecretToken, TokenHash};
pub use username::{NotAUsername, Username};
