//! The credential of a named operator: what it is called, and what it looks like.
//!
//! Not here: what it is good for ([`crate::OperatorScopes`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::is_deceptive;
use crate::{ApiKeyText, Chance, HashedApiKey};

/// Tells these keys from those of people, also to programs that look for secrets where none
/// should be.
const MARK: &str = "fho_";

/// An operator's key as its holder sees it: `fho_`, and then the form of a person's key.
#[derive(Clone)]
pub struct OperatorKeyText(ApiKeyText);

impl OperatorKeyText {
    /// A new one.
    #[must_use]
    pub fn draw(chance: &dyn Chance) -> Self {
        Self(ApiKeyText::draw(chance))
    }

    /// Only the exact shape: what we never issued need not be looked up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(MARK)
            .and_then(ApiKeyText::parse)
            .map(Self)
    }

    /// The public part, with which the text begins.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{MARK}{}", self.0.prefix())
    }

    /// The text for its holder; not for logs, not for the database.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{MARK}{}", self.0.reveal())
    }

    /// What to keep.
    #[must_use]
    pub fn hashed(&self) -> HashedApiKey {
        self.0.hashed()
    }

    /// Whether `kept` is of this key. Takes the same time wherever the two differ.
    #[must_use]
    pub fn is(&self, kept: &HashedApiKey) -> bool {
        kept.matches(&self.0)
    }
}

impl fmt::Debug for OperatorKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorKeyText({}.…)", self.prefix())
    }
}

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
    Unspeakable,
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
            return Err(NotAnOperatorName::Unspeakable);
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
    use crate::test_support::Counting;

    #[test]
    fn a_key_is_told_from_a_persons_and_matches_only_its_own_hash() {
        let chance = Counting::default();
        let (key, other) = (
            OperatorKeyText::draw(&chance),
            OperatorKeyText::draw(&chance),
        );
        let text = key.reveal();
        assert!(text.starts_with(&key.prefix()));
        assert_eq!((text.len(), key.prefix().len()), (4 + 8 + 1 + 64, 4 + 8));
        assert!(ApiKeyText::parse(&text).is_none());
        let read = OperatorKeyText::parse(&text).unwrap();
        assert!(read.is(&key.hashed()) && !read.is(&other.hashed()));
        for wrong in [
            &text[4..],
            &text[..76],
            &text.to_uppercase(),
            &format!(" {text}"),
        ] {
            assert!(OperatorKeyText::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(
            format!("{key:?}"),
            format!("OperatorKeyText({}.…)", key.prefix())
        );
        assert!(!key.hashed().as_str().contains(&text[13..]));
    }

    #[test]
    fn a_name_can_be_seen() {
        let read = |text: &str| OperatorName::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(read(" ci: deploy/eu "), Ok("ci: deploy/eu".to_owned()));
        for unspeakable in ["..", "admin  key"] {
            assert_eq!(read(unspeakable), Err(NotAnOperatorName::Unspeakable));
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
