//! Startup and shutdown: opens the database, migrates it, starts the application,
//! listens, and closes everything in the reverse order.
//!
//! Nothing slow runs before the server listens: with an existing database, startup
//! takes milliseconds.

pub mod admin_key;
mod app;
pub mod bootstrap;
mod error;
pub(crate) mod logging;
pub mod private_file;
mod run;
pub mod serve;
mod store;
pub mod system;

pub use app::{build_api, open_app};
pub use error::StartupError;
pub use run::run_server;
pub use store::{MissingDatabase, check_schema_is_current, migrate_or_check, open_store};
