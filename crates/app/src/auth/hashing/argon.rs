//! Argon2: the format of new hashes, and imported hashes of any cost.

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, AssociatedData, Block, KeyId, Params, Version};
use subtle::ConstantTimeEq as _;

use super::formats::MAX_MEMORY_KIB;
use super::{PasswordMatch, internal};
use crate::command::Outcome;

/// OWASP's first recommendation for Argon2id, November 2026: 19 MiB, two passes,
/// one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;

/// The maximum of memory times passes, the cost of a hash. It takes about a
/// second.
const MAX_WORK_KIB: u64 = 1024 * 1024;
const MAX_LANES: u32 = 16;
/// The maximum length of the salt in a PHC string.
const MAX_SALT_BYTES: usize = 64;

/// A stored hash that a password is compared with.
pub(super) struct Argon2Hash {
    argon2: Argon2<'static>,
    salt: Vec<u8>,
    hash: Vec<u8>,
    is_current: bool,
}

impl Argon2Hash {
    /// Parses `$argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>`, also of Argon2i and
    /// Argon2d.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed = |_| {
            "An Argon2 hash looks like $argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>, in base64 without padding.".to_owned()
        };
        let parsed = PasswordHash::new(text).map_err(malformed)?;
        let algorithm = match parsed.algorithm.as_str() {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            _ => Algorithm::Argon2d,
        };
        let version = match parsed.version {
            None | Some(0x10) => Version::V0x10,
            Some(0x13) => Version::V0x13,
            Some(_) => return Err("An Argon2 hash is of version 16 or 19.".to_owned()),
        };
        let params = Params::try_from(&parsed).map_err(|_| {
            "An Argon2 hash names its memory, passes and lanes, as in m=65536,t=3,p=4.".to_owned()
        })?;
        if params.keyid() != KeyId::EMPTY.as_bytes()
            || params.data() != AssociatedData::EMPTY.as_bytes()
        {
            return Err("An Argon2 hash that was made with a key cannot be verified.".to_owned());
        }
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        if memory > MAX_MEMORY_KIB
            || lanes > MAX_LANES
            || u64::from(memory) * u64::from(passes) > MAX_WORK_KIB
        {
            return Err(format!(
                "An Argon2 hash takes at most m={MAX_MEMORY_KIB}, p={MAX_LANES}, and memory times passes at most {MAX_WORK_KIB}."
            ));
        }
        let (Some(salt), Some(hash)) = (parsed.salt, parsed.hash) else {
            return Err("An Argon2 hash has a salt and a hash.".to_owned());
        };
        let mut bytes = [0; MAX_SALT_BYTES];
        let salt = salt
            .decode_b64(&mut bytes)
            .map_err(|_| "The salt of an Argon2 hash is base64 without padding.".to_owned())?;
        let is_current = (algorithm, version) == (Algorithm::Argon2id, Version::V0x13)
            && (memory, passes, lanes, hash.len()) == (MEMORY_KIB, PASSES, LANES, HASH_BYTES);
        Ok(Self {
            argon2: Argon2::new(algorithm, version, params),
            salt: salt.to_vec(),
            hash: hash.as_bytes().to_vec(),
            is_current,
        })
    }

    pub(super) fn verify(&self, password: &str, memory: &mut Vec<Block>) -> Outcome<PasswordMatch> {
        let mut out = vec![0; self.hash.len()];
        let blocks = self.argon2.params().block_count();
        if blocks > default_block_count() {
            // Too much memory to keep for the next hash.
            let mut memory = Vec::new();
            compute(&self.argon2, password, &self.salt, &mut out, &mut memory)?;
        } else {
            compute(&self.argon2, password, &self.salt, &mut out, memory)?;
        }
        if !bool::from(out.ct_eq(&self.hash)) {
            return Ok(PasswordMatch::Mismatch);
        }
        Ok(if self.is_current {
            PasswordMatch::Current
        } else {
            PasswordMatch::Outdated
        })
    }
}

const fn default_block_count() -> usize {
    MEMORY_KIB as usize
}

/// Returns the PHC string of a new password.
pub(super) fn hash(password: &str, salt: &[u8], memory: &mut Vec<Block>) -> Outcome<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| internal(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; HASH_BYTES];
    compute(&argon2, password, salt, &mut out, memory)?;
    let salt = SaltString::encode_b64(salt).map_err(|error| internal(&error))?;
    let output = argon2::password_hash::Output::new(&out).map_err(|error| internal(&error))?;
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}"
    ))
}

fn compute(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Outcome<()> {
    // The blocks are written before they are read, so they can be reused.
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    Ok(argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..blocks])
        .map_err(|error| internal(&error))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(password: &str, stored: &str) -> PasswordMatch {
        let mut memory = Vec::new();
        Argon2Hash::parse(stored)
            .unwrap()
            .verify(password, &mut memory)
            .unwrap()
    }

    #[test]
    fn password_matches_only_its_own_hash() {
        let stored = hash("Secret12!", &[3; 16], &mut Vec::new()).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(verify("Secret12!", &stored), PasswordMatch::Current);
        assert_eq!(verify("secret12!", &stored), PasswordMatch::Mismatch);
    }

    /// From the reference implementation's own test vectors: `password`, `somesalt`.
    #[test]
    fn reference_vectors_are_verified() {
        for stored in [
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
            "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        ] {
            assert_eq!(
                verify("password", stored),
                PasswordMatch::Outdated,
                "{stored}"
            );
            assert_eq!(
                verify("passwort", stored),
                PasswordMatch::Mismatch,
                "{stored}"
            );
        }
    }
}
