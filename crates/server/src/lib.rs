//! The server process: configuration, command line, startup and shutdown.
//!
//! An edition is a `main` that calls [`run`] with its extensions.

mod admin_api;
mod cli;
pub mod config;
pub mod startup;
mod terminal;

pub use cli::run;
pub use startup::{serve, system};
