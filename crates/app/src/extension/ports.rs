//! Questions that the core asks an edition. Where no extension answers, the core goes on.

use freehold_domain::{Id, Organization, Refusal};
use freehold_store::{Store, Tx};

use super::ExtensionFuture;
use crate::command::Outcome;

/// May this organization have more members?
pub trait Quotas: Send + Sync {
    /// Asked inside the transaction that adds `count` members or issues invitations to them,
    /// with the organization locked and before their rows are written. Returns the refusal, or
    /// nothing if they may be added.
    fn may_add_members<'a>(
        &'a self,
        tx: &'a mut Tx,
        organization: Id<Organization>,
        count: u32,
    ) -> ExtensionFuture<'a, Outcome<Option<Refusal>>>;
}

/// May the user with this address enter this organization?
pub trait Admission: Send + Sync {
    /// Asked before a user joins by an invitation or a link. Returns the refusal, or nothing if
    /// they may enter.
    fn may_enter<'a>(
        &'a self,
        store: &'a Store,
        organization: Id<Organization>,
        email: &'a str,
    ) -> ExtensionFuture<'a, Outcome<Option<Refusal>>>;
}

/// Which plans are there?
pub trait Plans: Send + Sync {
    /// The names of the plans that an operator can ask for, in the order in which they are listed.
    fn names(&self) -> Vec<String>;
}
