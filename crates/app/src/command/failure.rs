//! Why an operation did not happen: the answer is no, or we broke.

use freehold_domain::Refusal;
use freehold_store::StoreError;

/// Why an operation did not happen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The answer is no. Said to the caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// We broke. The caller learns a reference, nothing more.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What is our fault, or our database's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The answer to `COMMIT` was lost: it was kept, or it was not. Asking
    /// again with the same idempotency key tells.
    #[error("whether it happened is unknown")]
    Unknown,
    /// The database cannot be reached right now.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refused something that it never should have to.
    #[error(transparent)]
    Store(StoreError),
    /// A bug, or a machine that fails.
    #[error("{0}")]
    Internal(String),
}

/// Result of an operation.
pub type Outcome<T> = Result<T, Failure>;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OutcomeUnknown(why) => {
                tracing::error!(why, "the answer to a commit was lost");
                Fault::Unknown
            }
            StoreError::Unavailable(why) => Fault::Unavailable(why),
            other => Fault::Store(other),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Fault(error.into())
    }
}

impl Failure {
    /// The rule of the schema that would be broken, if this says so.
    pub(crate) fn violated_rule(&self) -> Option<freehold_store::Rule> {
        match self {
            Failure::Fault(Fault::Store(StoreError::RuleViolation(rule))) => Some(*rule),
            _ => None,
        }
    }

    /// Whether this is the schema saying that `rule` would be broken.
    pub(crate) fn violates(&self, rule: freehold_store::Rule) -> bool {
        self.violated_rule() == Some(rule)
    }

    /// Whether running the whole transaction again may help.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Failure::Fault(Fault::Store(error)) if error.is_transient())
    }
}
