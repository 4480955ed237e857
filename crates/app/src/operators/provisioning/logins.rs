//! Logins in a graph: which can be made here, and their passwords as they are
//! kept.

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

/// While others keep the hashing threads busy, so long is waited.
const HASH_RETRY_DELAY: Duration = Duration::from_millis(20);
const MAX_HASH_RETRIES: u32 = 1_500;

/// A login by e-mail and password.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: EntityReference,
    pub(super) email: Email,
    pub(super) verified: bool,
    /// In clear, if it is not hashed yet.
    password: Option<SecretString>,
    /// As it is kept.
    hash: OnceLock<String>,
}

impl Login {
    /// What is kept of the password, once [`App::hash_logins`] was through.
    pub(super) fn hash(&self) -> Option<&str> {
        self.hash.get().map(String::as_str)
    }
}

/// What became of a draft: a login, or why there is none although the rest of
/// the request is made.
pub(super) enum CheckedLogin {
    Login(Login),
    Error(ItemError),
}

/// Whose login it is if nobody is named.
pub(super) struct LoginOwner<'a> {
    pub(super) names: &'a ReferenceTable<'a>,
    pub(super) only_user: Option<usize>,
}

impl App {
    /// Looks at a draft without looking anything up.
    pub(super) fn login(
        &self,
        draft: IdentityDraft,
        field_path: &FieldPath<'_>,
        owner: &LoginOwner<'_>,
        options: &GraphOptions,
    ) -> Result<CheckedLogin, Refusal> {
        let reference = draft.user.as_ref();
        let reference =
            reference.map(|reference| owner.names.pick(reference, field_path, "user_ref"));
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
            let message = format!("Logins of the method '{method}' cannot be made here.");
            return skip_or_refuse(options, "not_implemented", message, details);
        }
        let given = [draft.email, draft.subject];
        let given = given.into_iter().flatten().find(|it| !it.trim().is_empty());
        let Some(given) = given else {
            let message = "A login needs an e-mail address, as `email` or as `subject`.".to_owned();
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
            let message = "Nobody signs in by e-mail here.".to_owned();
            return skip_or_refuse(options, "identity_method_unavailable", message, details);
        }
        let hash = OnceLock::new();
        match (&draft.password, draft.password_hash) {
            (None, None) => {
                let message = "A login by e-mail needs a password.".to_owned();
                return skip_or_refuse(options, "invalid_identity", message, details);
            }
            (Some(_), Some(_)) => {
                let problem = "is not together with `password`.";
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
                // It is empty: it was made a moment ago.
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

    /// Hashes the passwords that are still in clear, so many at a time as
    /// there are threads for it. They stay hashed, however often the
    /// transaction is run.
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
        // Only one of two at once is kept, and either is right.
        let _ = login.hash.set(hash);
        Ok(())
    }
}

/// A login is not made: that is told of beside the rest, or refuses it all.
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
