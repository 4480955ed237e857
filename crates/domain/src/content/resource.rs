//! The kinds of content and their slugs.
//!
//! Not here: the initial content of a new project ([`crate::SeedCatalog`]).

use std::fmt;

use serde_json::Value;

/// The kinds of content that a project can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// Test cases: inputs with their correct answers.
    Testset,
    /// A method to evaluate an output.
    Evaluator,
    /// A target of deployments.
    Environment,
}

impl ResourceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Testset, Self::Evaluator, Self::Environment];

    /// The name in databases.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Testset => "testset",
            Self::Evaluator => "evaluator",
            Self::Environment => "environment",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The slug of a content item: unique within its kind and project, and never
/// changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceSlug(String);

/// Why a text is not the slug of a content item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAResourceSlug {
    /// The text does not match [`ResourceSlug::PATTERN`].
    #[error("a slug must consist of the letters a to z and A to Z, digits, `.`, `_` and `-`")]
    Pattern,
    /// The text is longer than [`ResourceSlug::MAX`].
    #[error("a slug must have at most 255 characters")]
    TooLong,
}

impl ResourceSlug {
    /// The pattern as validation errors show it.
    pub const PATTERN: &'static str = "^[a-zA-Z0-9._-]+$";

    /// The maximum length in characters, which are all ASCII.
    pub const MAX: usize = 255;

    /// Parses a slug. The text is not trimmed.
    pub fn parse(text: &str) -> Result<Self, NotAResourceSlug> {
        let is_valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || !text.bytes().all(is_valid) {
            return Err(NotAResourceSlug::Pattern);
        }
        if text.len() > Self::MAX {
            return Err(NotAResourceSlug::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for ResourceSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether no string in the value contains U+0000, which neither database can
/// store. Other control characters are stored as they are.
#[must_use]
pub fn contains_no_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => items.iter().all(contains_no_nul),
        Value::Object(members) => members
            .iter()
            .all(|(key, value)| !key.contains('\0') && contains_no_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_slugs_are_url_safe() {
        let longest = "x".repeat(255);
        for good in ["exact-match", "a", "A.b_C-9", longest.as_str()] {
            assert_eq!(ResourceSlug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "größe", "a/b", "a\n", "\0"] {
            assert_eq!(
                ResourceSlug::parse(bad),
                Err(NotAResourceSlug::Pattern),
                "{bad:?}"
            );
        }
        let long = "x".repeat(256);
        assert_eq!(ResourceSlug::parse(&long), Err(NotAResourceSlug::TooLong));
    }
}
