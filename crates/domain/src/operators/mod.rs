//! Operators: the scopes of their keys, the keys, the names of their holders, and the reasons that they give.
//!
//! Not here: what operators may do with accounts (`app`).

mod key;
mod name;
mod reason;
mod scope;

pub use key::OperatorKeyText;
pub use name::{NotAnOperatorName, OperatorName};
pub use reason::{NotAReason, Reason};
pub use scope::{NotAScope, OperatorScope, OperatorScopes};
