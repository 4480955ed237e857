//! What projects contain (testsets, evaluators, environments), and what a new project starts with.

mod resource;
mod seed;
mod testset;

pub use resource::{
    EVALUATOR_FLAGS, IS_GUARDED, NotAResourceSlug, ResourceKind, ResourceSlug, evaluator_flags,
    is_guarded, is_storable,
};
pub use seed::{
    NotASeed, SERVICES_URL, SeedCatalog, SeedContent, SeedItem, SeedOccasion, SeedSlug,
};
pub use testset::{TestsetData, TestsetOwner};
