//! Signing in with e-mail and password; what it shares with signing up.
//!
//! A known and an unknown address cost the same and are answered alike.
//! Attempts are counted before the password is looked at, so that many at once
//! cannot slip through; one that succeeds is taken back.

use freehold_domain::{AuditAction, Decision, Email, Refusal, Trace};
use freehold_store::{LoginRecord, UserRecord};

use super::{Attempt, OpenedSession, PASSWORD, Tokens, password_identity};
use crate::auth::hashing::PasswordMatch;
use crate::command::{
    Actor, Command, CommandOutput, Event, Failure, Outcome, RequestContext, UnitOfWork,
};
use crate::runtime::App;

/// What somebody signs in with.
#[derive(Clone)]
pub struct SignIn {
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignIn({})", self.email)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: UserRecord,
    /// Whether the account was made by this.
    pub is_new: bool,
    /// The login methods on record.
    pub identities: Vec<String>,
    /// Their session's tokens; none in a rehearsal.
    pub tokens: Option<Tokens>,
}

impl App {
    /// Opens a session for somebody who knows the password.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`] for a wrong password and for an unknown
    /// address alike; [`Refusal::AccessDenied`], [`Refusal::TooManyAttempts`],
    /// [`Refusal::Busy`].
    pub async fn sign_in(
        &self,
        context: &RequestContext,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let action = AuditAction::UserSignInFailed;
        let command = self.session_command(Actor::Anonymous, context, action);
        let output = self.sign_in_audited(&command, form).await;
        command.audit_refusal(output).await
    }

    async fn sign_in_audited(
        &self,
        command: &Command<'_>,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        self.require_entry(command, &form.email)?;
        let attempt = self.count_attempt(command, Some(&form.email)).await?;
        let output = async {
            let login = self.store().login_record_by_email(&form.email).await?;
            self.sign_in_to(command, form, login, &attempt).await
        };
        self.uncount_if_unanswered(&attempt, output.await).await
    }

    /// The access policy, before anything else is looked at.
    pub(crate) fn require_entry(&self, command: &Command<'_>, email: &Email) -> Outcome<()> {
        let decision = self.check_entry(email);
        if decision.refusal.is_some() {
            return Err(command.refuse(None, None, decision));
        }
        Ok(())
    }

    /// Compares the password with what is on record for `login`, and opens a
    /// session.
    pub(crate) async fn sign_in_to(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<LoginRecord>,
        attempt: &Attempt,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let stored_hash = login.as_ref().and_then(|login| login.password.clone());
        let verdict = self
            .hasher()
            .verify(form.password.clone(), stored_hash.clone())
            .await?;
        let decision = check_password_login(login.as_ref());
        let (Some(login), PasswordMatch::Current | PasswordMatch::Outdated) = (login, verdict)
        else {
            return Err(wrong_password(command, decision));
        };
        let rehashed = match verdict {
            PasswordMatch::Outdated => Some(self.hasher().hash(form.password.clone()).await?),
            PasswordMatch::Current | PasswordMatch::No => None,
        };
        let user = login.user;
        let mut identities = self.store().identities(user.id).await?;
        if !identities.iter().any(|method| method == PASSWORD) {
            identities.push(PASSWORD.to_owned());
        }
        let (output, opening) = self
            .with_retries(&|| async {
                let mut work = command.begin();
                // Hashing took a while. A password that was changed meanwhile opens
                // nothing any more, and cannot change from here on.
                let stored_hash = stored_hash.clone().unwrap_or_default();
                if !work.tx.lock_password(user.id, stored_hash.clone()).await? {
                    return Err(wrong_password(command, decision.clone()));
                }
                if let Some(new) = rehashed.clone() {
                    work.tx.rehash_password(user.id, stored_hash, new);
                }
                let opening = self.record_login_and_open_session(
                    &mut work,
                    command.context,
                    &user,
                    &form.email,
                    false,
                );
                attempt.clear_on_success(&mut work);
                work.record(Event::new(AuditAction::UserSignedIn, user.id.uuid()));
                Ok((work.commit(()).await?, opening))
            })
            .await?;
        if command.context.dry_run {
            command
                .note(AuditAction::UserSignInDryRun, user.id.uuid())
                .await?;
        }
        self.signed_in_output(output, opening, user, identities, false)
            .await
    }

    /// Puts the login method on record and opens the session.
    pub(crate) fn record_login_and_open_session(
        &self,
        work: &mut UnitOfWork<'_>,
        context: &RequestContext,
        user: &UserRecord,
        email: &Email,
        is_new: bool,
    ) -> OpenedSession {
        let identity = password_identity(self.random(), user.id, email, work.now);
        work.tx.insert_identity_if_absent(identity);
        self.open_session(work, context, user, PASSWORD, is_new)
    }

    /// The answer, with tokens unless it was a rehearsal.
    pub(crate) async fn signed_in_output(
        &self,
        output: CommandOutput<()>,
        opening: OpenedSession,
        user: UserRecord,
        identities: Vec<String>,
        is_new: bool,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let tokens = match output.rehearsal {
            None => Some(self.tokens_of(&opening, &user, &identities).await?),
            Some(_) => None,
        };
        let answer = SignedIn {
            user,
            is_new,
            identities,
            tokens,
        };
        Ok(CommandOutput {
            answer,
            replayed: output.replayed,
            rehearsal: output.rehearsal,
        })
    }
}

/// Whether there is anything that a password could be compared with. Whoever
/// signs in is not told which of it was missing.
pub(crate) fn check_password_login(login: Option<&LoginRecord>) -> Decision {
    let mut trace = Trace::new();
    let known = trace.step("has_account", "", login.is_some());
    let has_password = login.is_some_and(|login| login.password.is_some());
    if known && trace.step("has_password", "", has_password) {
        Decision::allowed(trace)
    } else {
        Decision::refused(Refusal::WrongCredentials, trace)
    }
}

/// The address that was tried is not kept: it may be a password that was typed
/// into the wrong field.
fn wrong_password(command: &Command<'_>, decision: Decision) -> Failure {
    let Decision { refusal, mut trace } = decision;
    if refusal.is_none() {
        trace.step("password_matches", "", false);
    }
    command.refuse(
        None,
        None,
        Decision::refused(Refusal::WrongCredentials, trace),
    )
}
