//! Code that several commands share.

pub(crate) mod arguments;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod input;
pub(crate) mod run;
pub(crate) mod table;
