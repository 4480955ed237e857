//! The names of operators.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::is_deceptive;

/// The name of an operator: 1 to 100 visible characters. The audit log records it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OperatorName(String);

/// Why a text is not an operator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOperatorName {
    /// The name is empty or only white space.
    #[error("an operator's name must not be empty")]
    Blank,
    /// The name has more than [`OperatorName::MAX`] characters.
    #[error("an operator's name must have at most 100 characters")]
    TooLong,
    /// The name contains a control character, or one that hides or reorders others.
    #[error("an operator's name must consist of visible characters; this one contains U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// The name would look like another one, or could not be part of a URL.
    #[error("an operator's name must not have two spaces in a row or consist of dots only")]
    Ambiguous,
}

impl OperatorName {
    /// The maximum length in characters.
    pub const MAX: usize = 100;

    /// Parses a name after trimming white space around it.
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

    /// The name without white space around it.
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
