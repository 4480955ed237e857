//! What the tests are made of: databases of their own on both engines, the
//! application over them with a clock that is set by hand, and people.

mod client;
mod clock;
mod database;
mod mail_server;
mod server_process;
mod test_app;
mod test_user;

pub use client::{Answer, Ask, Client};
pub use clock::TestClock;
pub use database::{Refused, TestDatabase, on_each_database};
pub use freehold_app::{Engine, Settings};
pub use mail_server::{Line, Mail, Mailbox};
pub use server_process::Freehold;
pub use test_app::{ADMIN_KEY, TestApp, tell, tell_to, tell_with_mail};
pub use test_user::{ApiKey, InviteLink, PASSWORD, Person, Place, form, invite};
