//! The rules that the schema holds.

mod membership_chain;
pub(crate) mod rules;
