//! E-mail addresses: parsed in one place, so that one person has one account
//! whatever capitals they type (and whatever door they type them at).
//!
//! Not here: who may sign up with one ([`crate::AccessPolicy`]), and whether
//! letters arrive.

use std::fmt;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::text::is_deceptive;

/// An address in its one normal form: no blanks around it, the domain in
/// lowercase ASCII (`xn--…` where needed), the local part composed (NFC) and
/// its ASCII letters in lowercase. Other letters of the local part keep their
/// case: only its mail server knows which of them are the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is no e-mail address, and what would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// The contract's own words.
    #[error("An email address must have an @-sign.")]
    NoAtSign,
    /// Quoted local parts, where a second one would be right, are not taken.
    #[error("An email address must have exactly one @-sign.")]
    SeveralAtSigns,
    /// Starts with the @-sign.
    #[error("There must be something before the @-sign.")]
    NoLocalPart,
    /// Ends with the @-sign.
    #[error("There must be a domain after the @-sign.")]
    NoDomain,
    /// Longer than a mail server accepts.
    #[error("The part before the @-sign must be at most 64 bytes long.")]
    LocalPartTooLong,
    /// Longer than [`Email::MAX`].
    #[error("An email address must be at most 254 bytes long.")]
    TooLong,
    /// A blank, a control character, one that is not seen, or one with a
    /// meaning in mail headers.
    #[error("The part before the @-sign must not contain the character {0:?}.")]
    Character(char),
    /// At an end of the local part, or twice in a row.
    #[error("Each dot before the @-sign must stand between two other characters.")]
    MisplacedDot,
    /// Not a name that DNS could hold.
    #[error(
        "The domain after the @-sign must be labels of letters, digits and inner hyphens, separated by single dots."
    )]
    Domain,
}

impl Email {
    /// In bytes of the normal form (RFC 5321's path without its brackets).
    pub const MAX: usize = 254;

    /// Also what `FromStr` and deserialization do.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim();
        // The normal form may be shorter than what was typed, but not by
        // that much; and nobody should make us normalise a megabyte.
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

    /// What stands before the @-sign; never empty.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// What stands after the @-sign, in lowercase ASCII; never empty.
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
        // Parsed, so the sign is there; the fallback is never taken.
        self.0.split_once('@').unwrap_or((&self.0, ""))
    }
}

/// However a keyboard composes a letter, it is one letter. The second
/// composition is for the few letters that exist composed in lowercase only
/// (`J` and a caron).
fn normalize_local_part(local: &str) -> String {
    let lower = |text: String| text.to_ascii_lowercase();
    if local.is_ascii() {
        return lower(local.to_owned());
    }
    lower(local.nfc().collect()).nfc().collect()
}

/// What Unicode lets a font leave out (`Default_Ignorable_Code_Point`, with the
/// places it reserves for more): two addresses that differ by one look alike.
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

/// The domain in lowercase ASCII, or nothing when DNS could not hold it.
/// A single label (`localhost`) is a domain: closed networks use them.
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
