//! Signing up: creates an account and an organization of its own.
//!
//! User, password, login method, the organization with its content, and the
//! first session are one transaction. Of two sign-ups with one email address,
//! in whatever spelling, the unique index lets one create the account; the
//! other one is treated as a sign-in.

use freehold_domain::{AuditAction, Email, FreeText, Refusal};
use freehold_store::{LoginRecord, Rule, UserRecord};
use serde_json::json;

use super::{Attempt, OpenedSession, PASSWORD, SignIn, SignedIn};
use crate::access::{Entry, WayIn};
use crate::command::{
    Actor, Command, CommandOutput, Event, Failure, Outcome, RequestContext, UnitOfWork,
};
use crate::extension::{CreationCause, TypedEvent};
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// The description of a new user's personal organization.
const PERSONAL_DESCRIPTION: &str = "Default Organization";

impl App {
    /// Creates an account and signs in to it. If the address has an account
    /// with a password, signs in to that one.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a password that the policy refuses;
    /// [`Refusal::EmailTaken`] for an address with another login method;
    /// otherwise as [`App::sign_in`].
    pub async fn sign_up(
        &self,
        context: &RequestContext,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        self.check_password(&form.password)?;
        let command = self.session_command(Actor::Anonymous, context, AuditAction::UserSignedUp);
        let output = self.sign_up_audited(&command, form).await;
        command.audit_refusal(output).await
    }

    async fn sign_up_audited(
        &self,
        command: &Command<'_>,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        // Creating an account does not count as an attempt at that account.
        let mut attempt = self.count_attempt(command, None).await?;
        let output = async {
            let login = self.store().login_record_by_email(&form.email).await?;
            let has_password = login.as_ref().is_some_and(|login| login.password.is_some());
            let way = if has_password {
                WayIn::SignIn
            } else {
                WayIn::SignUp
            };
            let entry = Entry {
                login: login.as_ref(),
                ..Entry::new(way, form.email.as_str())
            };
            self.require_entry(command, entry).await?;
            let login = if has_password {
                attempt = self
                    .count_for_account(command, attempt.clone(), &form.email)
                    .await?;
                login
            } else {
                let created = self.create_account(command, form, login, &attempt).await?;
                if let Some(output) = created {
                    return Ok(output);
                }
                // Another sign-up with this address was faster.
                self.store().login_record_by_email(&form.email).await?
            };
            self.sign_in_with_password(command, form, login, &attempt)
                .await
        };
        let output = output.await;
        self.decrement_on_failure(&attempt, output).await
    }

    /// Creates the account, or sets the first password of one that was created
    /// without. Returns `None` if another request did so in the meantime.
    async fn create_account(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<LoginRecord>,
        attempt: &Attempt,
    ) -> Outcome<Option<CommandOutput<SignedIn>>> {
        let hash = self.hasher().hash(&form.password).await?;
        let created = self
            .with_retries(&|| {
                self.create_account_once(command, form, login.as_ref(), &hash, attempt)
            })
            .await;
        let (output, session, user) = match created {
            Ok(created) => created,
            Err(failure)
                if failure.violates(Rule::UserEmail)
                    || failure == Failure::Refused(Refusal::EmailTaken) =>
            {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let identities = vec![PASSWORD.to_owned()];
        self.signed_in_output(output, session, user, identities, login.is_none())
            .await
            .map(Some)
    }

    async fn create_account_once(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<&LoginRecord>,
        hash: &str,
        attempt: &Attempt,
    ) -> Outcome<(CommandOutput<()>, OpenedSession, UserRecord)> {
        let mut work = command.begin();
        let now = work.now;
        let user = match login {
            None => {
                let user = self.add_user(&mut work, &form.email, None);
                work.tx
                    .insert_passwords(vec![(user.id, hash.to_owned())], now);
                self.create_personal_organization(&mut work, &user, &form.email);
                user
            }
            // A user that an operator created signs in for the first time. No
            // organization is added.
            Some(login) => {
                let user = login.user.clone();
                if !work
                    .tx
                    .set_first_password(user.id, hash.to_owned(), now)
                    .await?
                {
                    return Err(Refusal::EmailTaken.into());
                }
                user
            }
        };
        let session = self.record_login_and_open_session(
            &mut work,
            command,
            &user,
            &form.email,
            login.is_none(),
        );
        attempt.clear_on_success(&mut work);
        Ok((work.commit(()).await?, session, user))
    }

    /// Creates the organization of a new user if the operator's list permits
    /// it, and makes the user a viewer of the demo projects.
    fn create_personal_organization(
        &self,
        work: &mut UnitOfWork<'_>,
        user: &UserRecord,
        email: &Email,
    ) {
        let decision = self.check_create_organizations(Some(email));
        let permitted = decision.refusal.is_none();
        work.record(
            Event::new(AuditAction::UserSignedUp, user.id.uuid())
                .with_details(json!({
                    "personal_organization": permitted, "trace": decision.trace,
                }))
                .heard_as(TypedEvent::UserCreated { user: user.id }),
        );
        if permitted {
            let name = user
                .username
                .as_deref()
                .and_then(|name| FreeText::parse(name).ok());
            let description = FreeText::parse(PERSONAL_DESCRIPTION).ok();
            let new = NewOrganization { name, description };
            self.create_organizations(
                work,
                vec![OrganizationCreation {
                    owner: user.id,
                    new,
                    cause: CreationCause::SignUp,
                }],
            );
        }
        for project in &self.settings().demo_projects {
            let ids = std::array::from_fn(|_| self.random().uuid(work.now));
            work.tx.join_demo_project(ids, user.id, *project, work.now);
        }
    }

    /// Returns whether an account has this address. Sign-in pages ask for it;
    /// it is rate limited so that addresses cannot be enumerated.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] after too many requests from one network
    /// address.
    pub async fn email_exists(&self, context: &RequestContext, email: &Email) -> Outcome<bool> {
        self.count_account_lookup(context).await?;
        Ok(self.store().user_by_email(email).await?.is_some())
    }
}
