//! Changes to a user's profile, by the user or by an operator.

use freehold_domain::{AuditAction, Email, Refusal, Username};
use freehold_store::UserRecord;

use crate::access::Caller;
use crate::command::{CommandOutput, Event, Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

impl App {
    /// Renames the caller.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`] if the user was deleted in the meantime.
    pub async fn rename_user(
        &self,
        caller: &Caller,
        context: &RequestContext,
        username: Username,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let command = self.command(caller.actor(), context, AuditAction::UserRenamed);
        command
            .run(
                || async {
                    let mut work = command.begin();
                    let (id, now) = (caller.user.id, work.now);
                    let name = username.as_str().to_owned();
                    if !work.tx.rename_user(id, name.clone(), now).await? {
                        return Err(Refusal::UserNotFound.into());
                    }
                    work.record(Event::new(AuditAction::UserRenamed, id.uuid()));
                    let user = caller.user.clone();
                    work.commit(UserRecord {
                        username: Some(name),
                        updated_at: Some(now),
                        ..user
                    })
                    .await
                },
                |_| None,
            )
            .await
    }

    /// Marks an email address as verified, by an operator. Does nothing if it is
    /// verified already.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`].
    pub async fn mark_email_verified(
        &self,
        operator: &str,
        context: &RequestContext,
        email: &Email,
    ) -> Outcome<CommandOutput<UserRecord>> {
        let actor = Operator::local(operator).actor();
        let command = self.command(actor, context, AuditAction::UserEmailVerified);
        let attempt = || async {
            let user = self.store().user_by_email(email).await?;
            let user = user.ok_or(Refusal::UserNotFound)?;
            let mut work = command.begin();
            if work.tx.mark_email_verified(user.id, work.now).await? {
                work.record(Event::new(AuditAction::UserEmailVerified, user.id.uuid()));
            }
            work.commit(user).await
        };
        command.run(attempt, |_| None).await
    }
}
