//! How operators and their programs ask: everything below `/admin`.
//!
//! One file or folder per subject; around them stand who asks (`operator`), what a request says of
//! itself (`command`), and the audit events of what is refused here (`audit`). Answers leave out what
//! is null.

mod audit;
mod command;
mod deprovisioning;
mod directory;
mod explain;
mod fields;
mod operator;
mod operator_keys;
mod passwords;
mod provisioning;
mod transfers;

use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(crate) use command::{CommandOptions, HasCommandOptions, OperatorCommand, OperatorReadContext};
pub use operator::LocalOperator;
pub(crate) use operator::{
    AccountsDelete, AccountsRead, AccountsWrite, AnyOperator, AuditRead, AuthorizedOperator,
    CredentialsWrite, OperatorsWrite,
};
pub use provisioning::{parse_simple_account, rename_simple_account_paths};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(provisioning::routes())
        .merge(operator_keys::routes())
        .merge(directory::routes())
        .merge(explain::routes())
        .merge(deprovisioning::routes())
        .merge(transfers::routes())
        .merge(passwords::routes())
        .layer(from_fn(audit::audit_refusals))
}
