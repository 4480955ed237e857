//! API keys: the text that is shown once, and the hash that is stored instead.
//!
//! The plain form cannot be logged or serialized by accident; callers that need
//! the text call `expose_secret`.
//!
//! Not here: the keys of operators ([`crate::OperatorKeyText`]).

use std::fmt;

use subtle::ConstantTimeEq;

use crate::RandomSource;
use crate::identity::sha256;

/// An API key as its holder sees it: `<8 letters or digits>.<64 lowercase hex>`.
#[derive(Clone)]
pub struct ApiKeyText(String);

impl ApiKeyText {
    /// The length of the prefix, by which a key is looked up and shown in lists.
    pub const PREFIX: usize = 8;

    const SECRET: usize = 64;

    /// Generates a key.
    #[must_use]
    pub fn generate(random: &dyn RandomSource) -> Self {
        let mut text = String::with_capacity(Self::PREFIX + 1 + Self::SECRET);
        generate_prefix(random, &mut text);
        text.push('.');
        let mut secret = [0; 32];
        random.fill(&mut secret);
        text.push_str(&hex::encode(secret));
        Self(text)
    }

    /// Accepts only the exact format: no other text can be a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.split_once('.')?;
        let is_valid = Self::is_prefix(prefix)
            && secret.len() == Self::SECRET
            && secret
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_valid.then(|| Self(text.to_owned()))
    }

    /// Whether `text` has the format of a prefix: no other text can belong to a key.
    #[must_use]
    pub fn is_prefix(text: &str) -> bool {
        text.len() == Self::PREFIX && text.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// The public part, with which the key starts.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..Self::PREFIX]
    }

    /// The text for its holder; not for logs, not for the database.
    #[must_use]
    pub fn expose_secret(&self) -> String {
        self.0.clone()
    }

    /// The hash that the database stores.
    #[must_use]
    pub fn hashed(&self) -> HashedApiKey {
        let secret = &self.0[Self::PREFIX + 1..];
        let sum = hex::encode(sha256(secret.as_bytes()));
        HashedApiKey(format!("{}.{sum}", self.prefix()))
    }
}

/// Appends a random prefix in which all 62 characters are equally likely. Bytes
/// from the last multiple of 62 on are skipped: a remainder would favor the
/// first characters.
fn generate_prefix(random: &dyn RandomSource, text: &mut String) {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let target_length = text.len() + ApiKeyText::PREFIX;
    while text.len() < target_length {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        let unbiased = bytes.iter().filter(|byte| **byte < 248);
        for byte in unbiased.take(target_length - text.len()) {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
        }
    }
}

impl fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeyText({}.…)", self.prefix())
    }
}

/// The stored form of an [`ApiKeyText`]: its prefix, a dot, and the hexadecimal
/// SHA-256 of the secret's 64 *characters* (not of the bytes that they encode),
/// as in databases of the reference API.
#[derive(Clone)]
pub struct HashedApiKey(String);

impl HashedApiKey {
    /// The text for the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps a text from the database. A text of another format matches no key.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, key: &ApiKeyText) -> bool {
        self.0.as_bytes().ct_eq(key.hashed().0.as_bytes()).into()
    }
}

impl fmt::Debug for HashedApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::SequentialRandom;

    // The sum was computed with another implementation of SHA-256.
    const KEY: &str = "aB3dE6gH.00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const HASHED: &str =
        "aB3dE6gH.2a8abfa8cb9906290437854193ca6bca41d4d4e26d1d454bd66a35158095e737";

    #[test]
    fn api_key_hashes_match_existing_databases() {
        let key = ApiKeyText::parse(KEY).unwrap();
        assert_eq!(key.prefix(), "aB3dE6gH");
        assert_eq!(key.expose_secret(), KEY);
        assert_eq!(key.hashed().as_str(), HASHED);
        assert!(HashedApiKey::from_stored(HASHED.to_owned()).matches(&key));
    }

    #[test]
    fn a_key_matches_only_its_own_hash() {
        let key = ApiKeyText::parse(KEY).unwrap();
        let other = ApiKeyText::generate(&SequentialRandom::default());
        assert!(!other.hashed().matches(&key));
        for stored in ["", "aB3dE6gH.", &HASHED[..72], &HASHED.to_uppercase()] {
            assert!(!HashedApiKey::from_stored(stored.to_owned()).matches(&key));
        }
    }

    #[test]
    fn malformed_api_keys_are_refused() {
        for wrong in [
            String::new(),
            KEY.replace('.', ""),
            KEY.to_uppercase(),
            KEY.replacen("aB", "a_", 1),
            KEY.replacen("aB3dE6gH", "äB3dE6g", 1),
            format!("{KEY}0"),
            format!(" {KEY}"),
            KEY.replacen('.', "..", 1),
            KEY[1..].to_owned(),
        ] {
            assert!(ApiKeyText::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn prefix_characters_are_uniform() {
        let random = SequentialRandom::default();
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..4_000 {
            let mut prefix = String::new();
            generate_prefix(&random, &mut prefix);
            assert_eq!(prefix.len(), ApiKeyText::PREFIX);
            for c in prefix.chars() {
                *counts.entry(c).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        // 516 each; a remainder of 256 would give eight of them 645.
        assert!(
            counts.values().all(|n| (430..600).contains(n)),
            "{counts:?}"
        );
    }

    #[test]
    fn debug_output_hides_the_key() {
        let key = ApiKeyText::parse(KEY).unwrap();
        assert_eq!(format!("{key:?}"), "ApiKeyText(aB3dE6gH.…)");
        assert_eq!(format!("{:?}", key.hashed()), "HashedApiKey(…)");
    }

    proptest! {
        #[test]
        fn parsing_any_text_never_panics(text in any::<String>()) {
            if let Some(key) = ApiKeyText::parse(&text) {
                prop_assert_eq!(key.expose_secret(), text);
            }
        }

        #[test]
        fn every_generated_key_parses(start in any::<u32>()) {
            let random = SequentialRandom::default();
            let mut skipped = vec![0; usize::try_from(start % 4096).unwrap()];
            random.fill(&mut skipped);
            let key = ApiKeyText::generate(&random);
            prop_assert!(key.hashed().matches(&ApiKeyText::parse(&key.expose_secret()).unwrap()));
        }
    }
}
