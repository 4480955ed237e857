//! Password hashes of other servers, in the formats of their exports: imported
//! users keep their passwords.
//!
//! A hash contains its cost, so the cost is limited when the hash is accepted: no
//! sign-in may take minutes or all memory. A match is always outdated, and the
//! next sign-in stores the password as a new Argon2id hash.

use std::collections::HashMap;

use argon2::Block;
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq as _;

use super::{PasswordMatch, argon, internal};
use crate::command::Outcome;

/// The maximum memory of one hash.
pub(super) const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// The maximum memory of scrypt, times its lanes. Any client that knows the email
/// address can cause this work, so it takes less than seconds.
const MAX_SCRYPT_BYTES: u64 = 256 * 1024 * 1024;
/// The maximum cost of bcrypt; each step doubles the time.
const MAX_BCRYPT_COST: u32 = 14;
/// The maximum number of iterations for all blocks of a hash together.
const MAX_PBKDF2_ROUNDS: u64 = 2_000_000;
/// The maximum length of a hash as text. Firebase's have about 250 characters.
const MAX_TEXT_LENGTH: usize = 1024;
/// The maximum length of a salt or hash.
const MAX_DECODED_BYTES: usize = 128;
/// The minimum length of a hash: a shorter one matches random passwords too often.
const MIN_HASH_BYTES: usize = 16;
/// The length of the AES-256 key that Firebase encrypts with.
const FIREBASE_KEY_BYTES: usize = 32;

const SUPPORTED_FORMATS: &str = "A password hash is bcrypt ($2a$, $2b$, $2y$), scrypt ($scrypt$), Firebase's scrypt ($firescrypt$), PBKDF2 ($pbkdf2-sha256$, $pbkdf2-sha512$, $pbkdf2$) or Argon2 ($argon2id$, $argon2i$, $argon2d$).";
const SCRYPT_FORMAT: &str =
    "A scrypt hash looks like $scrypt$ln=15,r=8,p=1$<salt>$<hash>, in base64.";
const FIREBASE_FORMAT: &str = "A Firebase hash looks like $firescrypt$ln=14,r=8,p=1$<salt>$<hash>$<salt separator>$<signer key>, in base64.";
const PBKDF2_FORMAT: &str =
    "A PBKDF2 hash looks like $pbkdf2-sha256$i=600000$<salt>$<hash>, in base64.";
const BCRYPT_FORMAT: &str = "A bcrypt hash looks like $2b$12$ and 53 characters of salt and hash.";

/// Base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Checks whether `text` is a supported hash. The error is a sentence that
/// describes the expected format. Nothing is hashed.
pub(crate) fn check_format(text: &str) -> Result<(), String> {
    StoredHash::parse(text).map(drop)
}

/// A stored hash that a password is compared with.
pub(super) enum StoredHash {
    Argon2(Box<argon::Argon2Hash>),
    Bcrypt(String),
    Scrypt {
        cost: scrypt::Params,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Firebase {
        cost: scrypt::Params,
        /// The salt, followed by the salt separator.
        salt: Vec<u8>,
        hash: Vec<u8>,
        signer_key: Vec<u8>,
    },
    Pbkdf2 {
        algorithm: pbkdf2::Algorithm,
        rounds: std::num::NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

impl StoredHash {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEXT_LENGTH {
            return Err(format!(
                "A password hash has at most {MAX_TEXT_LENGTH} characters."
            ));
        }
        let mut parts = text.split('$');
        let (Some(""), Some(name)) = (parts.next(), parts.next()) else {
            return Err(SUPPORTED_FORMATS.to_owned());
        };
        let parts: Vec<&str> = parts.collect();
        match name {
            "argon2id" | "argon2i" | "argon2d" => {
                Ok(Self::Argon2(Box::new(argon::Argon2Hash::parse(text)?)))
            }
            "2a" | "2b" | "2y" => bcrypt_hash(text),
            "scrypt" => scrypt_hash(&parts),
            "firescrypt" => firebase_hash(&parts),
            "pbkdf2-sha256" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA256, 32, &parts),
            "pbkdf2-sha512" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA512, 64, &parts),
            "pbkdf2" | "pbkdf2-sha1" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA1, 20, &parts),
            _ => Err(SUPPORTED_FORMATS.to_owned()),
        }
    }

    pub(super) fn verify(&self, password: &str, memory: &mut Vec<Block>) -> Outcome<PasswordMatch> {
        let matches = match self {
            Self::Argon2(hash) => return hash.verify(password, memory),
            // bcrypt ignores what follows 72 bytes, as the other server did.
            Self::Bcrypt(text) => {
                bcrypt::verify(password, text).map_err(|error| internal(&error))?
            }
            Self::Scrypt { cost, salt, hash } => {
                let mut out = vec![0; hash.len()];
                scrypt::scrypt(password.as_bytes(), salt, cost, &mut out)
                    .map_err(|error| internal(&error))?;
                out.ct_eq(hash).into()
            }
            Self::Firebase {
                cost,
                salt,
                hash,
                signer_key,
            } => {
                let mut key = [0; FIREBASE_KEY_BYTES];
                scrypt::scrypt(password.as_bytes(), salt, cost, &mut key)
                    .map_err(|error| internal(&error))?;
                encrypt_signer_key(&key, signer_key)
                    .ok_or_else(|| internal(&"AES-256-CTR"))?
                    .ct_eq(hash)
                    .into()
            }
            Self::Pbkdf2 {
                algorithm,
                rounds,
                salt,
                hash,
            } => pbkdf2::verify(*algorithm, *rounds, salt, password.as_bytes(), hash).is_ok(),
        };
        Ok(if matches {
            PasswordMatch::Outdated
        } else {
            PasswordMatch::Mismatch
        })
    }
}

