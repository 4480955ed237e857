//! What the tests are made of: databases of their own on both engines, the
//! application over them with a clock that is set by hand, and people.

mod app;
mod client;
mod clock;
mod cluster;
mod contents;
mod databases;
mod freehold;
mod person;
mod raw;

pub use app::{TestApp, tell, tell_to};
pub use client::{Answer, Ask, Client};
pub use clock::TestClock;
pub use databases::{TestDatabase, on_each_database};
pub use freehold::Freehold;
pub use freehold_app::{Engine, Settings};
pub use person::{ApiKey, PASSWORD, Person, form};
pub use raw::Refused;
