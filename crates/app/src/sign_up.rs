//! Signing up: an account, and ground of one's own.
//!
//! User, password, login method, organization with all that belongs to it, and
//! the first session are one transaction. Two sign-ups with one address, in
//! whatever spelling, meet at the unique index: one makes the account, the other
//! finds it and is treated as signing in.

use freehold_domain::{AuditAction, Email, FreeText, Id, Refusal, Username};
use freehold_store::{Login, Rule, UserRecord};
use serde_json::json;

use crate::app::App;
use crate::attempts::Attempt;
use crate::call::{Actor, Call, Done};
use crate::command::{Command, Work};
use crate::event::Event;
use crate::failure::{Failure, Outcome};
use crate::founding::{Founding, NewOrganization};
use crate::operator::Operator;
use crate::sign_in::{PASSWORD, SignIn, SignedIn};

/// What the personal organization of a new user says of itself.
const PERSONAL_DESCRIPTION: &str = "Default Organization";

/// An account that an operator makes.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address.
    pub email: Email,
    /// What others see; the address's local part, if nothing is said.
    pub username: Option<Username>,
    /// Their password; without one they set it by signing up or by a reset link.
    pub password: Option<String>,
    /// An organization of theirs, by its name.
    pub organization: Option<FreeText>,
}

impl App {
    /// Makes an account and signs in to it; or signs in to the one that the
    /// address already has.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a password that the policy refuses;
    /// [`Refusal::EmailTaken`] for an address that signs in some other way;
    /// otherwise as [`App::sign_in`].
    pub async fn sign_up(&self, call: &Call, form: &SignIn) -> Outcome<Done<SignedIn>> {
        self.check_password(&form.password)?;
        let command = self.session_command(Actor::Anonymous, call, AuditAction::UserSignedUp);
        let done = self.sign_up_unless_refused(&command, form).await;
        command.keep_refusal(done).await
    }

    async fn sign_up_unless_refused(
        &self,
        command: &Command<'_>,
        form: &SignIn,
    ) -> Outcome<Done<SignedIn>> {
        self.admit(command, &form.email)?;
        // Making an account is no attempt at one; many may try at once.
        let mut attempt = self.count_attempt(command, None).await?;
        let done = async {
            let known = self.store().login_by_email(&form.email).await?;
            match known {
                Some(login) if login.password.is_some() => {
                    attempt = self
                        .count_for_account(command, attempt.clone(), &form.email)
                        .await?;
                    self.sign_in_to(command, form, Some(login), &attempt).await
                }
                known => {
                    let decision = self.may_sign_up(&form.email, known.as_ref()).await?;
                    if decision.refusal.is_some() {
                        return Err(command.refuse(None, None, decision));
                    }
                    self.open_account(command, form, known, &attempt).await
                }
            }
        };
        let done = done.await;
        self.give_back_if_unanswered(&attempt, done).await
    }

    /// For an address without a password.
    async fn open_account(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        known: Option<Login>,
        attempt: &Attempt,
    ) -> Outcome<Done<SignedIn>> {
        let hash = self.hasher().hash(form.password.clone()).await?;
        let done = crate::retry::retried(&|| async {
            let mut work = command.begin();
            // Somebody that an operator made signs in for the first time: it is
            // the same person, and no organization is added.
            let user = match &known {
                Some(login) => login.user.clone(),
                None => self.add_user(&mut work, &form.email, None),
            };
            let now = work.now;
            match &known {
                None => {
                    work.tx.set_password(user.id, hash.clone(), now);
                    self.settle(&mut work, &user, &form.email);
                }
                // Two may try; the first one's password is the password.
                Some(_) => {
                    if !work.tx.claim_password(user.id, hash.clone(), now).await? {
                        return Err(Refusal::EmailTaken.into());
                    }
                }
            }
            let opening = self.enter(&mut work, command.call, &user, &form.email, known.is_none());
            attempt.take_back(&mut work);
            Ok((work.commit(()).await?, opening, user))
        })
        .await;
        match done {
            Ok((done, opening, user)) => {
                let identities = vec![PASSWORD.to_owned()];
                self.signed_in(done, opening, user, identities, known.is_none())
                    .await
            }
            // Another sign-up with this address was a moment faster.
            Err(failure)
                if failure.broke(Rule::UserEmail)
                    || failure == Failure::Refused(Refusal::EmailTaken) =>
            {
                let winner = self.store().login_by_email(&form.email).await?;
                self.sign_in_to(command, form, winner, attempt).await
            }
            Err(failure) => Err(failure),
        }
    }

