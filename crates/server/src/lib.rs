//! What runs: configuration, command line, start and stop.

pub mod admin_key;
pub mod config;
pub mod say;
pub mod serve;
pub mod telemetry;
