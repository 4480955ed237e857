//! The test kit: databases on both engines, the application over them with a
//! clock that is set by hand, and users.

mod client;
mod clock;
mod database;
mod mail_server;
mod server_process;
mod test_app;
mod test_user;

pub use client::{Client, PendingRequest, Response};
pub use clock::TestClock;
pub use database::{SqlError, TestDatabase, on_each_database};
pub use freehold_app::{Engine, Settings};
pub use mail_server::{ConnectionSecurity, MailServer, ReceivedEmail};
pub use server_process::ServerProcess;
pub use test_app::{ADMIN_KEY, TestApp, run_on_engine, run_scenario, run_scenario_with_mail};
pub use test_user::{
    ApiKey, InvitationLink, PASSWORD, TestScope, TestUser, credentials_form, post_invitation,
};
