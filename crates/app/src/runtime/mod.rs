//! The running application and its settings.

mod app;
mod settings;

pub use app::App;
pub use settings::{Settings, SignInLimits};
