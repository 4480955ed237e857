//! What a new project starts with, as data: the contract's content, or what
//! an operator's catalogue says.
//!
//! Not here: when it is written (`app`), and where the catalogue stands
//! (`server`).

mod built_in;
mod configured;

use serde_json::{Map, Value};

use super::testset::random_hex_suffix;
use crate::{RandomSource, ResourceKind, ResourceSlug};

pub use configured::NotASeed;

/// Stands in an evaluator's address for where this server's services are.
pub const SERVICES_URL_PLACEHOLDER: &str = "{services_url}";

/// What makes a project come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeedTrigger {
    /// A new organization: its first project.
    Organization,
    /// A further project.
    Project,
}

/// How a seeded item gets its slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedSlug {
    /// The same in every project.
    Fixed(ResourceSlug),
    /// With a hyphen and twelve random hexadecimal digits behind it.
    WithRandomSuffix(ResourceSlug),
}

impl SeedSlug {
    /// The slug for one project.
    #[must_use]
    pub fn generate(&self, random: &dyn RandomSource) -> String {
        match self {
            Self::Fixed(slug) => slug.as_str().to_owned(),
            Self::WithRandomSuffix(stem) => format!("{stem}-{}", random_hex_suffix(random)),
        }
    }
}

/// What a seeded item holds.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedContent {
    /// A testset: the content of its cases, which are stamped for each project.
    Testset(Vec<Map<String, Value>>),
    /// An evaluator. Its `url` may begin with [`SERVICES_URL_PLACEHOLDER`].
    Evaluator(Option<Value>),
    /// An environment.
    Environment(Option<Value>),
}

impl SeedContent {
    /// What kind of item holds this.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        match self {
            Self::Testset(_) => ResourceKind::Testset,
            Self::Evaluator(_) => ResourceKind::Evaluator,
            Self::Environment(_) => ResourceKind::Environment,
        }
    }
}

/// One item that a new project starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedItem {
    /// Unique within its kind and project.
    pub slug: SeedSlug,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    pub description: Option<String>,
    /// Nothing means none set yet.
    pub flags: Option<Value>,
    /// What it holds.
    pub content: SeedContent,
    /// Only then; always, if nothing is said.
    pub when: Option<SeedTrigger>,
}

impl SeedItem {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        self.content.kind()
    }

    /// Whether it belongs into a project that comes to be like this.
    #[must_use]
    pub fn applies_to(&self, trigger: SeedTrigger) -> bool {
        self.when.is_none_or(|when| when == trigger)
    }
}

/// Everything that new projects start with.
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
    /// The most items of one catalogue.
    pub const MAX: usize = 200;

    /// The items, in the order in which they are made.
    #[must_use]
    pub fn items(&self) -> &[SeedItem] {
        &self.items
    }

    /// The items, with the addresses of evaluators below `services_url`.
    #[must_use]
    pub fn settled(&self, services_url: &str) -> Vec<SeedItem> {
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
