//! Setting users' passwords as an operator: all of a list or none. Ends the
//! users' sessions.

use std::collections::{HashMap, HashSet};

use freehold_domain::{AuditAction, Decision, Email, EntityKind, Id, Refusal, Trace, User};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::sync::OnceCell;

use super::Operator;
use crate::auth::{PASSWORD, account_attempts_subject};
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext};
use crate::runtime::App;

/// A login and its new password, as sent by the client.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The method of the login; only one has passwords.
    pub method: String,
    /// The user's address.
    pub email: Option<String>,
    /// The user's address, for clients that send it as `subject`.
    pub subject: Option<String>,
    /// The new password in clear text.
    pub password: Option<SecretString>,
}

/// A checked entry.
struct PasswordChange {
    email: String,
    password: SecretString,
}

impl App {
    /// Sets the passwords of users who sign in by password, ends their
    /// sessions, deletes their reset links, and resets their count of failed
    /// attempts.
    ///
    /// # Errors
    /// [`Refusal::InvalidAccounts`] for another method, an entry without
    /// address or password, a password that violates the policy, and a
    /// duplicate address; [`Refusal::EntityNotFound`] for an address without a
    /// password login.
    pub async fn set_passwords(
        &self,
        operator: &Operator,
        context: &RequestContext,
        entries: &[NewPassword],
    ) -> Outcome<CommandOutput<()>> {
        let command = self.command(operator.actor(), context, AuditAction::PasswordSet);
        // A replayed response needs no hashes, and a retry computes them only
        // once.
        let hashes = OnceCell::new();
        let attempt = || async {
            let hashes = hashes
                .get_or_try_init(|| self.hashes(&command, entries))
                .await?;
            set_passwords_once(&command, hashes).await
        };
        command.run(attempt, |_| None).await
    }

    /// The hash for each address, after all entries have been checked.
    async fn hashes(
        &self,
        command: &Command<'_>,
        entries: &[NewPassword],
    ) -> Outcome<HashMap<String, String>> {
        let changes = self.changes(entries)?;
        let emails: Vec<String> = changes.iter().map(|change| change.email.clone()).collect();
        // A read before the expensive part; the command reads again in its
        // transaction.
        let with_password = self.store().emails_with_password(&emails).await?;
        let with_password: HashSet<String> = with_password.into_iter().collect();
        if let Some(unknown) = emails.iter().find(|email| !with_password.contains(*email)) {
            return Err(no_password_login(command, unknown));
        }
        let hashes = changes.into_iter().map(|change| async move {
            let hash = self.hasher().hash(&change.password).await?;
            Ok::<_, Failure>((change.email, hash))
        });
        // Not more than are hashed at once, so that the queue has room for
        // users who sign in.
        stream::iter(hashes)
            .buffered(self.settings().hashing_threads.max(1))
            .try_collect()
            .await
    }

    fn changes(&self, entries: &[NewPassword]) -> Result<Vec<PasswordChange>, Refusal> {
        let invalid = |message: String| Err(Refusal::InvalidAccounts(message));
        let mut changes = Vec::with_capacity(entries.len());
        let mut seen = HashSet::new();
        for entry in entries {
            let method = &entry.method;
            if method != PASSWORD {
                return invalid(format!(
                    "reset_password only supports method '{PASSWORD}'; got '{method}'."
                ));
            }
            let non_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
            let email = non_empty(&entry.email).or_else(|| non_empty(&entry.subject));
            let password = entry.password.clone();
            let password = password.filter(|password| !password.expose_secret().is_empty());
            let (Some(email), Some(password)) = (email, password) else {
                return invalid(
                    "reset_password requires 'email' (or 'subject') and 'password' on every \
                     user_identity entry."
                        .to_owned(),
                );
            };
            if let Err(problem) = self
                .settings()
                .password_policy
                .check(password.expose_secret())
            {
                return invalid(problem);
            }
            // A text that is not an address has no user, which is found out
            // later.
            let email = Email::parse(&email).map_or(email, |email| email.as_str().to_owned());
            if !seen.insert(email.clone()) {
                return invalid(format!("reset_password names '{email}' more than once."));
            }
            changes.push(PasswordChange { email, password });
        }
        Ok(changes)
    }
}

async fn set_passwords_once(
    command: &Command<'_>,
    hashes: &HashMap<String, String>,
) -> Outcome<CommandOutput<()>> {
    let mut work = command.begin();
    if hashes.is_empty() {
        let event =
            Event::new(AuditAction::PasswordSet, None).with_details(json!({ "passwords": 0 }));
        work.record_without_effect(event, None);
        return work.commit(()).await;
    }
    let emails: Vec<&String> = hashes.keys().collect();
    let locked = work.tx.lock_and_read_users(&[], &emails).await?;
    let ids: Vec<Id<User>> = locked.iter().map(|user| user.id).collect();
    let with_password = work.tx.users_with_password(&ids).await?;
    let with_password: HashSet<Id<User>> = with_password.into_iter().collect();
    let with_password_login: HashSet<&str> = locked
        .iter()
        .filter(|user| with_password.contains(&user.id))
        .map(|user| user.email.as_str())
        .collect();
    if let Some(unknown) = emails
        .iter()
        .find(|email| !with_password_login.contains(email.as_str()))
    {
        return Err(no_password_login(command, unknown));
    }
    let now = work.now;
    let pairs: Vec<(Id<User>, String)> = locked
        .iter()
        .filter_map(|user| Some((user.id, hashes.get(&user.email)?.clone())))
        .collect();
    work.tx.replace_passwords(&pairs, now);
    // Failed attempts with the old password do not count any more.
    let subjects: Vec<String> = locked
        .iter()
        .map(|user| account_attempts_subject(&user.email))
        .collect();
    work.tx.reset_many_attempts(&subjects);
    for user in ids {
        work.record(Event::new(AuditAction::PasswordSet, user.uuid()));
    }
    work.commit(()).await
}

fn no_password_login(command: &Command<'_>, email: &str) -> Failure {
    let mut trace = Trace::new();
    trace.step("signs_in_by_password", email, false);
    let refusal = Refusal::EntityNotFound {
        kind: EntityKind::User,
        named: email.to_owned(),
    };
    command.refuse(None, None, Decision::refused(refusal, trace))
}
