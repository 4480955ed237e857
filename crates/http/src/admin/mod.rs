//! How operators and their programs ask: everything below `/admin`.
//!
//! One file per subject; around them stand who asks (`by`) and what a request says of itself
//! (`order`). Answers leave out what is null.

mod accounts_read;
mod by;
mod credentials;
mod deletes;
mod deletes_views;
mod entities;
mod events;
mod explain;
mod graph;
mod making;
mod memberships;
mod operators;
mod order;
mod outbox;
mod parts;
mod passwords;
mod search;
mod simple;
mod trail;
mod transfers;
mod views;
mod withdrawals;

use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;

use crate::House;

pub use by::LocalOperator;
pub(crate) use by::{
    AccountsDelete, AccountsRead, AccountsWrite, AuditRead, By, ByAny, CredentialsWrite,
    OperatorsWrite,
};
pub(crate) use order::{AboutItself, Looking, Order, Sayings};
pub use simple::{simple_account, simple_account_words};

pub(crate) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .merge(graph::routes())
        .merge(simple::routes())
        .merge(entities::routes())
        .merge(memberships::routes())
        .merge(credentials::routes())
        .merge(operators::routes())
        .merge(search::routes())
        .merge(accounts_read::routes())
        .merge(events::routes())
        .merge(outbox::routes())
        .merge(explain::routes())
        .merge(deletes::routes())
        .merge(withdrawals::routes())
        .merge(transfers::routes())
        .merge(passwords::routes())
        .layer(from_fn(trail::keep))
}
