//! The keys of named operators: issuing, listing and taking back.
//!
//! Nobody hands out more than they may do themselves, or takes it from others.
//! Recognising a key is in `authenticate`.

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

/// A named operator's key that is to be made.
#[derive(Clone, Debug)]
pub struct NewOperatorKey {
    /// What the operator is called; no other key has this name unless it was
    /// revoked.
    pub name: OperatorName,
    /// What it is good for.
    pub scopes: OperatorScopes,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedOperatorKey {
    /// What there is to know of it.
    pub record: OperatorKeyRecord,
    /// All of it; never seen again.
    #[serde(with = "sealed_secret")]
    pub key: SecretString,
}

impl App {
    /// All keys: those that were not taken back by name, then those that were.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn operator_keys(
        &self,
        operator: &Operator,
        context: &RequestContext,
    ) -> Outcome<Vec<OperatorKeyRecord>> {
        self.record_operator_read(operator, context, json!({ "read": "operators" }))
            .await?;
        Ok(self.store().operator_keys().await?)
    }

    /// Issues a key. The answer is the only time that it is seen.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for what no key can have;
    /// [`Refusal::ScopeMissing`] for more than `operator` may do;
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
                // Two prefixes of eight characters may be equal.
                Err(failure) if failure.violates(Rule::OperatorKeyPrefix) => {}
                done => return done,
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
        is_superset(command, operator, new.scopes)?;
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

    /// Takes the key of this name back; it opens nothing from the next request
    /// on. What its operator made stays.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`]; [`Refusal::ScopeMissing`] for a key that may
    /// do more than `operator`.
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
    // What cannot be a name is not shown to the database.
    let name = OperatorName::parse(name).map_err(|_| not_found())?;
    let mut work = command.begin();
    let revoked = work
        .tx
        .revoke_operator_key(name.as_str(), work.now)
        .await?
        .ok_or_else(not_found)?;
    // Whoever may not is undone with the transaction.
    is_superset(command, operator, revoked.scopes)?;
    work.record(event(AuditAction::OperatorKeyRevoked, &revoked));
    work.commit(revoked).await
}

/// Whether `operator` may do all of `scopes` themselves.
fn is_superset(command: &Command<'_>, operator: &Operator, scopes: OperatorScopes) -> Outcome<()> {
    let missing_scope = scopes
        .iter()
        .find(|scope| !operator.scopes.contains(*scope));
    let mut trace = Trace::new();
    let input = missing_scope.map_or("all of them", OperatorScope::as_str);
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
            "the server calls itself or its own key so",
        ));
    }
    if new.scopes.is_empty() {
        return Err(invalid_field("scopes", "a key has at least one scope"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid_field("expires_at", "a key ends in the future"));
    }
    Ok(())
}

fn name_taken(rule: Rule) -> Option<Refusal> {
    let sentence =
        "An operator key with this name is not revoked: revoke it, or take another name.";
    (rule == Rule::OperatorKeyName).then(|| Refusal::AccountsConflict(sentence.to_owned()))
}

fn event(action: AuditAction, key: &OperatorKeyRecord) -> Event {
    Event::new(action, key.id.uuid()).with_details(json!({
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": key.expires_at.map(Timestamp::iso_z),
    }))
}
