//! Password reset by a link that can be used once, within an hour.

use std::time::Duration;

use freehold_domain::{AuditAction, Email, Id, PlainToken, Refusal, Timestamp, TokenHash, User};
use freehold_store::{Tx, UserRecord};
use secrecy::SecretString;
use serde_json::json;

use super::account_attempts_subject;
use crate::access::{Entry, WayIn};
use crate::command::{Actor, Command, CommandOutput, Event, Outcome, RequestContext};
use crate::email::EmailJob;
use crate::operators::Operator;
use crate::runtime::App;

/// How long a reset link is valid.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A link that lets its bearer set the password. It is shown to an operator or
/// sent by email; only its hash is stored.
#[derive(Clone, Debug)]
pub struct ResetLink {
    /// The link.
    pub url: SecretString,
    /// The user whose password it sets.
    pub user: UserRecord,
}

impl App {
    /// Sends a reset link to `email` if it has an account. The response and the
    /// work are the same for an unknown address.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] after too many requests from one network
    /// address.
    pub async fn request_password_reset(
        &self,
        context: &RequestContext,
        email: &Email,
    ) -> Outcome<CommandOutput<()>> {
        self.count_account_lookup(context).await?;
        let action = AuditAction::PasswordResetRequested;
        let command = self.session_command(Actor::Anonymous, context, action);
        let entry = Entry::new(WayIn::ResetPassword, email.as_str());
        let may_enter = self.check_entry(entry).await?.refusal.is_none();
        let may_send = self.count_reset_email(email).await? && may_enter;
        let user = self.store().user_by_email(email).await?;
        self.with_retries(&|| async {
            let mut work = command.begin();
            // The link is created when the email is sent, so that the queue
            // contains no secret. Without a mailer an operator creates it.
            if let Some(user) = user.as_ref().filter(|_| may_send) {
                work.queue_emails([EmailJob::PasswordReset { user: user.id }]);
            }
            work.record(requested_event(user.as_ref()));
            work.commit(()).await
        })
        .await
    }

    /// Creates a reset link for an operator to pass on, where no mailer is
    /// configured.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`].
    pub async fn reset_link(
        &self,
        operator: &str,
        context: &RequestContext,
        email: &Email,
    ) -> Outcome<CommandOutput<ResetLink>> {
        let user = self
            .store()
            .user_by_email(email)
            .await?
            .ok_or(Refusal::UserNotFound)?;
        let actor = Operator::local(operator).actor();
        let action = AuditAction::PasswordResetRequested;
        let command = self.session_command(actor, context, action);
        self.with_retries(&|| async {
            let mut work = command.begin();
            let (url, _) = self.create_reset_link(&mut work.tx, user.id, false, work.now);
            work.record(requested_event(Some(&user)));
            let output = work.commit(()).await?;
            let user = user.clone();
            Ok(output.map(|()| ResetLink { url, user }))
        })
        .await
    }

    /// Creates the link for an email that is about to be sent, and returns when it
    /// expires. Its use verifies the address.
    pub(crate) async fn create_mailed_reset_link(
        &self,
        user: Id<User>,
    ) -> Outcome<(SecretString, Timestamp)> {
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            let link = self.create_reset_link(&mut tx, user, true, self.now());
            tx.commit().await?;
            Ok(link)
        })
        .await
    }

    /// Creates a reset link and returns it with its expiry. If it is `mailed`, its
    /// use verifies the address.
    pub(crate) fn create_reset_link(
        &self,
        tx: &mut Tx,
        user: Id<User>,
        mailed: bool,
        now: Timestamp,
    ) -> (SecretString, Timestamp) {
        let token = PlainToken::generate(self.random());
        let expires = now + LINK_LIFETIME;
        tx.insert_password_reset(&token.hashed(), user, mailed, expires, now);
        let web = &self.settings().public_url;
        let url = format!(
            "{web}/auth/reset-password?token={}&tenantId=public",
            token.expose_secret()
        );
        (url.into(), expires)
    }

    /// Sets the password of the user of a reset link, ends all their sessions and
    /// invalidates their other reset links.
    ///
    /// # Errors
    /// [`Refusal::ResetTokenInvalid`]; [`Refusal::AccessDenied`];
    /// [`Refusal::InvalidField`] for a password that the password policy refuses: the link stays valid.
    pub async fn reset_password(
        &self,
        context: &RequestContext,
        token: &str,
        password: &SecretString,
    ) -> Outcome<CommandOutput<()>> {
        self.check_password(password)?;
        let action = AuditAction::PasswordResetCompleted;
        let command = self.session_command(Actor::Anonymous, context, action);
        let output = self.reset_password_audited(&command, token, password).await;
        command.audit_refusal(output).await
    }

    async fn reset_password_audited(
        &self,
        command: &Command<'_>,
        token: &str,
        password: &SecretString,
    ) -> Outcome<CommandOutput<()>> {
        let token = PlainToken::parse(token)
            .ok_or(Refusal::ResetTokenInvalid)?
            .hashed();
        // Checked before the password is hashed; the token is consumed below.
        let user = self.store().password_reset_user(&token, self.now()).await?;
        let user = user.ok_or(Refusal::ResetTokenInvalid)?;
        let user = self
            .store()
            .user(user)
            .await?
            .ok_or(Refusal::ResetTokenInvalid)?;
        let entry = Entry::new(WayIn::ResetPassword, &user.email);
        self.require_entry(command, entry).await?;
        let hash = self.hasher().hash(password).await?;
        self.with_retries(&|| reset_password_once(command, &token, &user, &hash))
            .await
    }
}

async fn reset_password_once(
    command: &Command<'_>,
    token: &TokenHash,
    user: &UserRecord,
    hash: &str,
) -> Outcome<CommandOutput<()>> {
    let mut work = command.begin();
    let Some(mailed) = work.tx.consume_password_reset(token, work.now).await? else {
        return Err(Refusal::ResetTokenInvalid.into());
    };
    if mailed {
        // Until now the account may have belonged to a user without access to
        // the mailbox.
        work.tx.delete_api_keys_unless_verified(user.id);
        work.tx.verify_email(user.id, work.now);
    }
    work.tx.set_password(user.id, hash.to_owned(), work.now);
    work.tx.end_sessions_of(user.id);
    work.tx.delete_password_resets_of(user.id);
    // Failed attempts at the old password no longer count.
    work.tx
        .reset_attempts(account_attempts_subject(&user.email));
    work.record(Event::new(
        AuditAction::PasswordResetCompleted,
        user.id.uuid(),
    ));
    work.commit(()).await
}

fn requested_event(user: Option<&UserRecord>) -> Event {
    let target = user.map(|user| user.id.uuid());
    Event::new(AuditAction::PasswordResetRequested, target)
        .with_details(json!({ "known": user.is_some() }))
}
