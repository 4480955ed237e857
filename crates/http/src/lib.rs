//! How programs ask: the HTTP API over `freehold-app`'s verbs.
//!
//! One file per resource holds its requests, views and handlers; around them stand the credential
//! ([`caller`]), the command's circumstances ([`call`]), the answer to everything that goes wrong
//! ([`problem`]) and the session protocol of the browser client ([`session_wire`]). No rule about
//! who may do what lives here, and no SQL.

mod body;
mod in_path;
mod metrics;
mod path;
mod problem;
mod request_id;
mod settings;
mod watch;

pub use path::Normalise;
pub use settings::HttpSettings;
