//! The real program and what can happen to it: killed at any instant or between
//! two statements, stopped in the middle of its work, started twice.

mod failpoints;
mod house;
mod kills;
mod stopping;
mod twins;
