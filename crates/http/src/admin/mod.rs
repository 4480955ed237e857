//! The admin API: all endpoints below `/admin`, for operators and their programs.
//!
//! One file or folder per subject. Shared by them: authorization (`operator`), command options
//! (`command`), fields of several bodies (`fields`), and audit events of requests that are refused
//! before they reach `app` (`audit`). Responses omit null properties.

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

use crate::api_routes::ApiRoutes;

pub(crate) use command::{
    CommandOptions, HasCommandOptions, OperatorCommand, OperatorPathCommand, OperatorReadContext,
};
pub use operator::LocalOperator;
pub(crate) use operator::{
    AccountsDelete, AccountsRead, AccountsWrite, AnyOperator, AuditRead, AuthorizedOperator,
    CredentialsWrite, OperatorsWrite, operator_of_any_scope,
};
pub use provisioning::{parse_simple_account, rename_simple_account_paths};

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .merge(provisioning::routes())
        .merge(operator_keys::routes())
        .merge(directory::routes())
        .merge(explain::routes())
        .merge(deprovisioning::routes())
        .merge(transfers::routes())
        .merge(passwords::routes())
        .map_router(|router| router.layer(from_fn(audit::audit_refusals)))
}
