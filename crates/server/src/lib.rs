//! The server process: configuration, command line, startup and shutdown.
//!
//! An edition is a `main` that calls [`run`] with its features.

mod admin_api;
mod cli;
pub mod config;
mod edition;
pub mod startup;
mod terminal;

pub use cli::run;
pub use edition::{
    CommandFuture, Edition, Feature, FeatureCommand, FeatureSettings, InvalidSetting,
};
pub use startup::{serve, system};
