//! Operators: who asks for other people's accounts, and how they prove it.
//!
//! The shared admin key and the server's own command line may do everything; a
//! named key has scopes (`keys` makes them). What operators do is in
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

use crate::command::{Actor, Outcome, RequestContext};
use crate::runtime::{App, UsedKey};

/// What operators are called who show the shared admin key.
const SHARED_KEY_NAME: &str = "admin key";
/// What the server calls itself when it starts for the first time.
pub(crate) const BOOTSTRAP: &str = "bootstrap";
/// How the names of operators begin who show nothing: they sit at the server.
const LOCAL_NAME_PREFIXES: [&str; 2] = ["command line", BOOTSTRAP];

/// Whether no key may have this name, because the audit trail means somebody
/// else by it.
pub(crate) fn is_reserved_operator_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name == SHARED_KEY_NAME
        || LOCAL_NAME_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Somebody who runs this server, or a program of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// As the audit trail calls them.
    pub name: String,
    /// Their own key, if they came with one.
    pub key: Option<Id<OperatorKey>>,
    /// What they may do.
    pub scopes: OperatorScopes,
}

impl Operator {
    /// Somebody at the server's own command line: whoever can read the
    /// database may do everything.
    #[must_use]
    pub fn local(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            key: None,
            scopes: OperatorScopes::all(),
        }
    }

    /// The same, as whoever asks for something.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Operator(self.clone())
    }

    /// Whether they may do something of `scope`.
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

/// The shared admin key, as a hash: comparing takes as long whatever is shown.
#[derive(Clone)]
pub struct AdminKey([u8; 32]);

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey(..)")
    }
}

impl AdminKey {
    /// Of its text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }

    fn matches(&self, presented: &str) -> bool {
        self.0.ct_eq(&Self::of(presented).0).into()
    }
}

impl App {
    /// Who shows `credential`, what came behind `Access`, for something of
    /// `scope`. Nothing else is looked at before.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`]; [`Refusal::ScopeMissing`], which is kept
    /// in the audit trail.
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

    /// Who shows `credential`, whatever they may do: the shared key, or one
    /// indexed read. Nothing is cached, so a revoked key is dead at once.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`].
    pub async fn authenticate_operator(&self, credential: &str) -> Outcome<Operator> {
        let shared = &self.settings().admin_key;
        if shared.as_ref().is_some_and(|key| key.matches(credential)) {
            return Ok(Operator::local(SHARED_KEY_NAME));
        }
        let key = OperatorKeyText::parse(credential).ok_or(Refusal::Unauthenticated)?;
        let known = self.store().operator_key(&key.prefix()).await?;
        let OperatorKeyCredential { hashed, record } = known.ok_or(Refusal::Unauthenticated)?;
        let now = self.now();
        let is_inactive =
            record.revoked_at.is_some() || record.expires_at.is_some_and(|end| end <= now);
        if is_inactive || !key.matches(&hashed) {
            return Err(Refusal::Unauthenticated.into());
        }
        let used = UsedKey::Operator(record.id);
        self.jobs().record_use(used, record.last_used_at, now);
        Ok(Operator {
            name: record.name,
            key: Some(record.id),
            scopes: record.scopes,
        })
    }

    /// Notes that `operator` looks at something, before they see it. `what` says
    /// what was asked, not what was found.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn record_operator_read(
        &self,
        operator: &Operator,
        context: &RequestContext,
        what: Value,
    ) -> Outcome<()> {
        let command = self.command(operator.actor(), context, AuditAction::OperatorRead);
        command.record_read(what).await
    }

    /// Notes that `operator` was refused something before it could be tried:
    /// `code` says why, and `what` was asked. Rehearsals leave nothing.
    ///
    /// # Errors
    /// Only those of the database.
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

    /// Whether `operator` may do something of `scope`.
    ///
    /// # Errors
    /// [`Refusal::ScopeMissing`], which is kept in the audit trail.
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
