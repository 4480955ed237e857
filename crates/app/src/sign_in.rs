//! Signing in with e-mail and password; what it shares with signing up.
//!
//! A known and an unknown address cost the same and are answered alike.
//! Attempts are counted before the password is looked at, so that many at once
//! cannot slip through; one that succeeds is taken back.

use freehold_domain::{AuditAction, Decision, Email, Refusal, Timestamp, Trace};
use freehold_store::{Login, UserRecord};

use crate::app::App;
use crate::call::{Actor, Call, Done};
use crate::command::{Command, Event, Work};
use crate::failure::Outcome;
use crate::hashing::Verdict;
use crate::sessions::Opening;
use crate::tokens::Tokens;

/// The login method of this file.
pub(crate) const PASSWORD: &str = "email:password";

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
    pub async fn sign_in(&self, call: &Call, form: &SignIn) -> Outcome<Done<SignedIn>> {
        let command = self.session_command(Actor::Anonymous, call);
        self.admit(&command, &form.email, AuditAction::UserSignInFailed)
            .await?;
        let attempt = self.count_attempt(call, &form.email).await?;
        let login = self.store().login_by_email(&form.email).await?;
        self.sign_in_to(&command, form, login, attempt).await
    }

    /// The access policy, before anything else is looked at.
    pub(crate) async fn admit(
        &self,
        command: &Command<'_>,
        email: &Email,
        action: AuditAction,
    ) -> Outcome<()> {
        let decision = self.may_enter(email);
        if decision.refusal.is_some() {
            return Err(command.refuse(action, None, None, decision).await);
        }
        Ok(())
    }

    /// Compares the password with what is on record for `login`, and opens a
    /// session.
    pub(crate) async fn sign_in_to(
        &self,
        command: &Command<'_>,
        form: &SignIn,
        login: Option<Login>,
        attempt: Attempt,
    ) -> Outcome<Done<SignedIn>> {
        let kept = login.as_ref().and_then(|login| login.password.clone());
        let verdict = self
            .hasher()
            .verify(form.password.clone(), kept.clone())
            .await?;
        let (Some(login), Verdict::Right | Verdict::RightButOutdated) = (login, verdict) else {
            // The address that was tried is not kept: it may be a password
            // that was typed into the wrong field.
            let mut trace = Trace::new();
            trace.step("password_matches", "", false);
            let decision = Decision::refused(Refusal::WrongCredentials, trace);
            let action = AuditAction::UserSignInFailed;
            return Err(command.refuse(action, None, None, decision).await);
        };
        let rehashed = match verdict {
            Verdict::RightButOutdated => Some(self.hasher().hash(form.password.clone()).await?),
            Verdict::Right | Verdict::Wrong => None,
        };
        let user = login.user;
        let mut identities = self.store().identities(user.id).await?;
        if !identities.iter().any(|method| method == PASSWORD) {
            identities.push(PASSWORD.to_owned());
        }
        let (done, opening) = crate::command::retried(&|| async {
            let mut work = command.begin();
            if let (Some(old), Some(new)) = (kept.clone(), rehashed.clone()) {
                work.tx.rehash_password(user.id, old, new);
            }
            let opening = self.enter(&mut work, command.call, &user, &form.email, false);
            attempt.take_back(&mut work);
            work.record(Event::on(AuditAction::UserSignedIn, user.id.uuid()));
            Ok((work.commit(()).await?, opening))
        })
        .await?;
        self.signed_in(done, opening, user, identities, false).await
    }

    /// Puts the login method on record and opens the session.
    pub(crate) fn enter(
        &self,
        work: &mut Work<'_>,
        call: &Call,
        user: &UserRecord,
        email: &Email,
        is_new: bool,
    ) -> Opening {
        let row = self.chance().uuid(work.now);
        work.tx
            .record_identity(row, user.id, PASSWORD, email, work.now);
        self.open_session(work, call, user, PASSWORD, is_new)
    }

    /// The answer, with tokens unless it was a rehearsal.
    pub(crate) async fn signed_in(
        &self,
        done: Done<()>,
        opening: Opening,
        user: UserRecord,
        identities: Vec<String>,
        is_new: bool,
    ) -> Outcome<Done<SignedIn>> {
        let tokens = match done.rehearsal {
            None => Some(self.tokens_of(&opening, &user, &identities).await?),
            Some(_) => None,
        };
        let answer = SignedIn {
            user,
            is_new,
            identities,
            tokens,
        };
        Ok(Done {
            answer,
            replayed: done.replayed,
            rehearsal: done.rehearsal,
        })
    }
}

/// An attempt that was counted.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    account: Option<String>,
    address: Option<String>,
}

impl Attempt {
    /// It succeeded: the account begins anew, the address gets it back.
    pub(crate) fn take_back(&self, work: &mut Work<'_>) {
        if let Some(account) = &self.account {
            work.tx.forget_attempts(account.clone());
        }
        if let Some(address) = &self.address {
            work.tx.forgive_attempt(address.clone());
        }
    }
}

impl App {
    /// Counts an attempt to prove to be `email`, whether or not there is such
    /// an account, and refuses it when there were too many. Counted even in a
    /// rehearsal, which would otherwise be a way around.
    pub(crate) async fn count_attempt(&self, call: &Call, email: &Email) -> Outcome<Attempt> {
        let limits = self.settings().limits;
        let account = (limits.per_account > 0).then(|| format!("account {email}"));
        let address = call.address.filter(|_| limits.per_address > 0);
        let address = address.map(|address| format!("address {address}"));
        let counted = [
            address.clone().map(|subject| (subject, limits.per_address)),
            account.clone().map(|subject| (subject, limits.per_account)),
        ];
        self.count(counted.into_iter().flatten().collect()).await?;
        Ok(Attempt { account, address })
    }

    /// Counts a question about somebody else's account from one address.
    pub(crate) async fn count_question(&self, call: &Call) -> Outcome<()> {
        let limit = self.settings().limits.per_address;
        let Some(address) = call.address.filter(|_| limit > 0) else {
            return Ok(());
        };
        self.count(vec![(
            format!("question {address}"),
            limit.saturating_mul(3),
        )])
        .await
    }

    async fn count(&self, subjects: Vec<(String, u32)>) -> Outcome<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        let worst = crate::command::retried(&|| self.count_once(&subjects)).await?;
        match worst {
            Some(until) => {
                let wait = until.since(self.now()).as_secs().max(1);
                Err(Refusal::TooManyAttempts {
                    retry_after_seconds: wait,
                }
                .into())
            }
            None => Ok(()),
        }
    }

    /// When the latest of the exhausted windows ends.
    async fn count_once(&self, subjects: &[(String, u32)]) -> Outcome<Option<Timestamp>> {
        let now = self.now();
        let until = now + self.settings().limits.window;
        let mut tx = self.store().begin();
        let mut worst = None;
        for (subject, limit) in subjects {
            let (count, until) = tx.count_attempt(subject.clone(), now, until).await?;
            if count > i64::from(*limit) {
                worst = worst.max(Some(until));
            }
        }
        tx.commit().await?;
        Ok(worst)
    }
}
