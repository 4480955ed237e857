//! The name of an organization in addresses and SSO ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Lowercase ASCII letters and hyphens, at most 64; unique, and never changed
/// once set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OrganizationSlug(String);

/// Why a text is no organization slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASlug {
    /// Empty, or a character outside of the pattern.
    #[error("A slug consists of lowercase letters a to z and hyphens.")]
    Pattern,
    /// Longer than [`OrganizationSlug::MAX`].
    #[error("A slug has at most 64 characters.")]
    TooLong,
}

impl OrganizationSlug {
    /// The rule as the contract's validation errors cite it.
    pub const PATTERN: &'static str = "^[a-z-]+$";

    /// In characters, which are all ASCII.
    pub const MAX: usize = 64;

    /// Takes the text as it is: a slug that had to be trimmed was a mistake.
    pub fn parse(text: &str) -> Result<Self, NotASlug> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            return Err(NotASlug::Pattern);
        }
        if text.len() > Self::MAX {
            return Err(NotASlug::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationSlug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, NotASlug> {
        Self::parse(text)
    }
}

impl fmt::Display for OrganizationSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OrganizationSlug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
