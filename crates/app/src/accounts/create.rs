//! Creating single users: by an operator, and for sign-up and the unattended
//! bootstrap.

use freehold_domain::{AuditAction, Email, FreeText, Id, Refusal, Username};
use freehold_store::{Rule, UserRecord, UserRow};
use secrecy::SecretString;

use crate::access::{Entry, WayIn};
use crate::auth::password_identity;
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::extension::{CreationCause, TypedEvent};
use crate::operators::Operator;
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// A user that an operator creates.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The email address.
    pub email: Email,
    /// The user name; by default the local part of the address.
    pub username: Option<Username>,
    /// The password. Without one the user sets it by signing up or by a reset
    /// link.
    pub password: Option<SecretString>,
    /// The name of an organization to create for the user.
    pub organization: Option<FreeText>,
}

impl App {
    /// Creates a user, by an operator.
    ///
    /// # Errors
    /// [`Refusal::EmailTaken`]; [`Refusal::InvalidField`] for a password that
    /// the policy refuses.
    pub async fn create_user(
        &self,
        operator: &str,
        context: &RequestContext,
        new: &NewUser,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let actor = Operator::local(operator).actor();
        let command = self.command(actor, context, AuditAction::UserCreated);
        let entry = Entry::new(WayIn::CreatedByOperator, new.email.as_str());
        self.require_entry(&command, entry).await?;
        let hash = match &new.password {
            Some(password) => {
                self.check_password(password)?;
                Some(self.hasher().hash(password).await?)
            }
            None => None,
        };
        let refusal_of_rule = |rule| {
            // PostgreSQL reports either first.
            matches!(rule, Rule::UserEmail | Rule::Identity).then_some(Refusal::EmailTaken)
        };
        let attempt = || self.create_user_once(&command, new, hash.as_deref());
        command.run(attempt, refusal_of_rule).await
    }

    async fn create_user_once(
        &self,
        command: &Command<'_>,
        new: &NewUser,
        hash: Option<&str>,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let mut work = command.begin();
        let user = self.add_user(&mut work, &new.email, new.username.clone());
        if let Some(hash) = hash {
            let identity = password_identity(self.random(), user.id, &new.email, work.now);
            work.tx
                .insert_passwords(vec![(user.id, hash.to_owned())], work.now);
            work.tx.insert_identities(vec![identity]);
        }
        let event = Event::new(AuditAction::UserCreated, user.id.uuid());
        work.record(event.heard_as(TypedEvent::UserCreated { user: user.id }));
        if let Some(name) = &new.organization {
            let new = NewOrganization {
                name: Some(name.clone()),
                description: None,
            };
            self.create_organizations(
                &mut work,
                vec![OrganizationCreation {
                    owner: user.id,
                    new,
                    cause: CreationCause::Operator,
                }],
            );
        }
        work.commit(user).await
    }

    /// Adds the row of a user. The user name defaults to the local part of the
    /// address.
    pub(crate) fn add_user(
        &self,
        work: &mut UnitOfWork<'_>,
        email: &Email,
        username: Option<Username>,
    ) -> UserRecord {
        let id = Id::generate(self.random(), work.now);
        let username = username.unwrap_or_else(|| Username::from_local_part(email));
        let user = UserRecord {
            id,
            uid: Some(id.to_string()),
            email: email.as_str().to_owned(),
            username: Some(username.as_str().to_owned()),
            created_at: Some(work.now),
            updated_at: Some(work.now),
        };
        work.tx.insert_users([UserRow {
            record: &user,
            is_email_verified: false,
        }]);
        user
    }
}
