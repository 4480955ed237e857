//! The slug of an organization, its name in URLs and SSO ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// The slug of an organization: 1 to 64 lowercase ASCII letters and hyphens.
/// It is unique, and cannot be changed once it is set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OrganizationSlug(String);

/// Why a text is not the slug of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASlug {
    /// The text does not match [`OrganizationSlug::PATTERN`].
    #[error("A slug must consist of lowercase letters a to z and hyphens.")]
    Pattern,
    /// The text is longer than [`OrganizationSlug::MAX`].
    #[error("A slug must have at most 64 characters.")]
    TooLong,
}

impl OrganizationSlug {
    /// The pattern as validation errors of the reference API show it.
    pub const PATTERN: &'static str = "^[a-z-]+$";

    /// The maximum length in characters, which are all ASCII.
    pub const MAX: usize = 64;

    /// Parses a slug. The text is not trimmed.
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