/// Encrypts Firebase's signer key with the key that scrypt derives from the
/// password. Firebase stores the result as the hash.
fn encrypt_signer_key(key: &[u8; FIREBASE_KEY_BYTES], signer_key: &[u8]) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let from_zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    let mut text = signer_key.to_vec();
    EncryptingKey::ctr(key)
        .ok()?
        .less_safe_encrypt(&mut text, from_zero)
        .ok()?;
    Some(text)
}

fn bcrypt_hash(text: &str) -> Result<StoredHash, String> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| BCRYPT_FORMAT.to_owned())?;
    match parts.get_cost() {
        4..=MAX_BCRYPT_COST => Ok(StoredHash::Bcrypt(text.to_owned())),
        _ => Err(format!(
            "The cost of a bcrypt hash is 4 to {MAX_BCRYPT_COST}."
        )),
    }
}

fn scrypt_hash(parts: &[&str]) -> Result<StoredHash, String> {
    let [cost, salt, hash] = parts else {
        return Err(SCRYPT_FORMAT.to_owned());
    };
    Ok(StoredHash::Scrypt {
        cost: scrypt_cost(cost, SCRYPT_FORMAT)?,
        salt: bytes(salt, 0, SCRYPT_FORMAT)?,
        hash: bytes(hash, MIN_HASH_BYTES, SCRYPT_FORMAT)?,
    })
}

fn firebase_hash(parts: &[&str]) -> Result<StoredHash, String> {
    let [cost, salt, hash, separator, signer_key] = parts else {
        return Err(FIREBASE_FORMAT.to_owned());
    };
    let mut salt = bytes(salt, 0, FIREBASE_FORMAT)?;
    salt.extend(bytes(separator, 0, FIREBASE_FORMAT)?);
    let hash = bytes(hash, MIN_HASH_BYTES, FIREBASE_FORMAT)?;
    let signer_key = bytes(signer_key, MIN_HASH_BYTES, FIREBASE_FORMAT)?;
    if hash.len() != signer_key.len() {
        return Err("A Firebase hash is as long as its signer key.".to_owned());
    }
    Ok(StoredHash::Firebase {
        cost: scrypt_cost(cost, FIREBASE_FORMAT)?,
        salt,
        hash,
        signer_key,
    })
}

fn pbkdf2_hash(
    algorithm: pbkdf2::Algorithm,
    block: usize,
    parts: &[&str],
) -> Result<StoredHash, String> {
    let [cost, salt, hash] = parts else {
        return Err(PBKDF2_FORMAT.to_owned());
    };
    let rounds = match cost.parse() {
        // Some servers write the number without `i=`.
        Ok(rounds) => rounds,
        Err(_) => *parse_parameters(cost).get("i").ok_or(PBKDF2_FORMAT)?,
    };
    let hash = bytes(&hash.replace('.', "+"), MIN_HASH_BYTES, PBKDF2_FORMAT)?;
    let blocks = hash.len().div_ceil(block) as u64;
    let rounds = std::num::NonZeroU32::new(rounds)
        .filter(|rounds| u64::from(rounds.get()) * blocks <= MAX_PBKDF2_ROUNDS)
        .ok_or_else(|| format!("A PBKDF2 hash has 1 to {MAX_PBKDF2_ROUNDS} iterations, times the blocks of the hash."))?;
    Ok(StoredHash::Pbkdf2 {
        algorithm,
        rounds,
        salt: bytes(&salt.replace('.', "+"), 0, PBKDF2_FORMAT)?,
        hash,
    })
}

fn scrypt_cost(text: &str, form: &str) -> Result<scrypt::Params, String> {
    let parameters = parse_parameters(text);
    let number = |name| parameters.get(name).copied().ok_or_else(|| form.to_owned());
    let (ln, r, p) = (number("ln")?, number("r")?, number("p")?);
    let total_bytes = 1_u64
        .checked_shl(ln)
        .and_then(|n| n.checked_mul(128))
        .and_then(|bytes| bytes.checked_mul(r.into()))
        .and_then(|bytes| bytes.checked_mul(p.into()));
    let fits = total_bytes.is_some_and(|bytes| bytes <= MAX_SCRYPT_BYTES);
    // The algorithm is defined for an N of two and more.
    let cost = u8::try_from(ln)
        .ok()
        .filter(|ln| fits && *ln > 0)
        .and_then(|ln| scrypt::Params::new(ln, r, p).ok());
    cost.ok_or_else(|| {
        let max_mib = MAX_SCRYPT_BYTES / (1024 * 1024);
        format!(
            "The cost of a scrypt hash is given as ln=15,r=8,p=1, with ln from 1; p times the memory that it takes is at most {max_mib} MiB."
        )
    })
}

/// Parses parameters such as `ln=15,r=8,p=1`.
fn parse_parameters(text: &str) -> HashMap<&str, u32> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .filter_map(|(name, number)| Some((name, number.parse().ok()?)))
        .collect()
}

fn bytes(text: &str, min_length: usize, form: &str) -> Result<Vec<u8>, String> {
    BASE64
        .decode(text)
        .ok()
        .filter(|bytes| (min_length..=MAX_DECODED_BYTES).contains(&bytes.len()))
        .ok_or_else(|| form.to_owned())
}

#[cfg(test)]
mod tests;
