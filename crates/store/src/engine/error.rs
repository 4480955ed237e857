//! The errors of a database.

use super::rule::Rule;

/// Why a database operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A rule of the schema refused the change. Nothing was committed.
    #[error("a rule of the schema was violated: {0:?}")]
    RuleViolation(Rule),
    /// A conflict with another transaction, or the connection was lost before
    /// `COMMIT` was sent. Nothing was committed; the whole transaction can be
    /// run again.
    #[error("the transaction has to be run again: {0}")]
    Transient(String),
    /// The response to `COMMIT` was lost. The transaction may have been committed.
    #[error("whether the transaction was committed is unknown: {0}")]
    OutcomeUnknown(String),
    /// The database cannot be reached, or another process locks it for too long.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// This program cannot use the schema of the database.
    #[error("{0}")]
    Schema(String),
    /// A column has a value that this program cannot read.
    #[error("column {column} has an unexpected value ({expected} was expected)")]
    Row {
        /// Zero-based, in the order of the statement's columns.
        column: usize,
        /// The type that was expected.
        expected: &'static str,
    },
    /// The engine does not support the operation.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Any other error: an invalid statement, a full disk.
    #[error("{0}")]
    Fault(String),
}

impl StoreError {
    /// Whether it makes sense to run the whole transaction again.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Transient(_))
    }
}
