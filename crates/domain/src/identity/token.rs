//! Tokens: secrets that are shown once, and the hashes that are stored instead.
//!
//! The plain forms cannot be logged or serialized by accident; callers that need
//! the text call `expose_secret`. Each has at least 128 random bits, so one round
//! of SHA-256 is enough.
//!
//! Not here: API keys ([`crate::ApiKeyText`]), and passwords, which users
//! choose and which need a slow hash.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::RandomSource;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}

/// A secret of `BYTES` random bytes, written as URL-safe base64 without padding.
#[derive(Clone)]
pub struct SecretToken<const BYTES: usize>([u8; BYTES]);

/// A one-time or session secret: 32 bytes, 43 characters.
pub type PlainToken = SecretToken<32>;

/// The secret of an invitation: 16 bytes, 22 characters, the length that the
/// reference API uses.
pub type InvitationToken = SecretToken<16>;

impl<const BYTES: usize> SecretToken<BYTES> {
    /// A token from bytes that the caller derived from another secret.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes that the text encodes. They are as secret as the text.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// Generates a token.
    #[must_use]
    pub fn generate(random: &dyn RandomSource) -> Self {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// Accepts only the exact text that `expose_secret` returns: no padding, no
    /// second spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text for the token's holder; not for logs, not for the database.
    #[must_use]
    pub fn expose_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The hash that the database stores.
    #[must_use]
    pub fn hashed(&self) -> TokenHash {
        TokenHash(sha256(&self.0))
    }
}

impl<const BYTES: usize> fmt::Debug for SecretToken<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// The SHA-256 of the bytes of a [`SecretToken`].
///
/// Two hashes can only be compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The bytes, for a lookup by hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash in lowercase hexadecimal, for text columns.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Reads a hash from a database row. Returns `None` if it is not 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Compares two hashes in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::SequentialRandom;

    // Computed with another implementation of SHA-256.
    const BYTES_SUM: &str = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";

    #[test]
    fn a_token_is_hashed_by_its_bytes() {
        let bytes = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let token = PlainToken::from_bytes(bytes);
        assert_eq!(hex::encode(token.hashed().as_bytes()), BYTES_SUM);
        let text = token.expose_secret();
        assert_eq!(text.len(), 43);
        assert!(
            PlainToken::parse(&text)
                .unwrap()
                .hashed()
                .matches(&token.hashed())
        );
        let other = PlainToken::generate(&SequentialRandom::default());
        assert!(!other.hashed().matches(&token.hashed()));
        assert!(PlainToken::parse(&format!("{text}=")).is_none());
        assert!(PlainToken::parse(&text[1..]).is_none());
        // The last two bits of the last character are unused; only zeros are accepted.
        assert!(PlainToken::parse(&format!("{}9", &text[..42])).is_none());
        let stored = TokenHash::from_bytes(token.hashed().as_bytes()).unwrap();
        assert!(stored.matches(&token.hashed()));
        assert!(TokenHash::from_bytes(&[0; 31]).is_none());
    }

    #[test]
    fn debug_output_hides_the_token() {
        let token = PlainToken::generate(&SequentialRandom::default());
        assert_eq!(format!("{token:?}"), "SecretToken(…)");
        assert_eq!(format!("{:?}", token.hashed()), "TokenHash(…)");
    }

    proptest! {
        #[test]
        fn parsing_any_text_never_panics(text in any::<String>()) {
            if let Some(token) = PlainToken::parse(&text) {
                prop_assert_eq!(token.expose_secret(), text);
            }
        }

        #[test]
        fn every_generated_token_parses(start in any::<u32>()) {
            let random = SequentialRandom::default();
            let mut skipped = vec![0; usize::try_from(start % 4096).unwrap()];
            random.fill(&mut skipped);
            let token = PlainToken::generate(&random);
            prop_assert_eq!(PlainToken::parse(&token.expose_secret()).unwrap().0, token.0);
        }
    }
}
