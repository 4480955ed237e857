//! The seed templates of new projects: the reference API's content, or the
//! operator's catalog.
//!
//! Not here: when it is written (`app`), and reading the catalog's file
//! (`server`).

mod built_in;
mod configured;

use serde_json::{Map, Value};

use super::testset::random_hex_suffix;
use crate::{RandomSource, ResourceKind, ResourceSlug};

pub use configured::NotASeed;

/// The placeholder for the URL of the services in an evaluator's URL.
pub const SERVICES_URL_PLACEHOLDER: &str = "{services_url}";

/// How a project is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeedTrigger {
    /// With a new organization, as its first project.
    Organization,
    /// As a further project.
    Project,
}

/// How a seeded item gets its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedSlug {
    /// The slug is the same in every project.
    Fixed(ResourceSlug),
    /// A hyphen and twelve random hexadecimal digits are appended.
    WithRandomSuffix(ResourceSlug),
}

impl SeedSlug {
    /// Returns the slug for one project.
    #[must_use]
    pub fn generate(&self, random: &dyn RandomSource) -> String {
        match self {
            Self::Fixed(slug) => slug.as_str().to_owned(),
            Self::WithRandomSuffix(stem) => format!("{stem}-{}", random_hex_suffix(random)),
        }
    }
}

/// The data of a seeded item.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedContent {
    /// A testset: the data of its test cases.
    Testset(Vec<Map<String, Value>>),
    /// An evaluator. Its `url` may begin with [`SERVICES_URL_PLACEHOLDER`].
    Evaluator(Option<Value>),
    /// An environment.
    Environment(Option<Value>),
}

impl SeedContent {
    /// The kind of item that has this content.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        match self {
            Self::Testset(_) => ResourceKind::Testset,
            Self::Evaluator(_) => ResourceKind::Evaluator,
            Self::Environment(_) => ResourceKind::Environment,
        }
    }
}

/// The template of one item of a new project.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedItem {
    /// Unique within its kind and project.
    pub slug: SeedSlug,
    /// The displayed name.
    pub name: String,
    /// The displayed description.
    pub description: Option<String>,
    /// The flags; `None` if none are set.
    pub flags: Option<Value>,
    /// The data.
    pub content: SeedContent,
    /// Which projects get the item; `None` for every project.
    pub when: Option<SeedTrigger>,
}

impl SeedItem {
    /// The kind of the item.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        self.content.kind()
    }

    /// Whether a project that is created in this way gets the item.
    #[must_use]
    pub fn applies_to(&self, trigger: SeedTrigger) -> bool {
        self.when.is_none_or(|when| when == trigger)
    }
}

/// The initial content of new projects.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedCatalog {
    items: Vec<SeedItem>,
}

impl Default for SeedCatalog {
    fn default() -> Self {
        Self::built_in()
    }
}

impl SeedCatalog {
    /// The maximum number of items in a catalog.
    pub const MAX: usize = 200;

    /// The items, in the order in which they are created.
    #[must_use]
    pub fn items(&self) -> &[SeedItem] {
        &self.items
    }

    /// Returns the items with `services_url` in place of
    /// [`SERVICES_URL_PLACEHOLDER`] in the URLs of evaluators.
    #[must_use]
    pub fn with_services_url(&self, services_url: &str) -> Vec<SeedItem> {
        let services = services_url.trim_end_matches('/');
        let mut items = self.items.clone();
        for item in &mut items {
            if let SeedContent::Evaluator(Some(data)) = &mut item.content
                && let Some(Value::String(url)) = data.get_mut("url")
            {
                *url = url.replace(SERVICES_URL_PLACEHOLDER, services);
            }
        }
        items
    }
}

#[cfg(test)]
mod tests;
