//! How operators and their programs ask: everything below `/admin`.
//!
//! One file per subject; around them stand who asks (`by`) and what a request says of itself
//! (`order`). Answers leave out what is null.

mod by;
mod order;

use utoipa_axum::router::OpenApiRouter;

use crate::House;

pub use by::LocalOperator;
pub(crate) use by::{
    AccountsDelete, AccountsRead, AccountsWrite, AuditRead, By, CredentialsWrite, OperatorsWrite,
};
pub(crate) use order::{AboutItself, Looking, Order, Sayings};

pub(crate) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
}
