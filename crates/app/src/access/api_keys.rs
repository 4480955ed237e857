//! The caller's API keys in the project of their scope.

use freehold_domain::{ApiKeyText, AuditAction, Id, Permission, Refusal};
use freehold_store::{ApiKeyRecord, ApiKeyRow, Rule};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Caller, Grant, check_project_permission, into_refusal};
use crate::command::{
    Command, CommandOutput, Event, Fault, Outcome, RequestContext, sealed_secret,
};
use crate::runtime::App;

/// A new API key, which is shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CreatedApiKey {
    /// The whole key.
    #[serde(with = "sealed_secret")]
    pub key: SecretString,
}

/// The maximum number of keys that are generated for one request; another one
/// is generated if the prefix is taken.
pub(crate) const MAX_KEY_ATTEMPTS: u32 = 5;

/// The fault of a request whose every generated key had a taken prefix.
pub(crate) fn no_free_prefix() -> Fault {
    Fault::Internal(format!(
        "the prefixes of {MAX_KEY_ATTEMPTS} generated keys are all taken"
    ))
}

impl App {
    /// Returns the caller's keys, the newest first.
    ///
    /// # Errors
    /// A refusal without `view_api_keys`.
    pub async fn list_api_keys(&self, caller: &Caller) -> Outcome<Vec<ApiKeyRecord>> {
        let grant =
            check_project_permission(caller, Permission::ViewApiKeys).map_err(into_refusal)?;
        Ok(self
            .store()
            .api_keys_of(grant.project(), grant.user())
            .await?)
    }

    /// Creates a key. Only the output contains its text.
    ///
    /// # Errors
    /// A refusal without `edit_api_keys`.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        context: &RequestContext,
    ) -> Outcome<CommandOutput<CreatedApiKey>> {
        let command = api_key_command(self, caller, context, AuditAction::ApiKeyCreated);
        // The membership ended after the request was authenticated.
        let refusal_of_rule = |rule| (rule == Rule::ForeignKey).then_some(Refusal::Unauthenticated);
        for _ in 0..MAX_KEY_ATTEMPTS {
            let attempt = || self.create_api_key_once(&command, caller);
            match command.run(attempt, refusal_of_rule).await {
                // Two prefixes of eight characters may be equal.
                Err(failure) if failure.violates(Rule::ApiKeyPrefix) => {}
                result => return result,
            }
        }
        Err(no_free_prefix().into())
    }

    async fn create_api_key_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
    ) -> Outcome<CommandOutput<CreatedApiKey>> {
        let grant = check_edit_api_keys(command, caller)?;
        let mut work = command.begin();
        let key = ApiKeyText::generate(self.random());
        let id = Id::generate(self.random(), work.now);
        work.tx.insert_api_keys(vec![ApiKeyRow {
            id,
            prefix: key.prefix().to_owned(),
            hashed: key.hashed(),
            project: grant.project(),
            owner: grant.user(),
            name: None,
            expires_at: None,
            now: work.now,
        }]);
        let details = json!({ "prefix": key.prefix(), "project": grant.project() });
        let event = Event::new(AuditAction::ApiKeyCreated, id.uuid());
        work.record(
            event
                .in_organization(grant.organization())
                .with_details(details),
        );
        let key = key.expose_secret().into();
        work.commit(CreatedApiKey { key }).await
    }

    /// Deletes a key. The next request with it is refused.
    ///
    /// # Errors
    /// [`Refusal::ApiKeyNotFound`], also for keys of others; a refusal without
    /// `edit_api_keys`.
    pub async fn delete_api_key(
        &self,
        caller: &Caller,
        context: &RequestContext,
        prefix: &str,
    ) -> Outcome<CommandOutput<()>> {
        let command = api_key_command(self, caller, context, AuditAction::ApiKeyDeleted);
        command
            .run(|| delete_api_key_once(&command, caller, prefix), |_| None)
            .await
    }
}

async fn delete_api_key_once(
    command: &Command<'_>,
    caller: &Caller,
    prefix: &str,
) -> Outcome<CommandOutput<()>> {
    let grant = check_edit_api_keys(command, caller)?;
    let mut work = command.begin();
    let (project, user) = (grant.project(), grant.user());
    // A text that cannot be a prefix is not looked up.
    if !ApiKeyText::is_prefix(prefix) || !work.tx.delete_api_key(prefix, project, user).await? {
        return Err(Refusal::ApiKeyNotFound.into());
    }
    let event = Event::new(AuditAction::ApiKeyDeleted, project.uuid());
    let details = json!({ "prefix": prefix, "project": project });
    work.record(
        event
            .in_organization(grant.organization())
            .with_details(details),
    );
    work.commit(()).await
}

/// Returns a command in the project of the keys.
fn api_key_command<'a>(
    app: &'a App,
    caller: &Caller,
    context: &'a RequestContext,
    action: AuditAction,
) -> Command<'a> {
    let command = app.command(caller.actor(), context, action);
    match &caller.scope {
        Some(scope) => command.in_project(scope.record().project),
        None => command,
    }
}

fn check_edit_api_keys(command: &Command<'_>, caller: &Caller) -> Outcome<Grant> {
    check_project_permission(caller, Permission::EditApiKeys).map_err(|decision| {
        let organization = caller
            .scope
            .as_ref()
            .map(|scope| scope.record().organization);
        command.refuse(organization, None, decision)
    })
}
