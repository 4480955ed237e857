//! API keys of the caller in the project of their scope.

use freehold_domain::{ApiKeyText, AuditAction, Id, Permission, Refusal};
use freehold_store::{KeyRecord, Rule};
use serde_json::json;

use crate::access::{Grant, in_project, refusal};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::command::{Command, Event};
use crate::failure::Outcome;

impl App {
    /// The caller's keys, newest first.
    ///
    /// # Errors
    /// A refusal without `view_api_keys`.
    pub async fn list_keys(&self, caller: &Caller) -> Outcome<Vec<KeyRecord>> {
        let grant = in_project(caller, Permission::ViewApiKeys).map_err(refusal)?;
        Ok(self.store().keys_of(grant.project(), grant.user()).await?)
    }

    /// Issues a key. The answer is the only time that it is seen.
    ///
    /// # Errors
    /// A refusal without `edit_api_keys`.
    pub async fn create_key(&self, caller: &Caller, call: &Call) -> Outcome<Done<String>> {
        let command = self.command(caller.actor(), call);
        let grant = self
            .may_edit_keys(&command, caller, AuditAction::ApiKeyCreated)
            .await?;
        let done = loop {
            let done = command.run(|| self.create_key_once(&command, grant)).await;
            match done {
                // Eight characters do collide now and then: draw again.
                Err(failure) if failure.broke(Rule::ApiKeyPrefix) => {}
                done => break done,
            }
        };
        // The membership ended since the credential was looked at.
        done.map_err(|failure| {
            if failure.broke(Rule::Reference) {
                Refusal::Unauthenticated.into()
            } else {
                failure
            }
        })
    }

    async fn create_key_once(&self, command: &Command<'_>, grant: Grant) -> Outcome<Done<String>> {
        let mut work = command.begin();
        let key = ApiKeyText::draw(self.chance());
        let id = Id::draw(self.chance(), work.now);
        let now = work.now;
        work.tx
            .insert_key(id, &key.hashed(), grant.project(), grant.user(), now);
        let details = json!({ "prefix": key.prefix(), "project": grant.project() });
        let event = Event::on(AuditAction::ApiKeyCreated, id.uuid());
        work.record(event.within(grant.organization()).with(details));
        work.commit(key.reveal()).await
    }

    /// Takes a key back; it opens nothing from the next request on.
    ///
    /// # Errors
    /// [`Refusal::ApiKeyNotFound`], also for keys of others; a refusal without
    /// `edit_api_keys`.
    pub async fn delete_key(
        &self,
        caller: &Caller,
        call: &Call,
        prefix: &str,
    ) -> Outcome<Done<()>> {
        let command = self.command(caller.actor(), call);
        let grant = self
            .may_edit_keys(&command, caller, AuditAction::ApiKeyDeleted)
            .await?;
        if !ApiKeyText::is_prefix(prefix) {
            return Err(Refusal::ApiKeyNotFound.into());
        }
        command
            .run(|| async {
                let mut work = command.begin();
                if !work
                    .tx
                    .delete_key(prefix, grant.project(), grant.user())
                    .await?
                {
                    return Err(Refusal::ApiKeyNotFound.into());
                }
                let event = Event::on(AuditAction::ApiKeyDeleted, grant.project().uuid());
                let details = json!({ "prefix": prefix, "project": grant.project() });
                work.record(event.within(grant.organization()).with(details));
                work.commit(()).await
            })
            .await
    }

    async fn may_edit_keys(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        action: AuditAction,
    ) -> Outcome<Grant> {
        match in_project(caller, Permission::EditApiKeys) {
            Ok(grant) => Ok(grant),
            Err(decision) => {
                let organization = caller
                    .scope
                    .as_ref()
                    .map(|scope| scope.record().organization);
                Err(command.refuse(action, organization, None, decision).await)
            }
        }
    }
}
