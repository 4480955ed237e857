//! The first account of a new deployment, made by the server itself before it
//! listens, so that nobody has to be there.
//!
//! The account is made whole or not at all, and once: where its address is
//! known already, everything is left as it is.

use freehold_domain::{ApiKeyText, AuditAction, Email, FreeText, Id, User};
use freehold_store::{ApiKeyRow, Rule, UserRecord};
use serde_json::json;

use crate::auth::password_identity;
use crate::command::{Command, CommandOutput, Event, Failure, Fault, Outcome, RequestContext};
use crate::operators::{BOOTSTRAP, Operator};
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// The first account, as somebody wants it.
#[derive(Debug)]
pub struct BootstrapAccount {
    /// Its address, which counts as proven.
    pub email: Email,
    /// Its password; without one it is set by a reset link.
    pub password: Option<String>,
    /// An organization of its own.
    pub organization: Option<BootstrapOrganization>,
}

/// The first organization.
#[derive(Debug)]
pub struct BootstrapOrganization {
    /// Its name.
    pub name: FreeText,
    /// A key of its owner for its project. Whoever asks has it safe already.
    pub key: Option<ApiKeyText>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootstrapOutcome {
    /// It was made now.
    Created,
    /// The address had an account, and nothing was changed.
    AlreadyExists,
}

impl Operator {
    /// The server itself, when it starts.
    #[must_use]
    pub fn bootstrap() -> Self {
        Self::local(BOOTSTRAP)
    }
}

impl App {
    /// Makes the first account, unless its address has one. Several servers may
    /// do so at once: one account comes of it.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`](freehold_domain::Refusal::InvalidField) for a
    /// password that the policy refuses.
    pub async fn bootstrap_account(
        &self,
        context: &RequestContext,
        first: &BootstrapAccount,
    ) -> Outcome<BootstrapOutcome> {
        if self.has_account(&first.email).await? {
            return Ok(BootstrapOutcome::AlreadyExists);
        }
        let hash = match &first.password {
            Some(password) => {
                self.check_password(password)?;
                Some(self.hasher().hash(password.clone()).await?)
            }
            None => None,
        };
        let actor = Operator::bootstrap().actor();
        let command = self.command(actor, context, AuditAction::UserCreated);
        let attempt = || self.bootstrap_once(&command, first, hash.as_deref());
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
        first: &BootstrapAccount,
        hash: Option<&str>,
    ) -> Outcome<CommandOutput<Id<User>>> {
        let mut work = command.begin();
        let now = work.now;
        let UserRecord { id: user, .. } = self.add_user(&mut work, &first.email, None);
        work.tx.verify_email(user, now);
        if let Some(hash) = hash {
            let identity = password_identity(self.random(), user, &first.email, now);
            work.tx.insert_passwords(vec![(user, hash.to_owned())], now);
            work.tx.insert_identities(vec![identity]);
        }
        work.record(Event::new(AuditAction::UserCreated, user.uuid()));
        if let Some(BootstrapOrganization { name, key }) = &first.organization {
            let new = NewOrganization {
                name: Some(name.clone()),
                description: None,
            };
            let creation = OrganizationCreation { owner: user, new };
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

    /// Whether somebody has this address.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn has_account(&self, email: &Email) -> Outcome<bool> {
        Ok(self.store().user_by_email(email).await?.is_some())
    }

    /// Whether this key opens anything at this moment. It does not count as
    /// used.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn is_valid_api_key(&self, key: &ApiKeyText) -> Outcome<bool> {
        let found = self.store().caller_by_api_key(key.prefix()).await?;
        let now = self.now();
        Ok(found.is_some_and(|known| {
            let is_expired = known.key.expires_at.is_some_and(|end| end <= now);
            !is_expired && known.key.hashed.matches(key)
        }))
    }

    /// Whether the first start has done what it calls `name` before.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn bootstrap_did(&self, name: &str) -> Outcome<bool> {
        Ok(self
            .store()
            .operator_request_succeeded(BOOTSTRAP, name)
            .await?)
    }
}

fn api_key_prefix_taken() -> Failure {
    let what = "the key for the first account begins like another one; draw it again";
    Fault::Internal(what.to_owned()).into()
}
