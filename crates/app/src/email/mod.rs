//! Outgoing email: the jobs that commands leave in the outbox, and their
//! delivery outside of requests.

mod compose;
mod delivery;
mod jobs;
mod message;
mod undelivered;

pub(crate) use jobs::EmailJob;
pub use message::{DeliveryError, EmailMessage, EmailTemplate, Mailer, SendFuture};
pub use undelivered::{EmailJobDetails, EmailJobState};
