//! The display names of users.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::is_deceptive;
use crate::{Email, FreeText};

/// The display name of a user: 1 to 100 visible characters, not unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Username(String);

/// Why a text is not a username. The text for a blank one is the reference
/// API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUsername {
    /// The name is empty or only white space.
    #[error("Username is required.")]
    Blank,
    /// The name has more than [`Username::MAX`] characters.
    #[error("A username must have at most 100 characters.")]
    TooLong,
    /// The name contains a control character, or one that hides or reorders others.
    #[error("A username must consist of visible characters; this one contains U+{:04X}.", u32::from(*.0))]
    Invisible(char),
}

impl Username {
    /// The maximum length in characters.
    pub const MAX: usize = 100;

    /// Parses a name after trimming white space around it.
    pub fn parse(text: &str) -> Result<Self, NotAUsername> {
        let name = text.trim();
        if name.is_empty() {
            return Err(NotAUsername::Blank);
        }
        if let Some(c) = name.chars().find(|c| c.is_control() || is_deceptive(*c)) {
            return Err(NotAUsername::Invisible(c));
        }
        if name.chars().count() > Self::MAX {
            return Err(NotAUsername::TooLong);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name of a user who has not chosen one. Cannot fail, because an
    /// address cannot contain what a name cannot contain.
    #[must_use]
    pub fn from_local_part(email: &Email) -> Self {
        Self(email.local_part().chars().take(Self::MAX).collect())
    }

    /// The name without white space around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Username {
    type Err = NotAUsername;

    fn from_str(text: &str) -> Result<Self, NotAUsername> {
        Self::parse(text)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Username {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl From<Username> for FreeText {
    /// For a personal organization, which has its owner's name.
    fn from(name: Username) -> Self {
        Self(name.0)
    }
}
