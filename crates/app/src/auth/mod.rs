//! Signing up and in, sessions, tokens and passwords.

mod attempts;
pub(crate) mod hashing;
mod password_reset;
mod server_keys;
mod service_token;
mod sessions;
mod sign_in;
mod sign_up;
mod tokens;

use freehold_domain::Refusal;

use crate::command::Failure;
use crate::runtime::App;

pub(crate) use attempts::{Attempt, account_subject};
pub use password_reset::ResetLink;
pub(crate) use server_keys::Keys;
pub use service_token::ServiceKey;
pub(crate) use sessions::Opening;
pub use sessions::SessionProblem;
pub(crate) use sign_in::may_prove;
pub use sign_in::{SignIn, SignedIn};
pub use tokens::Tokens;
pub(crate) use tokens::{Claims, parse_refresh, refresh_text, subject};

/// The login method of e-mail address and password.
pub(crate) const PASSWORD: &str = "email:password";

impl App {
    /// The password policy, as a complaint about the field.
    pub(crate) fn check_password(&self, password: &str) -> Result<(), Failure> {
        let refused = |problem| Refusal::InvalidField {
            location: "body",
            field: "password".to_owned(),
            problem,
        };
        Ok(self.settings().passwords.check(password).map_err(refused)?)
    }
}
