//! The first account of a new deployment, made by the server itself before it
//! listens, so that nobody has to be there.
//!
//! The account is made whole or not at all, and once: where its address is
//! known already, everything is left as it is.

use freehold_domain::{ApiKeyText, AuditAction, Email, FreeText, Id, User};
use freehold_store::{Rule, UserRecord};
use serde_json::json;

use crate::auth::PASSWORD;
use crate::command::{Command, CommandOutput, Event, Failure, Fault, Outcome, RequestContext};
use crate::operators::{FIRST_START, Operator};
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// The first account, as somebody wants it.
#[derive(Debug)]
pub struct FirstAccount {
    /// Its address, which counts as proven.
    pub email: Email,
    /// Its password; without one it is set by a reset link.
    pub password: Option<String>,
    /// An organization of its own.
    pub organization: Option<FirstOrganization>,
}

/// The first organization.
#[derive(Debug)]
pub struct FirstOrganization {
    /// Its name.
    pub name: FreeText,
    /// A key of its owner for its project. Whoever asks has it safe already.
    pub key: Option<ApiKeyText>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// It was made now.
    Made,
    /// The address had an account, and nothing was changed.
    There,
}

impl Operator {
    /// The server itself, when it starts.
    #[must_use]
    pub fn at_first_start() -> Self {
        Self::at_the_server(FIRST_START)
    }
}

impl App {
    /// Makes the first account, unless its address has one. Several servers may
    /// do so at once: one account comes of it.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`](freehold_domain::Refusal::InvalidField) for a
    /// password that the policy refuses.
    pub async fn make_first_account(
        &self,
        call: &RequestContext,
        first: &FirstAccount,
    ) -> Outcome<First> {
        if self.has_account(&first.email).await? {
            return Ok(First::There);
        }
        let hash = match &first.password {
            Some(password) => {
                self.check_password(password)?;
                Some(self.hasher().hash(password.clone()).await?)
            }
            None => None,
        };
        let actor = Operator::at_first_start().actor();
        let command = self.command(actor, call, AuditAction::UserCreated);
        let attempt = || self.make_first_once(&command, first, hash.as_deref());
        match command.run(attempt, |_| None).await {
            Ok(_) => Ok(First::Made),
            // Another server was faster.
            Err(failure) if failure.broke(Rule::UserEmail) => Ok(First::There),
            Err(failure) if failure.broke(Rule::ApiKeyPrefix) => Err(prefix_taken()),
            Err(failure) => Err(failure),
        }
    }

    async fn make_first_once(
        &self,
        command: &Command<'_>,
        first: &FirstAccount,
        hash: Option<&str>,
    ) -> Outcome<CommandOutput<Id<User>>> {
        let mut work = command.begin();
        let now = work.now;
        let UserRecord { id: user, .. } = self.add_user(&mut work, &first.email, None);
        work.tx.verify_email(user, now);
        if let Some(hash) = hash {
            let row = self.chance().uuid(now);
            work.tx.set_password(user, hash.to_owned(), now);
            work.tx
                .record_identity(row, user, PASSWORD, &first.email, now);
        }
        work.record(Event::on(AuditAction::UserCreated, user.uuid()));
        if let Some(FirstOrganization { name, key }) = &first.organization {
            let new = NewOrganization {
                name: Some(name.clone()),
                description: None,
            };
            let founding = OrganizationCreation { owner: user, new };
            for founded in self.found(&mut work, vec![founding]) {
                let Some(key) = key else { continue };
                let id = Id::draw(self.chance(), now);
                let project = founded.project;
                work.tx
                    .insert_api_key(id, &key.hashed(), project, user, now);
                let details = json!({ "prefix": key.prefix(), "project": project });
                let event = Event::on(AuditAction::ApiKeyCreated, id.uuid());
                work.record(event.within(founded.organization).with(details));
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
    pub async fn is_good_key(&self, key: &ApiKeyText) -> Outcome<bool> {
        let found = self.store().caller_by_api_key(key.prefix()).await?;
        let now = self.now();
        Ok(found.is_some_and(|known| {
            let over = known.key.expires_at.is_some_and(|end| end <= now);
            !over && known.key.hashed.matches(key)
        }))
    }

    /// Whether the first start has done what it calls `name` before.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn first_start_did(&self, name: &str) -> Outcome<bool> {
        Ok(self
            .store()
            .operator_request_succeeded(FIRST_START, name)
            .await?)
    }
}

fn prefix_taken() -> Failure {
    let what = "the key for the first account begins like another one; draw it again";
    Fault::Internal(what.to_owned()).into()
}
