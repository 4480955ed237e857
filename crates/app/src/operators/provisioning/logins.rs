//! Logins in a graph: checks which of them can be created, and hashes their
//! passwords.

use std::sync::OnceLock;
use std::time::Duration;

use freehold_domain::{Email, Refusal};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::graph::{GraphOptions, IdentityDraft};
use super::prepare::PreparedGraph;
use super::references::{EntityReference, FieldPath, ReferenceTable};
use super::result::ItemError;
use crate::auth::PASSWORD;
use crate::auth::hashing::formats;
use crate::command::{Failure, Outcome};
use crate::runtime::App;

/// The delay before a password is hashed again if the hashing queue is full.
const HASH_RETRY_DELAY: Duration = Duration::from_millis(20);
const MAX_HASH_RETRIES: u32 = 1_500;

/// A login by email and password.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: EntityReference,
    pub(super) email: Email,
    pub(super) verified: bool,
    /// The password in clear text; `None` if the hash was imported.
    password: Option<SecretString>,
    /// The password hash, once it is computed.
    hash: OnceLock<String>,
}

impl Login {
    /// The password hash, after [`App::hash_logins`].
    pub(super) fn hash(&self) -> Option<&str> {
        self.hash.get().map(String::as_str)
    }
}

/// The result of checking a login: the login, or an error that does not refuse
/// the rest of the request.
pub(super) enum CheckedLogin {
    Login(Login),
    Error(ItemError),
}

/// The user of a login that names none.
pub(super) struct LoginOwner<'a> {
    pub(super) names: &'a ReferenceTable<'a>,
    pub(super) only_user: Option<usize>,
}

impl App {
    /// Checks the draft of a login, without reading from the database.
    pub(super) fn login(
        &self,
        draft: IdentityDraft,
        field_path: &FieldPath<'_>,
        owner: &LoginOwner<'_>,
        options: &GraphOptions,
    ) -> Result<CheckedLogin, Refusal> {
        let reference = draft.user.as_ref();
        let reference =
            reference.map(|reference| owner.names.resolve(reference, field_path, "user_ref"));
        let user = reference
            .transpose()?
            .or(owner.only_user.map(EntityReference::InGraph));
        let method = draft.method.as_str();
        if method != PASSWORD {
            let configured = if self.settings().email_sign_in_enabled {
                "password"
            } else {
                ""
            };
            if options.strict {
                return Err(Refusal::FeatureUnavailable(format!(
                    "create_user_identity for method '{method}' (configured email_method='{configured}')"
                )));
            }
            let details = json!({
                "ref": field_path.name, "method": method, "configured_email_method": configured,
            });
            let message = format!("Logins of the method '{method}' are not supported.");
            return skip_or_refuse(options, "not_implemented", message, details);
        }
        let given = [draft.email, draft.subject];
        let given = given
            .into_iter()
            .flatten()
            .find(|text| !text.trim().is_empty());
        let Some(given) = given else {
            let message = "A login needs an email address, as `email` or as `subject`.".to_owned();
            return skip_or_refuse(
                options,
                "invalid_identity",
                message,
                json!({ "ref": field_path.name }),
            );
        };
        let email = Email::parse(&given).map_err(|problem| field_path.invalid("email", problem))?;
        let details = json!({ "ref": field_path.name, "email": email });
        if !self.settings().email_sign_in_enabled {
            let message = "Sign-in by email is not enabled.".to_owned();
            return skip_or_refuse(options, "identity_method_unavailable", message, details);
        }
        let hash = OnceLock::new();
        match (&draft.password, draft.password_hash) {
            (None, None) => {
                let message = "A login by email needs a password.".to_owned();
                return skip_or_refuse(options, "invalid_identity", message, details);
            }
            (Some(_), Some(_)) => {
                let problem = "cannot be combined with `password`.";
                return Err(field_path.invalid("password_hash", problem));
            }
            (Some(password), None) => {
                let policy = &self.settings().password_policy;
                let checked = policy.check(password.expose_secret());
                checked.map_err(|problem| field_path.invalid("password", problem))?;
            }
            (None, Some(imported_hash)) => {
                formats::check_format(imported_hash.expose_secret())
                    .map_err(|problem| field_path.invalid("password_hash", problem))?;
                // The cell is empty, as it was created above.
                let _ = hash.set(imported_hash.expose_secret().to_owned());
            }
        }
        Ok(CheckedLogin::Login(Login {
            user: user.unwrap_or_else(|| EntityReference::Email(email.clone())),
            email,
            verified: draft.verified.unwrap_or(false),
            password: draft.password,
            hash,
        }))
    }

    /// Hashes the passwords in clear text, as many at a time as there are
    /// hashing threads. The hashes remain if the transaction is retried.
    pub(crate) async fn hash_logins(&self, prepared: &[PreparedGraph]) -> Outcome<()> {
        let logins = prepared.iter().flat_map(|graph| &graph.identities);
        let pending: Vec<_> = logins
            .filter(|(_, login)| login.hash().is_none())
            .map(|(_, login)| self.hash_login(login))
            .collect();
        let concurrency = self.settings().hashing_threads.max(1);
        stream::iter(pending)
            .buffer_unordered(concurrency)
            .try_collect()
            .await
    }

    async fn hash_login(&self, login: &Login) -> Outcome<()> {
        let password = login.password.clone().unwrap_or_default();
        let mut retries = 0;
        let hash = loop {
            match self.hasher().hash(&password).await {
                Err(Failure::Refused(Refusal::Busy)) if retries < MAX_HASH_RETRIES => {
                    retries += 1;
                    tokio::time::sleep(HASH_RETRY_DELAY).await;
                }
                result => break result?,
            }
        };
        // If two tasks hash at the same time, one hash is stored; either is
        // correct.
        let _ = login.hash.set(hash);
        Ok(())
    }
}

/// Reports a login that cannot be created, or refuses the request if logins are
/// strict.
pub(super) fn skip_or_refuse<T>(
    options: &GraphOptions,
    code: &str,
    message: String,
    details: Value,
) -> Result<T, Refusal>
where
    T: From<ItemError>,
{
    if options.strict {
        return Err(Refusal::InvalidAccounts(message));
    }
    Ok(T::from(ItemError {
        code: code.to_owned(),
        message,
        details,
    }))
}

impl From<ItemError> for CheckedLogin {
    fn from(error: ItemError) -> Self {
        CheckedLogin::Error(error)
    }
}
