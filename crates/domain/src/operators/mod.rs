//! Operators: their keys, the scopes of the keys, their names, and the reasons that they give.
//!
//! Not here: the commands of operators (`app`).

mod key;
mod name;
mod reason;
mod scope;

pub use key::OperatorKeyText;
pub use name::{NotAnOperatorName, OperatorName};
pub use reason::{NotAReason, Reason};
pub use scope::{NotAScope, OperatorScope, OperatorScopes};
