//! Password hashes that other servers made, in the forms in which they are
//! handed over: who is brought along keeps their password.
//!
//! A hash says itself what it takes to compare with it, so its cost is bounded
//! when it is accepted: no sign-in may be made to take minutes, or the memory
//! of the machine. All that match are outdated, and the next sign-in keeps the
//! password as our own are.

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

use super::{Verdict, argon, internal};
use crate::command::Outcome;

/// In one hash.
pub(super) const MOST_MEMORY_KIB: u32 = 256 * 1024;
/// What scrypt may go through, with all its lanes. Whoever knows the address
/// makes the server work so much, so the bounds leave no sign-in at seconds.
const MOST_SCRYPT_BYTES: u64 = 256 * 1024 * 1024;
/// Twice as long with each step.
const MOST_BCRYPT_COST: u32 = 14;
/// For all blocks of a hash together.
const MOST_PBKDF2_ROUNDS: u64 = 2_000_000;
/// No text is longer: Firebase's have some 250 characters.
const MOST_TEXT: usize = 1024;
/// The longest salt and hash.
const MOST_BYTES: usize = 128;
/// Shorter ones are too easily met by chance.
const LEAST_HASH: usize = 16;
/// What Firebase encrypts with, and how long what it encrypts is.
const FIREBASE_KEY: usize = 32;

const FORMS: &str = "A password hash is bcrypt ($2a$, $2b$, $2y$), scrypt ($scrypt$), Firebase's scrypt ($firescrypt$), PBKDF2 ($pbkdf2-sha256$, $pbkdf2-sha512$, $pbkdf2$) or Argon2 ($argon2id$, $argon2i$, $argon2d$).";
const SCRYPT: &str = "A scrypt hash looks like $scrypt$ln=15,r=8,p=1$<salt>$<hash>, in base64.";
const FIREBASE: &str = "A Firebase hash looks like $firescrypt$ln=14,r=8,p=1$<salt>$<hash>$<salt separator>$<signer key>, in base64.";
const PBKDF2: &str = "A PBKDF2 hash looks like $pbkdf2-sha256$i=600000$<salt>$<hash>, in base64.";
const BCRYPT: &str = "A bcrypt hash looks like $2b$12$ and 53 characters of salt and hash.";

/// Base64 as it comes: some pad it, some do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether a sign-in could compare a password with `text`; if not, what would
/// be right, in a sentence. Nothing is hashed.
pub(crate) fn check(text: &str) -> Result<(), String> {
    Kept::parse(text).map(drop)
}

/// What a password is compared with.
pub(super) enum Kept {
    Argon2(Box<argon::Kept>),
    Bcrypt(String),
    Scrypt {
        cost: scrypt::Params,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Firebase {
        cost: scrypt::Params,
        /// With the separator behind it.
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

impl Kept {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MOST_TEXT {
            return Err(format!(
                "A password hash has at most {MOST_TEXT} characters."
            ));
        }
        let mut parts = text.split('$');
        let (Some(""), Some(name)) = (parts.next(), parts.next()) else {
            return Err(FORMS.to_owned());
        };
        let parts: Vec<&str> = parts.collect();
        match name {
            "argon2id" | "argon2i" | "argon2d" => {
                Ok(Self::Argon2(Box::new(argon::Kept::parse(text)?)))
            }
            "2a" | "2b" | "2y" => bcrypt_hash(text),
            "scrypt" => scrypt_hash(&parts),
            "firescrypt" => firebase_hash(&parts),
            "pbkdf2-sha256" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA256, 32, &parts),
            "pbkdf2-sha512" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA512, 64, &parts),
            "pbkdf2" | "pbkdf2-sha1" => pbkdf2_hash(pbkdf2::PBKDF2_HMAC_SHA1, 20, &parts),
            _ => Err(FORMS.to_owned()),
        }
    }

    pub(super) fn verify(&self, password: &str, memory: &mut Vec<Block>) -> Outcome<Verdict> {
        let right = match self {
            Self::Argon2(kept) => return kept.verify(password, memory),
            // Of what is longer than 72 bytes bcrypt sees the beginning only,
            // here as where the hash was made.
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
                let mut key = [0; FIREBASE_KEY];
                scrypt::scrypt(password.as_bytes(), salt, cost, &mut key)
                    .map_err(|error| internal(&error))?;
                sealed(&key, signer_key)
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
        Ok(if right {
            Verdict::RightButOutdated
        } else {
            Verdict::Wrong
        })
    }
}

/// What Firebase keeps is its signer key, encrypted with what scrypt made of
/// the password.
fn sealed(key: &[u8; FIREBASE_KEY], signer_key: &[u8]) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let from_zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    let mut text = signer_key.to_vec();
    EncryptingKey::ctr(key)
        .ok()?
        .less_safe_encrypt(&mut text, from_zero)
        .ok()?;
    Some(text)
}

