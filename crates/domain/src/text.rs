//! Names and descriptions, and the characters that they may contain.
//!
//! Not here: texts with a grammar ([`crate::Email`], [`crate::OrganizationSlug`],
//! [`crate::Username`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Whether the character hides or reorders its neighbors, so that two different
/// texts look the same. Joiners are not among them: scripts and emoji need them.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{200b}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}'
    )
}

/// A name or description, stored exactly as received; may be empty. It has no
/// maximum length, as in the reference API; the size of a request limits it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct FreeText(pub(crate) String);

/// A text contains a character that cannot be displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A text may contain line feeds and tabs but no other control characters; this one contains U+{:04X}.",
    u32::from(*.0)
)]
pub struct NotText(char);

impl FreeText {
    /// Parses a borrowed text; otherwise like `TryFrom<String>`.
    pub fn parse(text: &str) -> Result<Self, NotText> {
        Self::try_from(text.to_owned())
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether the text is empty. Updates treat an empty text as not given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<String> for FreeText {
    type Error = NotText;

    fn try_from(text: String) -> Result<Self, NotText> {
        match text
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            Some(c) => Err(NotText(c)),
            None => Ok(Self(text)),
        }
    }
}

impl FromStr for FreeText {
    type Err = NotText;

    fn from_str(text: &str) -> Result<Self, NotText> {
        Self::parse(text)
    }
}

impl fmt::Display for FreeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FreeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn free_text_is_stored_as_received() {
        let text = "  Ä\n\tb  ";
        assert_eq!(FreeText::parse(text).unwrap().as_str(), text);
        assert!(FreeText::parse("").unwrap().is_empty());
        let error = FreeText::parse("a\0").unwrap_err().to_string();
        assert!(error.contains("U+0000"), "{error}");
        assert!(serde_json::from_value::<FreeText>(json!("a\u{7}")).is_err());
    }
}
