//! From a configuration to a running house, and back: opens the database,
//! brings it up to date, starts the application, listens, and closes all of it
//! in the opposite order.
//!
//! Nothing slow stands before listening: on an existing database a start takes
//! milliseconds.

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
