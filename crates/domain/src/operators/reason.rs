//! The reasons that operators give for their requests.

use std::str::FromStr;

use crate::text::{FreeText, NotText};

/// The maximum length of a reason in characters.
const MAX_CHARACTERS: usize = 500;

/// A short text that every audit event of the request contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(FreeText);

/// Why a text is not a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAReason {
    /// The text contains a character that cannot be displayed.
    #[error(transparent)]
    InvalidCharacter(#[from] NotText),
    /// The text is too long.
    #[error("a reason must have at most {MAX_CHARACTERS} characters")]
    TooLong,
}

impl Reason {
    /// Parses a reason. The text is not trimmed.
    ///
    /// # Errors
    /// If the text is too long or contains a control character.
    pub fn parse(text: &str) -> Result<Self, NotAReason> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(NotAReason::TooLong);
        }
        Ok(Self(FreeText::parse(text)?))
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Reason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, NotAReason> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_printable() {
        let longest = "ä".repeat(MAX_CHARACTERS);
        assert_eq!(Reason::parse(&longest).unwrap().as_str(), longest);
        let longer = "r".repeat(MAX_CHARACTERS + 1);
        assert_eq!(Reason::parse(&longer), Err(NotAReason::TooLong));
        assert!(matches!(
            "a\u{1b}[31m".parse::<Reason>(),
            Err(NotAReason::InvalidCharacter(_))
        ));
    }
}
