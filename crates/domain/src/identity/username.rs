//! What an account is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::is_deceptive;
use crate::{Email, FreeText};

/// What an account is called: 1 to 100 visible characters, not unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Username(String);

/// Why a text is no username; the text of the error is the contract's where
/// it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUsername {
    /// Nothing but blanks.
    #[error("Username is required.")]
    Blank,
    /// More than [`Username::MAX`] characters.
    #[error("A username has at most 100 characters.")]
    TooLong,
    /// A control character, or one that hides or reorders others.
    #[error("A username consists of visible characters; this one has U+{:04X}.", u32::from(*.0))]
    Invisible(char),
}

impl Username {
    /// In characters, not bytes.
    pub const MAX: usize = 100;

    /// Trims first, so blanks around a name neither count nor stay.
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

    /// The name of an account that has not chosen one. Cannot fail: an
    /// address refuses everything that a name refuses.
    #[must_use]
    pub fn from_local_part(email: &Email) -> Self {
        Self(email.local_part().chars().take(Self::MAX).collect())
    }

    /// The name without blanks around it.
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
    /// A personal organization is called after its owner.
    fn from(name: Username) -> Self {
        Self(name.0)
    }
}
