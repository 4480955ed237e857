//! What can go wrong with a database.

use super::rule::Rule;

/// Why the database did not do as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The schema refused. Nothing was kept.
    #[error("a rule of the schema was broken: {0:?}")]
    RuleViolation(Rule),
    /// Others were in the way, or the connection was lost before `COMMIT` was
    /// sent. Nothing was kept; the whole transaction may simply be run again.
    #[error("the transaction has to be run again: {0}")]
    Transient(String),
    /// The answer to `COMMIT` was lost. It was kept, or it was not.
    #[error("whether the transaction was kept is unknown: {0}")]
    OutcomeUnknown(String),
    /// The database cannot be reached, or somebody else holds it for too long.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The schema of this database is not one that this program can serve.
    #[error("{0}")]
    Schema(String),
    /// A row that makes no sense to us.
    #[error("column {column} holds something unexpected ({expected})")]
    Row {
        /// Zero-based, in the order of the statement's columns.
        column: usize,
        /// What would have made sense.
        expected: &'static str,
    },
    /// The engine has no such ability.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Anything else: a statement of ours that is wrong, a full disk.
    #[error("{0}")]
    Fault(String),
}

impl StoreError {
    /// Whether running the whole transaction once more may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Transient(_))
    }
}
