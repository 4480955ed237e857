//! The configuration: one tree of types that is read and checked once, at the
//! start. No code behind it checks a value again.
//!
//! [`settings`] has the names and defaults, [`sources`] the precedence of the
//! sources, [`values`] the syntax of single values, `sections` the rules between
//! them, and `load` puts them together.

mod bootstrap;
mod email;
mod features;
mod load;
mod print;
pub mod problem;
mod reader;
mod roles;
mod sections;
mod seeds;
pub mod settings;
pub mod sources;
pub mod values;

pub use bootstrap::{BootstrapSettings, InitialAccount};
pub use email::EmailSettings;
pub use load::Config;
pub use print::{effective_configuration, settings_table};
pub use problem::{Problem, Problems};
pub use reader::ResolvedSetting;
pub use sections::{
    Access, Database, Log, PostgresConnections, PublicUrls, Sessions, SignInLimits,
};
pub use sources::{ConfigSources, SettingSource};
pub use values::LogFormat;
