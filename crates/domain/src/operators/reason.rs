//! Why an operator does something, in their own words.

use std::str::FromStr;

use crate::text::{FreeText, NotText};

/// In characters.
const MAX_CHARACTERS: usize = 500;

/// A sentence for the audit trail: each event of a request keeps it, so it is
/// no book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(FreeText);

/// Why a text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAReason {
    /// It has a character that cannot be shown.
    #[error(transparent)]
    InvalidCharacter(#[from] NotText),
    /// It is a book.
    #[error("a reason has at most {MAX_CHARACTERS} characters")]
    TooLong,
}

impl Reason {
    /// The text, if it can be kept.
    ///
    /// # Errors
    /// It cannot.
    pub fn parse(text: &str) -> Result<Self, NotAReason> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(NotAReason::TooLong);
        }
        Ok(Self(FreeText::parse(text)?))
    }

    /// As it was given.
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
