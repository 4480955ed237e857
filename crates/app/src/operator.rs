//! Operators: who asks for other people's accounts, and how they prove it.
//!
//! The shared admin key and the server's own command line may do everything; a
//! named key has scopes. What operators do is in `provisioning`, `removing`
//! and `directory`.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use freehold_domain::{
    AuditAction, Decision, Id, OperatorKey, OperatorScope, OperatorScopes, Refusal, Trace,
};
use subtle::ConstantTimeEq as _;

use crate::app::App;
use crate::call::{Actor, Call};
use crate::failure::Outcome;

/// What operators are called who show the shared admin key.
const SHARED: &str = "admin key";

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
    pub fn at_the_server(name: &str) -> Self {
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
    pub(crate) fn may(&self, scope: OperatorScope) -> Decision {
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

    fn is(&self, shown: &str) -> bool {
        self.0.ct_eq(&Self::of(shown).0).into()
    }
}

impl App {
    /// Who shows `credential`, what came behind `Access`, for something of
    /// `scope`. Nothing else is looked at before.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`]; [`Refusal::ScopeMissing`], which is kept
    /// in the audit trail.
    pub async fn operator(
        &self,
        call: &Call,
        credential: &str,
        scope: OperatorScope,
    ) -> Outcome<Operator> {
        let shared = &self.settings().admin_key;
        let operator = if shared.as_ref().is_some_and(|key| key.is(credential)) {
            Operator::at_the_server(SHARED)
        } else {
            return Err(Refusal::Unauthenticated.into());
        };
        self.permit(call, &operator, scope).await?;
        Ok(operator)
    }

    /// Whether `operator` may do something of `scope`.
    ///
    /// # Errors
    /// [`Refusal::ScopeMissing`], which is kept in the audit trail.
    pub async fn permit(
        &self,
        call: &Call,
        operator: &Operator,
        scope: OperatorScope,
    ) -> Outcome<()> {
        let decision = operator.may(scope);
        if decision.refusal.is_none() {
            return Ok(());
        }
        let command = self.command(operator.actor(), call, AuditAction::OperatorRefused);
        let refused = Err(command.refuse(None, None, decision));
        command.keep_refusal(refused).await
    }
}
