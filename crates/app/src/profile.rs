//! One's own account.

use freehold_domain::{AuditAction, Refusal, Username};
use freehold_store::UserRecord;

use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::command::Event;
use crate::failure::Outcome;

impl App {
    /// Gives the caller another name.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`] when the account went away meanwhile.
    pub async fn rename_user(
        &self,
        caller: &Caller,
        call: &Call,
        username: Username,
    ) -> Outcome<Done<UserRecord>> {
        let command = self.command(caller.actor(), call, AuditAction::UserRenamed);
        command
            .run(
                || async {
                    let mut work = command.begin();
                    let (id, now) = (caller.user.id, work.now);
                    let name = username.as_str().to_owned();
                    if !work.tx.rename_user(id, name.clone(), now).await? {
                        return Err(Refusal::UserNotFound.into());
                    }
                    work.record(Event::on(AuditAction::UserRenamed, id.uuid()));
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
}
