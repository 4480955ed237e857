//! What runs: configuration, command line, start and stop.
//!
//! An edition is a `main` that calls [`run`] with what it adds.

pub mod admin_key;
mod api_words;
mod cli;
pub mod config;
pub mod first_start;
mod hex;
pub mod private_file;
mod say;
pub mod serve;
pub mod start;
pub mod system;
mod telemetry;

pub use cli::run;
