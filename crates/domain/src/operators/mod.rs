//! Operators: the scopes of their keys, the keys, and the reasons that they give.
//!
//! Not here: what operators may do with accounts (`app`).

mod key;
mod reason;
mod scope;

pub use key::{NotAnOperatorName, OperatorKeyText, OperatorName};
pub use reason::{NotAReason, Reason};
pub use scope::{NotAScope, OperatorScope, OperatorScopes};
