//! The running application: its settings and its extensions.

mod app;
pub mod extension;
mod settings;

pub use app::App;
pub use extension::{Extension, Extensions};
pub use settings::{Settings, SignInLimits};