    /// Adds the account itself.
    pub(crate) fn add_user(
        &self,
        work: &mut Work<'_>,
        email: &Email,
        username: Option<Username>,
    ) -> UserRecord {
        let id = Id::draw(self.chance(), work.now);
        let username = username.unwrap_or_else(|| Username::from_local_part(email));
        let user = UserRecord {
            id,
            uid: Some(id.to_string()),
            email: email.as_str().to_owned(),
            username: Some(username.as_str().to_owned()),
            created_at: Some(work.now),
            updated_at: Some(work.now),
        };
        work.tx.insert_user(&user);
        user
    }

    /// What a new user gets: an organization of their own if the operator's
    /// list permits, and a look at the showcases.
    fn settle(&self, work: &mut Work<'_>, user: &UserRecord, email: &Email) {
        let decision = self.may_create_organizations(Some(email));
        let permitted = decision.refusal.is_none();
        work.record(
            Event::on(AuditAction::UserSignedUp, user.id.uuid()).with(json!({
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
            self.found(
                work,
                vec![Founding {
                    owner: user.id,
                    new,
                }],
            );
        }
        for project in &self.settings().demos {
            let ids = std::array::from_fn(|_| self.chance().uuid(work.now));
            work.tx.join_showcase(ids, user.id, *project, work.now);
        }
    }

    /// Makes an account for somebody, by an operator.
    ///
    /// # Errors
    /// [`Refusal::EmailTaken`]; [`Refusal::InvalidField`] for a password that
    /// the policy refuses.
    pub async fn create_user(
        &self,
        operator: &str,
        call: &Call,
        new: &NewUser,
    ) -> Outcome<Done<UserRecord>> {
        let hash = match &new.password {
            Some(password) => {
                self.check_password(password)?;
                Some(self.hasher().hash(password.clone()).await?)
            }
            None => None,
        };
        let actor = Operator::at_the_server(operator).actor();
        let command = self.command(actor, call, AuditAction::UserCreated);
        let meaning = |rule| (rule == Rule::UserEmail).then_some(Refusal::EmailTaken);
        let attempt = || self.create_user_once(&command, new, hash.as_deref());
        command.run(attempt, meaning).await
    }

    async fn create_user_once(
        &self,
        command: &Command<'_>,
        new: &NewUser,
        hash: Option<&str>,
    ) -> Outcome<Done<UserRecord>> {
        let mut work = command.begin();
        let user = self.add_user(&mut work, &new.email, new.username.clone());
        if let Some(hash) = hash {
            let row = self.chance().uuid(work.now);
            work.tx.set_password(user.id, hash.to_owned(), work.now);
            work.tx
                .record_identity(row, user.id, PASSWORD, &new.email, work.now);
        }
        work.record(Event::on(AuditAction::UserCreated, user.id.uuid()));
        if let Some(name) = &new.organization {
            let new = NewOrganization {
                name: Some(name.clone()),
                description: None,
            };
            self.found(
                &mut work,
                vec![Founding {
                    owner: user.id,
                    new,
                }],
            );
        }
        work.commit(user).await
    }

    /// The password policy, as a complaint about the field.
    pub(crate) fn check_password(&self, password: &str) -> Result<(), Failure> {
        let refused = |problem| Refusal::InvalidField {
            location: "body",
            field: "password".to_owned(),
            problem,
        };
        Ok(self.settings().passwords.check(password).map_err(refused)?)
    }
}
