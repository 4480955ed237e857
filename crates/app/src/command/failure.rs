//! Why an operation failed: a refusal or a fault.

use freehold_domain::Refusal;
use freehold_store::StoreError;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// A business rule refused it. The caller sees the refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server or its database failed. The caller sees the request id only.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A failure of the server or its database.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The connection was lost during `COMMIT`, so the outcome is unknown. The
    /// caller repeats the request with the same idempotency key.
    #[error("whether it happened is unknown")]
    Unknown,
    /// The database cannot be reached.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A database error that is a bug or a broken schema.
    #[error(transparent)]
    Store(StoreError),
    /// A bug, or a failure of the machine.
    #[error("{0}")]
    Internal(String),
}

/// The result of an operation.
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
    /// Returns the rule of the schema that was violated, if any.
    pub(crate) fn violated_rule(&self) -> Option<freehold_store::Rule> {
        match self {
            Failure::Fault(Fault::Store(StoreError::RuleViolation(rule))) => Some(*rule),
            _ => None,
        }
    }

    /// Returns whether `rule` was violated.
    pub(crate) fn violates(&self, rule: freehold_store::Rule) -> bool {
        self.violated_rule() == Some(rule)
    }

    /// Returns whether the transaction may succeed if it is run again.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Failure::Fault(Fault::Store(error)) if error.is_transient())
    }
}
