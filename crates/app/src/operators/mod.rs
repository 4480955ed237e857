//! What operators do: creating, looking up, transferring and deleting accounts.

mod authenticate;
pub(crate) mod deprovisioning;
pub(crate) mod directory;
mod explain;
pub(crate) mod imports;
mod keys;
mod passwords;
pub mod provisioning;
mod transfer;

pub use authenticate::{AdminKey, Operator};
pub(crate) use authenticate::{BOOTSTRAP, is_reserved_operator_name};
pub use explain::{ExplainRequest, ExplainedAction, Explanation};
pub use keys::{CreatedOperatorKey, NewOperatorKey};
pub use passwords::NewPassword;
pub use transfer::{TransferReport, TransferRequest};
