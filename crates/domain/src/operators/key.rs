//! The key of a named operator.
//!
//! Not here: what the key allows ([`crate::OperatorScopes`]).

use std::fmt;

use crate::{ApiKeyText, HashedApiKey, RandomSource};

/// Distinguishes these keys from API keys, also for secret scanners.
const KEY_PREFIX: &str = "fho_";

/// An operator's key as its holder sees it: `fho_`, then the format of an API key.
#[derive(Clone)]
pub struct OperatorKeyText(ApiKeyText);

impl OperatorKeyText {
    /// Generates a key.
    #[must_use]
    pub fn generate(random: &dyn RandomSource) -> Self {
        Self(ApiKeyText::generate(random))
    }

    /// Accepts only the exact format: no other text can be a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(KEY_PREFIX)
            .and_then(ApiKeyText::parse)
            .map(Self)
    }

    /// The public part, with which the key starts.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{KEY_PREFIX}{}", self.0.prefix())
    }

    /// The text for its holder; not for logs, not for the database.
    #[must_use]
    pub fn expose_secret(&self) -> String {
        format!("{KEY_PREFIX}{}", self.0.expose_secret())
    }

    /// The hash that the database stores.
    #[must_use]
    pub fn hashed(&self) -> HashedApiKey {
        self.0.hashed()
    }

    /// Whether `stored` is the hash of this key. Compares in constant time.
    #[must_use]
    pub fn matches(&self, stored: &HashedApiKey) -> bool {
        stored.matches(&self.0)
    }
}

impl fmt::Debug for OperatorKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperatorKeyText({}.…)", self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::SequentialRandom;

    #[test]
    fn an_operator_key_is_no_api_key_and_matches_only_its_own_hash() {
        let random = SequentialRandom::default();
        let (key, other) = (
            OperatorKeyText::generate(&random),
            OperatorKeyText::generate(&random),
        );
        let text = key.expose_secret();
        assert!(text.starts_with(&key.prefix()));
        assert_eq!((text.len(), key.prefix().len()), (4 + 8 + 1 + 64, 4 + 8));
        assert!(ApiKeyText::parse(&text).is_none());
        let read = OperatorKeyText::parse(&text).unwrap();
        assert!(read.matches(&key.hashed()) && !read.matches(&other.hashed()));
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
}
