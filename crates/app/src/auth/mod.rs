//! Sign-up, sign-in, sessions, tokens and passwords.

mod attempts;
pub(crate) mod hashing;
mod password_login;
mod password_reset;
mod server_keys;
mod service_token;
mod sessions;
mod sign_in;
mod sign_up;
mod tokens;
mod verified_tokens;

use freehold_domain::{Email, Id, RandomSource, Refusal, Timestamp, User};
use freehold_store::IdentityRow;
use secrecy::{ExposeSecret as _, SecretString};

use crate::command::Failure;
use crate::runtime::App;

pub(crate) use attempts::{Attempt, account_attempts_subject};
pub(crate) use password_login::check_password_login;
pub use password_login::{SignIn, SignedIn};
pub use password_reset::ResetLink;
pub(crate) use server_keys::ServerKeys;
pub use service_token::ServiceKey;
pub(crate) use sessions::OpenedSession;
pub use sessions::SessionProblem;
pub use tokens::Tokens;
pub(crate) use tokens::{Claims, decode_refresh_token, encode_refresh_token, subject};

/// The login method of email address and password.
pub(crate) const PASSWORD: &str = "email:password";

/// The password login of a user, to insert.
pub(crate) fn password_identity(
    random: &dyn RandomSource,
    user: Id<User>,
    email: &Email,
    now: Timestamp,
) -> IdentityRow {
    IdentityRow {
        id: Id::generate(random, now),
        user,
        method: PASSWORD,
        subject: email.as_str().to_owned(),
        domain: email.domain().to_owned(),
        now,
    }
}

impl App {
    /// Checks a password against the policy; the refusal names the field.
    pub(crate) fn check_password(&self, password: &SecretString) -> Result<(), Failure> {
        let refused = |problem| Refusal::InvalidField {
            location: "body",
            field: "password".to_owned(),
            problem,
        };
        Ok(self
            .settings()
            .password_policy
            .check(password.expose_secret())
            .map_err(refused)?)
    }
}
