//! What runs: configuration, command line, start and stop.
//!
//! An edition is a `main` that calls [`run`] with what it adds.

mod admin_api;
mod cli;
pub mod config;
pub mod startup;
mod terminal;

pub use cli::run;
pub use startup::{serve, system};
