//! Extractors: the caller, the command, the parameters of the path and the query, and the body.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod client_address;
pub(crate) mod command;
pub(crate) mod paging;
pub(crate) mod path;
pub(crate) mod query;

pub(crate) use caller::{ProjectCaller, RequestCredential, UnscopedCaller};
pub(crate) use command::{Command, ReadContext};
pub(crate) use paging::PageRequest;
pub(crate) use path::PathParams;
pub(crate) use query::QueryParams;
