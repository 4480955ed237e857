//! Outgoing email: the jobs that commands leave in the outbox, and their
//! delivery beside all requests.

mod compose;
mod delivery;
mod jobs;
mod message;
mod queue;

pub(crate) use delivery::Post;
pub(crate) use jobs::EmailJob;
pub use message::{Content, DeliveryError, EmailMessage, Mailer, Sent};
pub use queue::{EmailJobDetails, EmailJobState};
