//! The running application: its settings, its background jobs, and its
//! extensions.

mod app;
pub mod extension;
mod jobs;
mod settings;

pub use app::App;
pub use extension::{Extension, Extensions};
pub(crate) use jobs::{BackgroundJobs, UsedKey};
pub use settings::{Settings, SignInLimits};
