//! The real program and what can happen to it: a power cut at any instant or
//! between two statements, a stop in the middle of its work, a twin.

mod failpoints;
mod house;
mod kills;
mod stopping;
mod twins;
