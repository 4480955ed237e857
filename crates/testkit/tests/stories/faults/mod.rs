//! The real program and what can happen to it: killed at any instant or between
//! two statements, stopped in the middle of its work, started twice.

mod failpoints;
mod first_start;
pub(crate) mod house;
mod kills;
mod operators;
mod stopping;
mod twins;
