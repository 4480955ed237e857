//! What a named operator is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::is_deceptive;

/// What a named operator is called: 1 to 100 visible characters. The audit trail keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OperatorName(String);

/// Why a text is no operator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOperatorName {
    /// Nothing but blanks.
    #[error("an operator has a name")]
    Blank,
    /// More than [`OperatorName::MAX`] characters.
    #[error("an operator's name has at most 100 characters")]
    TooLong,
    /// A control character, or one that hides or reorders others.
    #[error("an operator's name consists of visible characters; this one has U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// It would look like another, or not fit into an address.
    #[error("an operator's name has no two blanks in a row, and is more than dots")]
    Ambiguous,
}

impl OperatorName {
    /// In characters, not bytes.
    pub const MAX: usize = 100;

    /// Trims first, so blanks around a name neither count nor stay.
    pub fn parse(text: &str) -> Result<Self, NotAnOperatorName> {
        let name = text.trim();
        if name.is_empty() {
            return Err(NotAnOperatorName::Blank);
        }
        let hidden =
            |c: &char| c.is_control() || is_deceptive(*c) || (c.is_whitespace() && *c != ' ');
        if let Some(c) = name.chars().find(hidden) {
            return Err(NotAnOperatorName::Invisible(c));
        }
        if name.contains("  ") || name.chars().all(|c| c == '.') {
            return Err(NotAnOperatorName::Ambiguous);
        }
        if name.chars().count() > Self::MAX {
            return Err(NotAnOperatorName::TooLong);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OperatorName {
    type Err = NotAnOperatorName;

    fn from_str(text: &str) -> Result<Self, NotAnOperatorName> {
        Self::parse(text)
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OperatorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_names_are_visible_and_unambiguous() {
        let read = |text: &str| OperatorName::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(read(" ci: deploy/eu "), Ok("ci: deploy/eu".to_owned()));
        for ambiguous in ["..", "admin  key"] {
            assert_eq!(read(ambiguous), Err(NotAnOperatorName::Ambiguous));
        }
        assert_eq!(
            read("admin\u{a0}key"),
            Err(NotAnOperatorName::Invisible('\u{a0}'))
        );
        assert_eq!(read(&"ä".repeat(100)), Ok("ä".repeat(100)));
        assert_eq!(read(&"ä".repeat(101)), Err(NotAnOperatorName::TooLong));
        assert_eq!(read(" \t"), Err(NotAnOperatorName::Blank));
        assert_eq!(read("a\nb"), Err(NotAnOperatorName::Invisible('\n')));
        assert_eq!(
            read("a\u{202e}b"),
            Err(NotAnOperatorName::Invisible('\u{202e}'))
        );
    }
}
