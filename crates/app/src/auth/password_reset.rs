//! Forgotten passwords: a link that is good once, for an hour.

use std::time::Duration;

use freehold_domain::{AuditAction, Email, Id, PlainToken, Refusal, Timestamp, TokenHash, User};
use freehold_store::{Tx, UserRecord};
use serde_json::json;

use super::account_attempts_subject;
use crate::command::{Actor, Command, CommandOutput, Event, Outcome, RequestContext};
use crate::email::EmailJob;
use crate::operators::Operator;
use crate::runtime::App;

/// How long a link is good.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A link that lets its bearer set the password. Shown to an operator, or
/// sent to the address; kept nowhere.
#[derive(Clone, Debug)]
pub struct ResetLink {
    /// The link.
    pub url: String,
    /// Whose password it sets.
    pub user: UserRecord,
}

impl App {
    /// Asks for a letter with a reset link for the owner of `email`, if there
    /// is one. The answer and the work are the same for an unknown address.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] when asked too often from one address.
    pub async fn request_password_reset(
        &self,
        context: &RequestContext,
        email: &Email,
    ) -> Outcome<CommandOutput<()>> {
        self.count_account_lookup(context).await?;
        let action = AuditAction::PasswordResetRequested;
        let command = self.session_command(Actor::Anonymous, context, action);
        let may_send = self.count_reset_email(email).await?;
        let user = self.store().user_by_email(email).await?;
        self.with_retries(&|| async {
            let mut work = command.begin();
            // Whoever sends the letter makes the link then: nothing that opens
            // an account lies in the database meanwhile. Without a mailer an
            // operator makes it.
            if let Some(user) = user.as_ref().filter(|_| may_send) {
                work.queue_emails([EmailJob::PasswordReset { user: user.id }]);
            }
            work.record(requested_event(user.as_ref()));
            work.commit(()).await
        })
        .await
    }

    /// Makes a reset link for an operator to hand over, where no mailer does.
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
            let done = work.commit(()).await?;
            Ok(CommandOutput {
                answer: ResetLink {
                    url,
                    user: user.clone(),
                },
                replayed: done.replayed,
                rehearsal: done.rehearsal,
            })
        })
        .await
    }

    /// Makes the link for a letter that is about to leave. Whoever uses it has
    /// read what came to the address.
    pub(crate) async fn create_mailed_reset_link(
        &self,
        user: Id<User>,
    ) -> Outcome<(String, Timestamp)> {
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            let link = self.create_reset_link(&mut tx, user, true, self.now());
            tx.commit().await?;
            Ok(link)
        })
        .await
    }

    /// The link, and when it stops being good.
    pub(crate) fn create_reset_link(
        &self,
        tx: &mut Tx,
        user: Id<User>,
        mailed: bool,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let token = PlainToken::generate(self.random());
        let expires = now + LINK_LIFETIME;
        tx.insert_password_reset(&token.hashed(), user, mailed, expires, now);
        let web = &self.settings().public_url;
        let url = format!(
            "{web}/auth/reset-password?token={}&tenantId=public",
            token.expose_secret()
        );
        (url, expires)
    }

    /// Sets the password of whoever has the link, ends all their sessions and
    /// makes their other links void.
    ///
    /// # Errors
    /// [`Refusal::ResetTokenInvalid`]; [`Refusal::InvalidField`] for a password
    /// that the policy refuses, and the link stays good.
    pub async fn reset_password(
        &self,
        context: &RequestContext,
        token: &str,
        password: String,
    ) -> Outcome<CommandOutput<()>> {
        self.check_password(&password)?;
        let action = AuditAction::PasswordResetCompleted;
        let command = self.session_command(Actor::Anonymous, context, action);
        let done = self.reset_password_audited(&command, token, password).await;
        command.audit_refusal(done).await
    }

    async fn reset_password_audited(
        &self,
        command: &Command<'_>,
        token: &str,
        password: String,
    ) -> Outcome<CommandOutput<()>> {
        let token = PlainToken::parse(token)
            .ok_or(Refusal::ResetTokenInvalid)?
            .hashed();
        // A look before the expensive part; what counts is taken below.
        let owner = self.store().password_reset_user(&token, self.now()).await?;
        let owner = owner.ok_or(Refusal::ResetTokenInvalid)?;
        let user = self
            .store()
            .user(owner)
            .await?
            .ok_or(Refusal::ResetTokenInvalid)?;
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
        // Before now anybody may have had the account in the name of the address.
        work.tx.delete_api_keys_unless_verified(user.id);
        work.tx.verify_email(user.id, work.now);
    }
    work.tx.set_password(user.id, hash.to_owned(), work.now);
    work.tx.end_sessions_of(user.id);
    work.tx.delete_password_resets_of(user.id);
    // Whoever had guessed at the old password guessed in vain.
    work.tx
        .reset_attempts(account_attempts_subject(&user.email));
    work.record(Event::new(
        AuditAction::PasswordResetCompleted,
        user.id.uuid(),
    ));
    work.commit(()).await
}

fn requested_event(user: Option<&UserRecord>) -> Event {
    Event {
        action: AuditAction::PasswordResetRequested,
        organization: None,
        target: user.map(|user| user.id.uuid()),
        details: json!({ "known": user.is_some() }),
    }
}
