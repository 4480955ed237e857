//! Operators, and how they authenticate.
//!
//! The shared admin key and the server's own command line may do everything; a
//! named key has scopes (`keys` creates named keys). What operators do is in
//! `provisioning`, `deprovisioning` and `directory`.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use freehold_domain::{
    AuditAction, Decision, Id, OperatorKey, OperatorKeyText, OperatorScope, OperatorScopes,
    Refusal, Trace,
};
use freehold_store::OperatorKeyCredential;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::command::{Actor, Event, Outcome, RequestContext};
use crate::jobs::UsedKey;
use crate::runtime::App;

/// The operator name of the shared admin key.
const SHARED_KEY_NAME: &str = "admin key";
/// The operator name of the server when it starts for the first time.
pub(crate) const BOOTSTRAP: &str = "bootstrap";
/// How the names of operators without a key begin: they use the server's own
/// command line.
const LOCAL_NAME_PREFIXES: [&str; 2] = ["command line", BOOTSTRAP];

/// Whether no key may have this name, because the audit log uses it for an
/// operator without a named key.
pub(crate) fn is_reserved_operator_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name == SHARED_KEY_NAME
        || LOCAL_NAME_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// An operator of this server: an administrator or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The name in the audit log.
    pub name: String,
    /// The operator's own key, if they authenticated with one.
    pub key: Option<Id<OperatorKey>>,
    /// The scopes of the operator.
    pub scopes: OperatorScopes,
}

impl Operator {
    /// An operator at the server's own command line. They can read the database
    /// anyway, so they have every scope.
    #[must_use]
    pub fn local(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            key: None,
            scopes: OperatorScopes::all(),
        }
    }

    /// The operator as an actor of a command.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Operator(self.clone())
    }

    /// Whether the operator has `scope`.
    pub(crate) fn check_scope(&self, scope: OperatorScope) -> Decision {
        let mut trace = Trace::new();
        if trace.step(
            "operator_scope",
            scope.as_str(),
            self.scopes.contains(scope),
        ) {
            Decision::allowed(trace)
        } else {
            Decision::refused(Refusal::ScopeMissing(scope), trace)
        }
    }
}

/// The shared admin key, as a hash, so that comparing takes constant time.
#[derive(Clone)]
pub struct AdminKey([u8; 32]);

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(..)")
    }
}

impl AdminKey {
    /// The hash of the key's text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }

    fn matches(&self, given: &str) -> bool {
        self.0.ct_eq(&Self::of(given).0).into()
    }
}

impl App {
    /// Authenticates an operator by `credential`, the text after `Access` in
    /// the header, and checks the scope. Nothing else of the request is read
    /// before.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`]; [`Refusal::ScopeMissing`], which is
    /// recorded in the audit log.
    pub async fn authorize_operator(
        &self,
        context: &RequestContext,
        credential: &str,
        scope: OperatorScope,
    ) -> Outcome<Operator> {
        let operator = self.authenticate_operator(credential).await?;
        self.check_operator_scope(context, &operator, scope).await?;
        Ok(operator)
    }

    /// Authenticates an operator by `credential`, without a scope: compares it
    /// with the shared key, or reads one row. Nothing is cached, so a revoked
    /// key stops working at once.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`].
    pub async fn authenticate_operator(&self, credential: &str) -> Outcome<Operator> {
        let shared = &self.settings().admin_key;
        if shared.as_ref().is_some_and(|key| key.matches(credential)) {
            return Ok(Operator::local(SHARED_KEY_NAME));
        }
        let key = OperatorKeyText::parse(credential).ok_or(Refusal::Unauthenticated)?;
        let stored = self.store().operator_key(&key.prefix()).await?;
        let OperatorKeyCredential { hashed, record } = stored.ok_or(Refusal::Unauthenticated)?;
        let now = self.now();
        let is_inactive =
            record.revoked_at.is_some() || record.expires_at.is_some_and(|end| end <= now);
        if is_inactive || !key.matches(&hashed) {
            return Err(Refusal::Unauthenticated.into());
        }
        let used = UsedKey::Operator(record.id);
        self.key_uses().record(used, record.last_used_at, now);
        Ok(Operator {
            name: record.name,
            key: Some(record.id),
            scopes: record.scopes,
        })
    }

    /// Records that `operator` reads something, before the result is returned.
    /// `what` is the query, not the result.
    ///
    /// # Errors
    /// Only database errors.
    pub(crate) async fn record_operator_read(
        &self,
        operator: &Operator,
        context: &RequestContext,
        what: Value,
    ) -> Outcome<()> {
        let command = self.command(operator.actor(), context, AuditAction::OperatorRead);
        let event = Event::new(AuditAction::OperatorRead, None).with_details(what);
        command.record_read(event).await
    }

    /// Records that a request of `operator` was refused before a command began:
    /// `code` is the reason, `what` the request. A dry run records nothing.
    ///
    /// # Errors
    /// Only database errors.
    pub async fn record_operator_refusal(
        &self,
        operator: &Operator,
        context: &RequestContext,
        code: &'static str,
        what: &str,
    ) -> Outcome<()> {
        let command = self.command(operator.actor(), context, AuditAction::OperatorRefused);
        command.record_refusal(code, what).await
    }

    /// Checks that `operator` has `scope`.
    ///
    /// # Errors
    /// [`Refusal::ScopeMissing`], which is recorded in the audit log.
    pub async fn check_operator_scope(
        &self,
        context: &RequestContext,
        operator: &Operator,
        scope: OperatorScope,
    ) -> Outcome<()> {
        let decision = operator.check_scope(scope);
        if decision.refusal.is_none() {
            return Ok(());
        }
        let command = self.command(operator.actor(), context, AuditAction::OperatorRefused);
        let refused = Err(command.refuse(None, None, decision));
        command.audit_refusal(refused).await
    }
}
