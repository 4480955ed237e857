//! Signing up: an account, and ground of one's own.
//!
//! User, password, login method, organization with all that belongs to it, and
//! the first session are one transaction. Two sign-ups with one address, in
//! whatever spelling, meet at the unique index: one makes the account, the other
//! finds it and is treated as signing in.

use freehold_domain::{AuditAction, Email, FreeText, Refusal};
use freehold_store::{LoginRecord, Rule, UserRecord};
use serde_json::json;

use super::{Attempt, PASSWORD, SignIn, SignedIn};
use crate::command::{
    Actor, Command, CommandOutput, Event, Failure, Outcome, RequestContext, UnitOfWork,
};
use crate::organizations::{NewOrganization, OrganizationCreation};
use crate::runtime::App;

/// What the personal organization of a new user says of itself.
const PERSONAL_DESCRIPTION: &str = "Default Organization";

impl App {
    /// Makes an account and signs in to it; or signs in to the one that the
    /// address already has.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a password that the policy refuses;
    /// [`Refusal::EmailTaken`] for an address that signs in some other way;
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
        self.require_entry(command, &form.email)?;
        // Making an account is no attempt at one; many may try at once.
        let mut attempt = self.count_attempt(command, None).await?;
        let output = async {
            let login = self.store().login_record_by_email(&form.email).await?;
            match login {
                Some(login) if login.password.is_some() => {
                    attempt = self
                        .count_for_account(command, attempt.clone(), &form.email)
                        .await?;
                    self.sign_in_to(command, form, Some(login), &attempt).await
                }
                login => {
                    let decision = self.check_sign_up(&form.email, login.as_ref()).await?;
                    if decision.refusal.is_some() {
                        return Err(command.refuse(None, None, decision));
                    }
                    self.create_or_claim_account(command, form, login, &attempt)
                        .await
                }
            }
        };
        let output = output.await;
        self.uncount_if_unanswered(&attempt, output).await
    }

    /// For an address without a password.
    async fn create_or_claim_account(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<LoginRecord>,
        attempt: &Attempt,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let hash = self.hasher().hash(form.password.clone()).await?;
        let output = self
            .with_retries(&|| async {
                let mut work = command.begin();
                // Somebody that an operator made signs in for the first time: it is
                // the same person, and no organization is added.
                let user = match &login {
                    Some(login) => login.user.clone(),
                    None => self.add_user(&mut work, &form.email, None),
                };
                let now = work.now;
                match &login {
                    None => {
                        work.tx.set_password(user.id, hash.clone(), now);
                        self.create_personal_organization(&mut work, &user, &form.email);
                    }
                    // Two may try; the first one's password is the password.
                    Some(_) => {
                        if !work
                            .tx
                            .set_first_password(user.id, hash.clone(), now)
                            .await?
                        {
                            return Err(Refusal::EmailTaken.into());
                        }
                    }
                }
                let opening = self.record_login_and_open_session(
                    &mut work,
                    command.context,
                    &user,
                    &form.email,
                    login.is_none(),
                );
                attempt.clear_on_success(&mut work);
                Ok((work.commit(()).await?, opening, user))
            })
            .await;
        match output {
            Ok((output, opening, user)) => {
                let identities = vec![PASSWORD.to_owned()];
                self.signed_in_output(output, opening, user, identities, login.is_none())
                    .await
            }
            // Another sign-up with this address was a moment faster.
            Err(failure)
                if failure.violates(Rule::UserEmail)
                    || failure == Failure::Refused(Refusal::EmailTaken) =>
            {
                let winner = self.store().login_record_by_email(&form.email).await?;
                self.sign_in_to(command, form, winner, attempt).await
            }
            Err(failure) => Err(failure),
        }
    }

    /// What a new user gets: an organization of their own if the operator's
    /// list permits, and a look at the showcases.
    fn create_personal_organization(
        &self,
        work: &mut UnitOfWork<'_>,
        user: &UserRecord,
        email: &Email,
    ) {
        let decision = self.check_create_organizations(Some(email));
        let permitted = decision.refusal.is_none();
        work.record(
            Event::new(AuditAction::UserSignedUp, user.id.uuid()).with_details(json!({
                "personal_organization": permitted, "trace": decision.trace,
            })),
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
                }],
            );
        }
        for project in &self.settings().demo_projects {
            let ids = std::array::from_fn(|_| self.random().uuid(work.now));
            work.tx.join_demo_project(ids, user.id, *project, work.now);
        }
    }

    /// Whether there is an account with this address. Kept because sign-in
    /// pages ask it; slowed down because others do.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] when asked too often from one address.
    pub async fn email_exists(&self, context: &RequestContext, email: &Email) -> Outcome<bool> {
        self.count_account_lookup(context).await?;
        Ok(self.store().user_by_email(email).await?.is_some())
    }
}