fn bcrypt_hash(text: &str) -> Result<Kept, String> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| BCRYPT.to_owned())?;
    match parts.get_cost() {
        4..=MOST_BCRYPT_COST => Ok(Kept::Bcrypt(text.to_owned())),
        _ => Err(format!(
            "The cost of a bcrypt hash is 4 to {MOST_BCRYPT_COST}."
        )),
    }
}

fn scrypt_hash(parts: &[&str]) -> Result<Kept, String> {
    let [cost, salt, hash] = parts else {
        return Err(SCRYPT.to_owned());
    };
    Ok(Kept::Scrypt {
        cost: scrypt_cost(cost, SCRYPT)?,
        salt: bytes(salt, 0, SCRYPT)?,
        hash: bytes(hash, LEAST_HASH, SCRYPT)?,
    })
}

fn firebase_hash(parts: &[&str]) -> Result<Kept, String> {
    let [cost, salt, hash, separator, signer_key] = parts else {
        return Err(FIREBASE.to_owned());
    };
    let mut salt = bytes(salt, 0, FIREBASE)?;
    salt.extend(bytes(separator, 0, FIREBASE)?);
    let hash = bytes(hash, LEAST_HASH, FIREBASE)?;
    let signer_key = bytes(signer_key, LEAST_HASH, FIREBASE)?;
    if hash.len() != signer_key.len() {
        return Err("The hash that Firebase keeps is as long as its signer key.".to_owned());
    }
    Ok(Kept::Firebase {
        cost: scrypt_cost(cost, FIREBASE)?,
        salt,
        hash,
        signer_key,
    })
}

fn pbkdf2_hash(algorithm: pbkdf2::Algorithm, block: usize, parts: &[&str]) -> Result<Kept, String> {
    let [cost, salt, hash] = parts else {
        return Err(PBKDF2.to_owned());
    };
    let rounds = match cost.parse() {
        // Some leave the name out.
        Ok(rounds) => rounds,
        Err(_) => *numbers(cost).get("i").ok_or(PBKDF2)?,
    };
    let hash = bytes(&hash.replace('.', "+"), LEAST_HASH, PBKDF2)?;
    let blocks = hash.len().div_ceil(block) as u64;
    let rounds = std::num::NonZeroU32::new(rounds)
        .filter(|rounds| u64::from(rounds.get()) * blocks <= MOST_PBKDF2_ROUNDS)
        .ok_or_else(|| format!("A PBKDF2 hash has 1 to {MOST_PBKDF2_ROUNDS} iterations, times the blocks of the hash."))?;
    Ok(Kept::Pbkdf2 {
        algorithm,
        rounds,
        salt: bytes(&salt.replace('.', "+"), 0, PBKDF2)?,
        hash,
    })
}

fn scrypt_cost(text: &str, form: &str) -> Result<scrypt::Params, String> {
    let numbers = numbers(text);
    let number = |name| numbers.get(name).copied().ok_or_else(|| form.to_owned());
    let (ln, r, p) = (number("ln")?, number("r")?, number("p")?);
    let all_lanes = 1_u64
        .checked_shl(ln)
        .and_then(|n| n.checked_mul(128))
        .and_then(|bytes| bytes.checked_mul(r.into()))
        .and_then(|bytes| bytes.checked_mul(p.into()));
    let fits = all_lanes.is_some_and(|bytes| bytes <= MOST_SCRYPT_BYTES);
    // The algorithm is defined for an N of two and more.
    let cost = u8::try_from(ln)
        .ok()
        .filter(|ln| fits && *ln > 0)
        .and_then(|ln| scrypt::Params::new(ln, r, p).ok());
    cost.ok_or_else(|| {
        let most = MOST_SCRYPT_BYTES / (1024 * 1024);
        format!(
            "The cost of a scrypt hash is given as ln=15,r=8,p=1, with ln from 1; p times the memory that it takes is at most {most} MiB."
        )
    })
}

/// `ln=15,r=8,p=1`.
fn numbers(text: &str) -> HashMap<&str, u32> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .filter_map(|(name, number)| Some((name, number.parse().ok()?)))
        .collect()
}

fn bytes(text: &str, least: usize, form: &str) -> Result<Vec<u8>, String> {
    BASE64
        .decode(text)
        .ok()
        .filter(|bytes| (least..=MOST_BYTES).contains(&bytes.len()))
        .ok_or_else(|| form.to_owned())
}

#[cfg(test)]
mod tests;
