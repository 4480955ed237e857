//! The content of projects (testsets, evaluators, environments), and the initial content of new ones.

mod flags;
mod resource;
mod seed;
mod testset;

pub use flags::{EVALUATOR_FLAGS, IS_GUARDED, evaluator_flags, is_guarded};
pub use resource::{NotAResourceSlug, ResourceKind, ResourceSlug, contains_no_nul};
pub use seed::{
    NotASeed, SERVICES_URL_PLACEHOLDER, SeedCatalog, SeedContent, SeedItem, SeedSlug, SeedTrigger,
};
pub use testset::{TestcaseStamp, TestsetData};
