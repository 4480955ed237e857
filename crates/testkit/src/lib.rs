//! What the tests are made of: databases of their own, on both engines.

mod cluster;
mod databases;
mod raw;

pub use databases::{TestDatabase, on_each_database};
pub use raw::Refused;
