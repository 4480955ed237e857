//! The unattended bootstrap: the server creates the initial account of a new
//! deployment before it listens.
//!
//! The account is created once, in one transaction. If its address has an
//! account already, nothing is changed.

use freehold_domain::{ApiKeyText, AuditAction, Email, FreeText, Id, User};
use freehold_store::{ApiKeyRow, Rule, UserRecord};
use secrecy::SecretString;
use serde_json::json;

use crate::auth::password_identity;
use crate::command::{Command, CommandOutput, Event, Failure, Fault, Outcome, RequestContext};
use crate::extension::{CreationCause, TypedEvent};
use crate::operators::{BOOTSTRAP, Operator};
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// The initial account, from the configuration.
#[derive(Debug)]
pub struct BootstrapAccount {
    /// The email address, which counts as verified.
    pub email: Email,
    /// The password. Without one it is set by a reset link.
    pub password: Option<SecretString>,
    /// The organization that the account owns.
    pub organization: Option<BootstrapOrganization>,
}

/// The initial organization.
#[derive(Debug)]
pub struct BootstrapOrganization {
    /// The name.
    pub name: FreeText,
    /// An API key of the owner for the default project. The caller has stored it
    /// already.
    pub key: Option<ApiKeyText>,
}

/// The outcome of the bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootstrapOutcome {
    /// The account was created.
    Created,
    /// The address had an account already, and nothing was changed.
    AlreadyExists,
}

impl Operator {
    /// Returns the operator that stands for the server's bootstrap.
    #[must_use]
    pub fn bootstrap() -> Self {
        Self::local(BOOTSTRAP)
    }
}

impl App {
    /// Creates the initial account unless its address has one. Several servers may
    /// do so in parallel; one account is created.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`](freehold_domain::Refusal::InvalidField) for a
    /// password that the policy refuses.
    pub async fn bootstrap_account(
        &self,
        context: &RequestContext,
        account: &BootstrapAccount,
    ) -> Outcome<BootstrapOutcome> {
        if self.has_account(&account.email).await? {
            return Ok(BootstrapOutcome::AlreadyExists);
        }
        let hash = match &account.password {
            Some(password) => {
                self.check_password(password)?;
                Some(self.hasher().hash(password).await?)
            }
            None => None,
        };
        let actor = Operator::bootstrap().actor();
        let command = self.command(actor, context, AuditAction::UserCreated);
        let attempt = || self.bootstrap_once(&command, account, hash.as_deref());
        match command.run(attempt, |_| None).await {
            Ok(_) => Ok(BootstrapOutcome::Created),
            // Another server was faster.
            Err(failure) if failure.violates(Rule::UserEmail) => {
                Ok(BootstrapOutcome::AlreadyExists)
            }
            Err(failure) if failure.violates(Rule::ApiKeyPrefix) => Err(api_key_prefix_taken()),
            Err(failure) => Err(failure),
        }
    }

    async fn bootstrap_once(
        &self,
        command: &Command<'_>,
        account: &BootstrapAccount,
        hash: Option<&str>,
    ) -> Outcome<CommandOutput<Id<User>>> {
        let mut work = command.begin();
        let now = work.now;
        let UserRecord { id: user, .. } = self.add_user(&mut work, &account.email, None);
        work.tx.verify_email(user, now);
        if let Some(hash) = hash {
            let identity = password_identity(self.random(), user, &account.email, now);
            work.tx.insert_passwords(vec![(user, hash.to_owned())], now);
            work.tx.insert_identities(vec![identity]);
        }
        let event = Event::new(AuditAction::UserCreated, user.uuid());
        work.record(event.heard_as(TypedEvent::UserCreated { user }));
        if let Some(BootstrapOrganization { name, key }) = &account.organization {
            let new = NewOrganization {
                name: Some(name.clone()),
                description: None,
            };
            let creation = OrganizationCreation {
                owner: user,
                new,
                cause: CreationCause::Operator,
            };
            for created in self.create_organizations(&mut work, vec![creation]) {
                let Some(key) = key else { continue };
                let id = Id::generate(self.random(), now);
                let project = created.project;
                work.tx.insert_api_keys(vec![ApiKeyRow {
                    id,
                    prefix: key.prefix().to_owned(),
                    hashed: key.hashed(),
                    project,
                    owner: user,
                    name: None,
                    expires_at: None,
                    now,
                }]);
                let details = json!({ "prefix": key.prefix(), "project": project });
                let event = Event::new(AuditAction::ApiKeyCreated, id.uuid());
                work.record(
                    event
                        .in_organization(created.organization)
                        .with_details(details),
                );
            }
        }
        work.commit(user).await
    }

    /// Returns whether an account has this address.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn has_account(&self, email: &Email) -> Outcome<bool> {
        Ok(self.store().user_by_email(email).await?.is_some())
    }

    /// Returns whether an API key is valid, without recording its use.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn is_valid_api_key(&self, key: &ApiKeyText) -> Outcome<bool> {
        let stored = self.store().caller_by_api_key(key.prefix()).await?;
        let now = self.now();
        Ok(stored.is_some_and(|stored| {
            let is_expired = stored.key.expires_at.is_some_and(|end| end <= now);
            !is_expired && stored.key.hashed.matches(key)
        }))
    }

    /// Returns whether the bootstrap has completed the request `name` before.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn bootstrap_request_succeeded(&self, name: &str) -> Outcome<bool> {
        Ok(self
            .store()
            .operator_request_succeeded(BOOTSTRAP, name)
            .await?)
    }
}

fn api_key_prefix_taken() -> Failure {
    let what = "the prefix of the initial account's API key is taken; generate another key";
    Fault::Internal(what.to_owned()).into()
}
