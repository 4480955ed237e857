//! Email addresses, parsed into one normal form, so that one address is one
//! account however the user writes it and whichever endpoint receives it.
//!
//! Not here: which addresses may sign up ([`crate::AccessPolicy`]), and whether
//! an address receives email.

use std::fmt;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::text::is_deceptive;

/// An email address in normal form: no surrounding white space, the domain in
/// lowercase ASCII (`xn--…` where needed), the local part composed (NFC) with
/// its ASCII letters in lowercase. Other letters of the local part keep their
/// case, because only the mail server can tell whether case matters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is not an email address. The message says what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// There is no @-sign. The text is the reference API's.
    #[error("An email address must have an @-sign.")]
    NoAtSign,
    /// There is more than one @-sign. Quoted local parts are not supported.
    #[error("An email address must have exactly one @-sign.")]
    SeveralAtSigns,
    /// The text starts with the @-sign.
    #[error("There must be something before the @-sign.")]
    NoLocalPart,
    /// The text ends with the @-sign.
    #[error("There must be a domain after the @-sign.")]
    NoDomain,
    /// The local part is longer than mail servers accept.
    #[error("The part before the @-sign must be at most 64 bytes long.")]
    LocalPartTooLong,
    /// The address is longer than [`Email::MAX`].
    #[error("An email address must be at most 254 bytes long.")]
    TooLong,
    /// The local part contains white space, a control character, an invisible
    /// character, or one with a meaning in mail headers.
    #[error("The part before the @-sign must not contain the character {0:?}.")]
    Character(char),
    /// The local part starts or ends with a dot, or has two in a row.
    #[error(
        "The part before the @-sign must not start or end with a dot or have two dots in a row."
    )]
    MisplacedDot,
    /// The domain is not a valid DNS name.
    #[error(
        "The domain after the @-sign must consist of labels of letters, digits and inner hyphens, separated by single dots."
    )]
    Domain,
}

impl Email {
    /// The maximum length of the normal form in bytes (RFC 5321's path without
    /// its brackets).
    pub const MAX: usize = 254;

    /// Parses and normalizes an address. `FromStr` and deserialization do the same.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        // The normal form may be shorter than the input, but not by that much;
        // and a caller must not make us normalize a megabyte.
        if text.len() > 4 * Self::MAX {
            return Err(NotAnEmail::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(NotAnEmail::NoAtSign)?;
        if domain.contains('@') {
            return Err(NotAnEmail::SeveralAtSigns);
        }
        let local = normalize_local_part(local);
        check_local_part(&local)?;
        if domain.is_empty() {
            return Err(NotAnEmail::NoDomain);
        }
        let domain = normalize_domain(domain).ok_or(NotAnEmail::Domain)?;
        let mut normal = String::with_capacity(local.len() + 1 + domain.len());
        normal.push_str(&local);
        normal.push('@');
        normal.push_str(&domain);
        if normal.len() > Self::MAX {
            return Err(NotAnEmail::TooLong);
        }
        Ok(Self(normal))
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the @-sign; never empty.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// The part after the @-sign, in lowercase ASCII; never empty.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// Whether `is_listed` accepts the domain or one of its parent domains.
    ///
    /// Only whole labels are cut off, so `notexample.com` is not in
    /// `example.com`. A list of domains has to be in [`Self::domain`]'s form.
    #[must_use]
    pub fn is_in_domains(&self, is_listed: impl Fn(&str) -> bool) -> bool {
        std::iter::successors(Some(self.domain()), |domain| {
            Some(domain.split_once('.')?.1)
        })
        .any(is_listed)
    }

    fn parts(&self) -> (&str, &str) {
        // A parsed address has an @-sign, so the fallback is never used.
        self.0.split_once('@').unwrap_or((&self.0, ""))
    }
}

/// Composes the local part (NFC) and puts its ASCII letters into lowercase. The
/// second composition is for the few characters that have a composed form in
/// lowercase only (`J` and a caron).
fn normalize_local_part(local: &str) -> String {
    let lower = |text: String| text.to_ascii_lowercase();
    if local.is_ascii() {
        return lower(local.to_owned());
    }
    lower(local.nfc().collect()).nfc().collect()
}

/// Whether a font may leave the character out (Unicode's
/// `Default_Ignorable_Code_Point`, with the ranges reserved for more): two
/// addresses that differ by one look the same.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn check_local_part(local: &str) -> Result<(), NotAnEmail> {
    if local.is_empty() {
        return Err(NotAnEmail::NoLocalPart);
    }
    if local.len() > 64 {
        return Err(NotAnEmail::LocalPartTooLong);
    }
    let refused = |c: &char| {
        c.is_control()
            || c.is_whitespace()
            || is_deceptive(*c)
            || is_ignorable(*c)
            || matches!(
                c,
                '"' | '\\' | '<' | '>' | ',' | ';' | ':' | '(' | ')' | '[' | ']'
            )
    };
    if let Some(c) = local.chars().find(refused) {
        return Err(NotAnEmail::Character(c));
    }
    if local.split('.').any(str::is_empty) {
        return Err(NotAnEmail::MisplacedDot);
    }
    Ok(())
}

/// Returns the domain in lowercase ASCII, or `None` if it is not a valid DNS
/// name. A single label (`localhost`) is valid: closed networks use them.
pub(crate) fn normalize_domain(domain: &str) -> Option<String> {
    Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .ok()
        .map(std::borrow::Cow::into_owned)
}

impl FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        Self::parse(text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
