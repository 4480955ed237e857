//! The real program and what can happen to it: killed at any instant or between
//! two statements, stopped in the middle of its work, started twice.

mod bootstrap;
mod concurrent_start;
mod failpoints;
mod kills;
mod operators;
mod shutdown;
