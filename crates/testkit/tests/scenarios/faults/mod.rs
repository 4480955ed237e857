//! Faults of the real program: killed at any instant or between two statements,
//! stopped under load, started twice.

mod bootstrap;
mod concurrent_start;
mod failpoints;
mod kills;
mod operators;
mod shutdown;
