//! The access tokens whose signature was verified before. Verifying RS256 takes
//! longer than the rest of an authenticated read.
//!
//! Only what the token itself says is kept, never the rights of its user: the
//! session is read from the database for every request.

use aws_lc_rs::digest::{SHA256, digest};
use freehold_domain::{Id, Session};
use quick_cache::sync::Cache;

/// The maximum number of tokens; each takes about a hundred bytes. The least used
/// make room for new ones.
const CAPACITY: usize = 10_000;

/// What a token with a valid signature says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VerifiedToken {
    pub(super) session: Id<Session>,
    /// When it expires, in seconds since 1970.
    pub(super) expires: i64,
}

/// Verified tokens by their SHA-256, so that memory contains no tokens.
pub(super) struct VerifiedTokens(Cache<[u8; 32], VerifiedToken>);

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Returns what `token` says: as it was verified before, or else by `verify`,
    /// whose refusals are not kept.
    pub(super) fn get_or_verify<E>(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<VerifiedToken, E>,
    ) -> Result<VerifiedToken, E> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(verified) = self.0.get(&hash) {
            return Ok(verified);
        }
        let verified = verify()?;
        self.0.insert(hash, verified);
        Ok(verified)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn verified(id: u128) -> VerifiedToken {
        VerifiedToken {
            session: Id::new(Uuid::from_u128(id)),
            expires: 1,
        }
    }

    #[test]
    fn only_the_same_token_is_not_verified_again() {
        let tokens = VerifiedTokens::new();
        let first = tokens.get_or_verify("one", || Ok::<_, ()>(verified(1)));
        assert_eq!(first, Ok(verified(1)));
        assert_eq!(tokens.get_or_verify("one", || Err(())), Ok(verified(1)));
        assert_eq!(tokens.get_or_verify("onE", || Err(())), Err(()));
        // A refusal is not kept.
        let later = tokens.get_or_verify("onE", || Ok::<_, ()>(verified(2)));
        assert_eq!(later, Ok(verified(2)));
    }

    #[test]
    fn number_of_tokens_is_bounded() {
        let tokens = VerifiedTokens::new();
        for n in 0..2 * CAPACITY {
            let _ = tokens.get_or_verify(&n.to_string(), || Ok::<_, ()>(verified(n as u128)));
        }
        assert!(tokens.0.len() <= CAPACITY, "{}", tokens.0.len());
    }
}
