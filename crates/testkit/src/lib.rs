//! What the tests are made of: databases of their own on both engines, the
//! application over them with a clock that is set by hand, and people.

mod app;
mod client;
mod clock;
mod cluster;
mod contents;
mod databases;
mod freehold;
mod mailbox;
mod person;
mod python;
mod raw;

pub use app::{ADMIN_KEY, TestApp, tell, tell_to, tell_with_mail};
pub use client::{Answer, Ask, Client};
pub use clock::TestClock;
pub use databases::{TestDatabase, on_each_database};
pub use freehold::Freehold;
pub use freehold_app::{Engine, Settings};
pub use mailbox::{Line, Mail, Mailbox};
pub use person::{ApiKey, InviteLink, PASSWORD, Person, Place, form, invite};
pub use raw::Refused;
