//! The login by email address and password: what signing in and signing up
//! share.
//!
//! A known and an unknown address cost the same and get the same response.
//! Attempts are counted before the password is verified, so that parallel
//! attempts cannot exceed the limit; a successful attempt is not counted.

use freehold_domain::{AuditAction, Decision, Email, Refusal, Trace};
use freehold_store::{LoginRecord, UserRecord};
use secrecy::SecretString;

use super::{Attempt, OpenedSession, PASSWORD, Tokens, password_identity};
use crate::access::Entry;
use crate::auth::hashing::PasswordMatch;
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, UnitOfWork};
use crate::runtime::App;

/// The email address and password of a sign-in or sign-up request.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The email address.
    pub email: Email,
    /// The password.
    pub password: SecretString,
}

/// A user that is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user.
    pub user: UserRecord,
    /// Whether this request created the user.
    pub is_new: bool,
    /// The login methods of the user.
    pub identities: Vec<String>,
    /// The tokens of the new session; `None` in a dry run.
    pub tokens: Option<Tokens>,
}

/// A login whose password was verified.
struct VerifiedLogin {
    user: UserRecord,
    /// The stored hash that the password matched.
    stored_hash: String,
    /// The hash to store instead, if the stored one is outdated.
    new_hash: Option<String>,
    decision: Decision,
}

impl App {
    /// Refuses who may not enter.
    pub(crate) async fn require_entry(
        &self,
        command: &Command<'_>,
        entry: Entry<'_>,
    ) -> Outcome<()> {
        let decision = self.check_entry(entry).await?;
        if decision.refusal.is_some() {
            return Err(command.refuse(None, None, decision));
        }
        Ok(())
    }

    /// Verifies the password of `login`, and opens a session.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`], also for `None`.
    pub(crate) async fn sign_in_with_password(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<LoginRecord>,
        attempt: &Attempt,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let login = self.verify_password(command, form, login).await?;
        let user = login.user.clone();
        let mut identities = self.store().identities(user.id).await?;
        if !identities.iter().any(|method| method == PASSWORD) {
            identities.push(PASSWORD.to_owned());
        }
        let (output, session) = self
            .with_retries(&|| self.sign_in_once(command, form, &login, attempt))
            .await?;
        if command.context.dry_run {
            command
                .record_dry_run(Event::new(AuditAction::UserSignInDryRun, user.id.uuid()))
                .await?;
        }
        self.signed_in_output(output, session, user, identities, false)
            .await
    }

    /// Compares the password with the stored hash. Without a stored hash it
    /// does the same work, and refuses.
    async fn verify_password(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<LoginRecord>,
    ) -> Outcome<VerifiedLogin> {
        let stored_hash = login.as_ref().and_then(|login| login.password.clone());
        let password_match = self
            .hasher()
            .verify(&form.password, stored_hash.clone())
            .await?;
        let decision = check_password_login(login.as_ref());
        let (Some(login), PasswordMatch::Current | PasswordMatch::Outdated) =
            (login, password_match)
        else {
            return Err(wrong_password(command, decision));
        };
        let new_hash = match password_match {
            PasswordMatch::Outdated => Some(self.hasher().hash(&form.password).await?),
            PasswordMatch::Current | PasswordMatch::Mismatch => None,
        };
        Ok(VerifiedLogin {
            user: login.user,
            stored_hash: stored_hash.unwrap_or_default(),
            new_hash,
            decision,
        })
    }

    async fn sign_in_once(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: &VerifiedLogin,
        attempt: &Attempt,
    ) -> Outcome<(CommandOutput<()>, OpenedSession)> {
        let VerifiedLogin {
            user,
            stored_hash,
            new_hash,
            decision,
        } = login;
        let mut work = command.begin();
        // The password may have been changed since it was verified. From here
        // on it is locked.
        if !work.tx.lock_password(user.id, stored_hash.clone()).await? {
            return Err(wrong_password(command, decision.clone()));
        }
        if let Some(new_hash) = new_hash.clone() {
            work.tx
                .rehash_password(user.id, stored_hash.clone(), new_hash);
        }
        let session =
            self.record_login_and_open_session(&mut work, command, user, &form.email, false);
        attempt.clear_on_success(&mut work);
        work.record(Event::new(AuditAction::UserSignedIn, user.id.uuid()));
        Ok((work.commit(()).await?, session))
    }

    /// Records the login method and opens a session.
    pub(crate) fn record_login_and_open_session(
        &self,
        work: &mut UnitOfWork<'_>,
        command: &Command<'_>,
        user: &UserRecord,
        email: &Email,
        is_new: bool,
    ) -> OpenedSession {
        let identity = password_identity(self.random(), user.id, email, work.now);
        work.tx.insert_identity_if_absent(identity);
        self.open_session(work, command.context, user, PASSWORD, is_new)
    }

    /// Returns the output of a sign-in or sign-up; in a dry run without tokens.
    pub(crate) async fn signed_in_output(
        &self,
        output: CommandOutput<()>,
        session: OpenedSession,
        user: UserRecord,
        identities: Vec<String>,
        is_new: bool,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let tokens = match output.dry_run_events {
            None => Some(self.tokens_of(&session, &user, &identities).await?),
            Some(_) => None,
        };
        Ok(output.map(|()| SignedIn {
            user,
            is_new,
            identities,
            tokens,
        }))
    }
}

/// Returns whether the user has a password. The caller gets the same refusal
/// for a missing account and a missing password; only the trace differs.
pub(crate) fn check_password_login(login: Option<&LoginRecord>) -> Decision {
    let mut trace = Trace::new();
    let has_account = trace.step("has_account", "", login.is_some());
    let has_password = login.is_some_and(|login| login.password.is_some());
    if has_account && trace.step("has_password", "", has_password) {
        Decision::allowed(trace)
    } else {
        Decision::refused(Refusal::WrongCredentials, trace)
    }
}

/// Refuses a wrong password. The email address is not recorded: it may be a
/// password that was typed into the wrong field.
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
