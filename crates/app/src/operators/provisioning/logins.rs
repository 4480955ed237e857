//! Logins in a graph: which can be made here, and their passwords as they are
//! kept.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use freehold_domain::{Email, Refusal};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::graph::{IdentityDraft, Wanted};
use super::prepare::Prepared;
use super::references::{Names, Pick, Spot};
use super::result::InBandError;
use crate::auth::PASSWORD;
use crate::auth::hashing::formats;
use crate::command::{Failure, Outcome};
use crate::runtime::App;

/// While others keep the hashing threads busy, so long is waited.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSES: u32 = 1_500;

/// A login by e-mail and password.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: Pick,
    pub(super) email: Email,
    pub(super) verified: bool,
    /// In clear, if it is not hashed yet.
    password: Option<String>,
    /// As it is kept.
    hash: OnceLock<String>,
}

/// Passwords do not get into logs.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({:?}, {:?})", self.user, self.email)
    }
}

impl Login {
    /// What is kept of the password, once [`App::hash_logins`] was through.
    pub(super) fn hash(&self) -> Option<&str> {
        self.hash.get().map(String::as_str)
    }
}

/// What became of a draft: a login, or why there is none although the rest of
/// the request is made.
pub(super) enum Looked {
    Login(Login),
    Error(InBandError),
}

/// Whose login it is if nobody is named.
pub(super) struct Whose<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) only: Option<usize>,
}

impl App {
    /// Looks at a draft without looking anything up.
    pub(super) fn login(
        &self,
        draft: IdentityDraft,
        spot: &Spot<'_>,
        whose: &Whose<'_>,
        wanted: &Wanted,
    ) -> Result<Looked, Refusal> {
        let named = draft.user.as_ref();
        let named = named.map(|named| whose.names.pick(named, spot, "user_ref"));
        let user = named.transpose()?.or(whose.only.map(Pick::Part));
        let method = draft.method.as_str();
        if method != PASSWORD {
            let configured = if self.settings().email_enabled {
                "password"
            } else {
                ""
            };
            if wanted.strict {
                return Err(Refusal::FeatureUnavailable(format!(
                    "create_user_identity for method '{method}' (configured email_method='{configured}')"
                )));
            }
            let details = json!({
                "ref": spot.name, "method": method, "configured_email_method": configured,
            });
            let message = format!("Logins of the method '{method}' cannot be made here.");
            return not_made(wanted, "not_implemented", message, details);
        }
        let given = [draft.email, draft.subject];
        let given = given.into_iter().flatten().find(|it| !it.trim().is_empty());
        let Some(given) = given else {
            let message = "A login needs an e-mail address, as `email` or as `subject`.".to_owned();
            return not_made(
                wanted,
                "invalid_identity",
                message,
                json!({ "ref": spot.name }),
            );
        };
        let email = Email::parse(&given).map_err(|problem| spot.invalid("email", problem))?;
        let about = json!({ "ref": spot.name, "email": email });
        if !self.settings().email_enabled {
            let message = "Nobody signs in by e-mail here.".to_owned();
            return not_made(wanted, "identity_method_unavailable", message, about);
        }
        let hash = OnceLock::new();
        match (&draft.password, draft.password_hash) {
            (None, None) => {
                let message = "A login by e-mail needs a password.".to_owned();
                return not_made(wanted, "invalid_identity", message, about);
            }
            (Some(_), Some(_)) => {
                let problem = "is not together with `password`.";
                return Err(spot.invalid("password_hash", problem));
            }
            (Some(password), None) => {
                let checked = self.settings().passwords.check(password);
                checked.map_err(|problem| spot.invalid("password", problem))?;
            }
            (None, Some(made_elsewhere)) => {
                formats::check(&made_elsewhere)
                    .map_err(|problem| spot.invalid("password_hash", problem))?;
                // It is empty: it was made a moment ago.
                let _ = hash.set(made_elsewhere);
            }
        }
        Ok(Looked::Login(Login {
            user: user.unwrap_or_else(|| Pick::Email(email.clone())),
            email,
            verified: draft.verified.unwrap_or(false),
            password: draft.password,
            hash,
        }))
    }

    /// Hashes the passwords that are still in clear, so many at a time as
    /// there are threads for it. They stay hashed, however often the
    /// transaction is run.
    pub(crate) async fn hash_logins(&self, prepared: &[Prepared]) -> Outcome<()> {
        let logins = prepared.iter().flat_map(|graph| &graph.identities);
        let waiting: Vec<_> = logins
            .filter(|(_, login)| login.hash().is_none())
            .map(|(_, login)| self.hash_login(login))
            .collect();
        let at_once = self.settings().hashing_threads.max(1);
        stream::iter(waiting)
            .buffer_unordered(at_once)
            .try_collect()
            .await
    }

    async fn hash_login(&self, login: &Login) -> Outcome<()> {
        let password = login.password.as_deref().unwrap_or_default();
        let mut pauses = 0;
        let hash = loop {
            match self.hasher().hash(password.to_owned()).await {
                Err(Failure::Refused(Refusal::Busy)) if pauses < PAUSES => {
                    pauses += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                done => break done?,
            }
        };
        // Only one of two at once is kept, and either is right.
        let _ = login.hash.set(hash);
        Ok(())
    }
}

/// A login is not made: that is told of beside the rest, or refuses it all.
pub(super) fn not_made<T>(
    wanted: &Wanted,
    code: &str,
    message: String,
    details: Value,
) -> Result<T, Refusal>
where
    T: From<InBandError>,
{
    if wanted.strict {
        return Err(Refusal::InvalidAccounts(message));
    }
    Ok(T::from(InBandError {
        code: code.to_owned(),
        message,
        details,
    }))
}

impl From<InBandError> for Looked {
    fn from(error: InBandError) -> Self {
        Looked::Error(error)
    }
}
