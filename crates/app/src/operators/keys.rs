//! The keys of named operators: creating, listing and revoking them.
//!
//! An operator cannot create or revoke a key with more scopes than their own.
//! Authenticating by a key is in `authenticate`.

use freehold_domain::{
    AuditAction, Decision, EntityKind, Id, OperatorKeyText, OperatorName, OperatorScope,
    OperatorScopes, Refusal, Timestamp, Trace,
};
use freehold_store::{OperatorKeyRecord, Rule};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Operator, is_reserved_operator_name};
use crate::access::{MAX_KEY_ATTEMPTS, no_free_prefix};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, sealed_secret};
use crate::runtime::App;

/// A request to create an operator key.
#[derive(Clone, Debug)]
pub struct NewOperatorKey {
    /// The operator's name; no other key that is not revoked has it.
    pub name: OperatorName,
    /// The scopes of the key.
    pub scopes: OperatorScopes,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedOperatorKey {
    /// The key without its secret.
    pub record: OperatorKeyRecord,
    /// The secret text; it is returned only once.
    #[serde(with = "sealed_secret")]
    pub key: SecretString,
}

impl App {
    /// All keys: those in use by name, then the revoked ones.
    ///
    /// # Errors
    /// Only database errors.
    pub async fn operator_keys(
        &self,
        operator: &Operator,
        context: &RequestContext,
    ) -> Outcome<Vec<OperatorKeyRecord>> {
        self.record_operator_read(operator, context, json!({ "read": "operators" }))
            .await?;
        Ok(self.store().operator_keys().await?)
    }

    /// Creates a key. Its secret is returned only here.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a reserved name, no scopes or a past
    /// expiry; [`Refusal::ScopeMissing`] for a scope that `operator` lacks;
    /// [`Refusal::AccountsConflict`] for a name that is taken.
    pub async fn create_operator_key(
        &self,
        operator: &Operator,
        context: &RequestContext,
        new: &NewOperatorKey,
    ) -> Outcome<CommandOutput<CreatedOperatorKey>> {
        let command = self.command(operator.actor(), context, AuditAction::OperatorKeyCreated);
        for _ in 0..MAX_KEY_ATTEMPTS {
            let attempt = || self.create_operator_key_once(&command, operator, new);
            match command.run(attempt, name_taken).await {
                // Two keys can have the same prefix of eight characters:
                // generate another one.
                Err(failure) if failure.violates(Rule::OperatorKeyPrefix) => {}
                result => return result,
            }
        }
        Err(no_free_prefix().into())
    }

    async fn create_operator_key_once(
        &self,
        command: &Command<'_>,
        operator: &Operator,
        new: &NewOperatorKey,
    ) -> Outcome<CommandOutput<CreatedOperatorKey>> {
        check_has_scopes(command, operator, new.scopes)?;
        check_new_key(new, self.now())?;
        let mut work = command.begin();
        let key = OperatorKeyText::generate(self.random());
        let record = OperatorKeyRecord {
            id: Id::generate(self.random(), work.now),
            name: new.name.as_str().to_owned(),
            prefix: key.prefix(),
            scopes: new.scopes,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: work.now,
            created_by: operator.name.clone(),
        };
        work.tx.insert_operator_key(&record, &key.hashed());
        work.record(event(AuditAction::OperatorKeyCreated, &record));
        let key = key.expose_secret().into();
        work.commit(CreatedOperatorKey { record, key }).await
    }

    /// Revokes the key with this name; it stops working with the next request.
    /// What its operator created remains.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`]; [`Refusal::ScopeMissing`] for a key with a
    /// scope that `operator` lacks.
    pub async fn revoke_operator_key(
        &self,
        operator: &Operator,
        context: &RequestContext,
        name: &str,
    ) -> Outcome<CommandOutput<OperatorKeyRecord>> {
        let command = self.command(operator.actor(), context, AuditAction::OperatorKeyRevoked);
        command
            .run(
                || revoke_operator_key_once(&command, operator, name),
                |_| None,
            )
            .await
    }
}

async fn revoke_operator_key_once(
    command: &Command<'_>,
    operator: &Operator,
    name: &str,
) -> Outcome<CommandOutput<OperatorKeyRecord>> {
    let not_found = || Refusal::EntityNotFound {
        kind: EntityKind::Operator,
        named: name.to_owned(),
    };
    // A text that is not a valid name is not looked up.
    let name = OperatorName::parse(name).map_err(|_| not_found())?;
    let mut work = command.begin();
    let revoked = work
        .tx
        .revoke_operator_key(name.as_str(), work.now)
        .await?
        .ok_or_else(not_found)?;
    // A refusal rolls the revocation back.
    check_has_scopes(command, operator, revoked.scopes)?;
    work.record(event(AuditAction::OperatorKeyRevoked, &revoked));
    work.commit(revoked).await
}

/// Checks that `operator` has all of `scopes`.
fn check_has_scopes(
    command: &Command<'_>,
    operator: &Operator,
    scopes: OperatorScopes,
) -> Outcome<()> {
    let missing_scope = scopes
        .iter()
        .find(|scope| !operator.scopes.contains(*scope));
    let mut trace = Trace::new();
    let input = missing_scope.map_or("all", OperatorScope::as_str);
    trace.step("scopes_within_own", input, missing_scope.is_none());
    match missing_scope {
        None => Ok(()),
        Some(scope) => {
            let decision = Decision::refused(Refusal::ScopeMissing(scope), trace);
            Err(command.refuse(None, None, decision))
        }
    }
}

fn check_new_key(new: &NewOperatorKey, now: Timestamp) -> Result<(), Refusal> {
    let invalid_field = |field: &str, problem: &str| Refusal::InvalidField {
        location: "body",
        field: field.to_owned(),
        problem: problem.to_owned(),
    };
    if is_reserved_operator_name(new.name.as_str()) {
        return Err(invalid_field(
            "name",
            "this name is reserved for the server",
        ));
    }
    if new.scopes.is_empty() {
        return Err(invalid_field("scopes", "a key has at least one scope"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid_field("expires_at", "has to be in the future"));
    }
    Ok(())
}

fn name_taken(rule: Rule) -> Option<Refusal> {
    let message = "An operator key with this name is in use: revoke it, or choose another name.";
    (rule == Rule::OperatorKeyName).then(|| Refusal::AccountsConflict(message.to_owned()))
}

fn event(action: AuditAction, key: &OperatorKeyRecord) -> Event {
    Event::new(action, key.id.uuid()).with_details(json!({
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": key.expires_at.map(Timestamp::iso_z),
    }))
}
