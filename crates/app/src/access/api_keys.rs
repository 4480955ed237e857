//! API keys of the caller in the project of their scope.

use freehold_domain::{ApiKeyText, AuditAction, Id, Permission, Refusal};
use freehold_store::{ApiKeyRecord, Rule};
use serde_json::json;

use super::{Caller, Grant, in_project, refusal};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::runtime::App;

impl App {
    /// The caller's keys, newest first.
    ///
    /// # Errors
    /// A refusal without `view_api_keys`.
    pub async fn list_keys(&self, caller: &Caller) -> Outcome<Vec<ApiKeyRecord>> {
        let grant = in_project(caller, Permission::ViewApiKeys).map_err(refusal)?;
        Ok(self
            .store()
            .api_keys_of(grant.project(), grant.user())
            .await?)
    }

    /// Issues a key. The answer is the only time that it is seen.
    ///
    /// # Errors
    /// A refusal without `edit_api_keys`.
    pub async fn create_key(
        &self,
        caller: &Caller,
        call: &RequestContext,
    ) -> Outcome<CommandOutput<String>> {
        let command = keys_command(self, caller, call, AuditAction::ApiKeyCreated);
        // The membership ended since the credential was looked at.
        let meaning = |rule| (rule == Rule::ForeignKey).then_some(Refusal::Unauthenticated);
        loop {
            let attempt = || self.create_key_once(&command, caller);
            match command.run(attempt, meaning).await {
                // Eight characters do collide now and then: draw again.
                Err(failure) if failure.broke(Rule::ApiKeyPrefix) => {}
                done => return done,
            }
        }
    }

    async fn create_key_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
    ) -> Outcome<CommandOutput<String>> {
        let grant = may_edit_keys(command, caller)?;
        let mut work = command.begin();
        let key = ApiKeyText::draw(self.chance());
        let id = Id::draw(self.chance(), work.now);
        let now = work.now;
        work.tx
            .insert_api_key(id, &key.hashed(), grant.project(), grant.user(), now);
        let details = json!({ "prefix": key.prefix(), "project": grant.project() });
        let event = Event::on(AuditAction::ApiKeyCreated, id.uuid());
        work.record(event.within(grant.organization()).with(details));
        work.commit(key.expose_secret()).await
    }

    /// Takes a key back; it opens nothing from the next request on.
    ///
    /// # Errors
    /// [`Refusal::ApiKeyNotFound`], also for keys of others; a refusal without
    /// `edit_api_keys`.
    pub async fn delete_key(
        &self,
        caller: &Caller,
        call: &RequestContext,
        prefix: &str,
    ) -> Outcome<CommandOutput<()>> {
        let command = keys_command(self, caller, call, AuditAction::ApiKeyDeleted);
        command
            .run(|| delete_key_once(&command, caller, prefix), |_| None)
            .await
    }
}

async fn delete_key_once(
    command: &Command<'_>,
    caller: &Caller,
    prefix: &str,
) -> Outcome<CommandOutput<()>> {
    let grant = may_edit_keys(command, caller)?;
    let mut work = command.begin();
    let (project, user) = (grant.project(), grant.user());
    // What cannot be a prefix is not shown to the database.
    if !ApiKeyText::is_prefix(prefix) || !work.tx.delete_api_key(prefix, project, user).await? {
        return Err(Refusal::ApiKeyNotFound.into());
    }
    let event = Event::on(AuditAction::ApiKeyDeleted, project.uuid());
    let details = json!({ "prefix": prefix, "project": project });
    work.record(event.within(grant.organization()).with(details));
    work.commit(()).await
}

/// A command about keys belongs to the project that the keys are for.
fn keys_command<'a>(
    app: &'a App,
    caller: &Caller,
    call: &'a RequestContext,
    action: AuditAction,
) -> Command<'a> {
    let command = app.command(caller.actor(), call, action);
    match &caller.scope {
        Some(scope) => command.within(scope.record().project),
        None => command,
    }
}

fn may_edit_keys(command: &Command<'_>, caller: &Caller) -> Outcome<Grant> {
    in_project(caller, Permission::EditApiKeys).map_err(|decision| {
        let organization = caller
            .scope
            .as_ref()
            .map(|scope| scope.record().organization);
        command.refuse(organization, None, decision)
    })
}
