//! What a single value may look like, and what becomes of it. Every function
//! takes text and gives a value or `None`; which name to blame is known to the
//! one who asks.
//!
//! Not here: how several values have to fit together (`sections`).

use std::net::{IpAddr, SocketAddr};

use freehold_domain::{Id, PasswordLevel, Project};
use ipnet::IpNet;
use regex::Regex;
use url::Url;

/// The fewest bytes of a key that somebody chose.
const MIN_KEY_BYTES: usize = 32;
/// What manuals and examples have in the place of a key. Most of what everybody
/// knows is too short anyway, or a repeated pattern.
const WELL_KNOWN_KEYS: [&str; 4] = ["replace-me", "change-me", "changeme", "secret"];

/// How strictly a switch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchParsing {
    /// Our own names: what is neither yes nor no is a mistake.
    Strict,
    /// Names of the contract: what is not yes is no.
    Lenient,
}

const YES: &[&str] = &["true", "1", "t", "y", "yes", "on", "enable", "enabled"];
const NO: &[&str] = &["false", "0", "f", "n", "no", "off", "disable", "disabled"];

/// On or off.
#[must_use]
pub fn switch(text: &str, spelling: SwitchParsing) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    if YES.contains(&text.as_str()) {
        Some(true)
    } else if spelling == SwitchParsing::Lenient || NO.contains(&text.as_str()) {
        Some(false)
    } else {
        None
    }
}

/// Whether a switch says clearly what it wants.
#[must_use]
pub fn is_switch(text: &str) -> bool {
    switch(text, SwitchParsing::Strict).is_some()
}

/// Items between commas, trimmed, in lower case, empty ones dropped.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|item| item.trim().to_lowercase())
        .filter(|item| !item.is_empty())
        .collect()
}

/// A number that is at least `minimum`.
#[must_use]
pub fn number(text: &str, minimum: u32) -> Option<u32> {
    text.parse().ok().filter(|number| *number >= minimum)
}

/// An address to listen on.
#[must_use]
pub fn listen(text: &str) -> Option<SocketAddr> {
    // A name is accepted where it can only mean this machine: resolving others
    // would ask the network before the server has said a word.
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().ok()
}

/// A web address without the slash at its end, ready to have a path put behind.
#[must_use]
pub fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    usable.then_some(url)
}

/// Networks in CIDR notation; a single address counts as a network of one.
#[must_use]
pub fn networks(text: &str) -> Option<Vec<IpNet>> {
    list(text)
        .iter()
        .map(|item| {
            item.parse()
                .ok()
                .or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from))
        })
        .collect()
}

/// Project ids, as the contract's JSON list or separated by commas.
#[must_use]
pub fn projects(text: &str) -> Option<Vec<Id<Project>>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    list(text).iter().map(|item| item.parse().ok()).collect()
}

/// Origins: a scheme, a host, perhaps a port, and nothing behind them.
#[must_use]
pub fn origins(text: &str) -> Option<Vec<String>> {
    list(text)
        .iter()
        .map(|item| {
            let url = web_address(item)?;
            let bare = item.strip_suffix('/').unwrap_or(item);
            (url.path() == "/" && !bare.contains('*')).then(|| url.origin().ascii_serialization())
        })
        .collect()
}

/// An expression that has to match a text from its beginning to its end.
///
/// # Errors
/// What is wrong with the expression.
pub fn anchored_regex(text: &str) -> Result<Regex, regex::Error> {
    // Compiled alone first: glued into the group, `a)(b` would become valid.
    Regex::new(text)?;
    Regex::new(&format!(r"\A(?:{text})\z"))
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For eyes.
    Pretty,
    /// For collectors: one object a line.
    Json,
}

/// How log lines look, by name.
#[must_use]
pub fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "pretty" => Some(LogFormat::Pretty),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// How much a password has to contain, by name.
#[must_use]
pub fn password_level(text: &str) -> Option<PasswordLevel> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Some(PasswordLevel::None),
        "basic" => Some(PasswordLevel::Basic),
        "strong" => Some(PasswordLevel::Strong),
        _ => None,
    }
}

/// Why `key` must not be used, if so: whoever guesses it may do everything.
#[must_use]
pub fn weakness(key: &str) -> Option<&'static str> {
    if WELL_KNOWN_KEYS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key))
    {
        Some("a well-known default")
    } else if key.len() < MIN_KEY_BYTES {
        Some("shorter than 32 bytes")
    } else if is_repeated(key.as_bytes()) {
        Some("a repeated pattern")
    } else {
        None
    }
}

/// Whether all of it follows from a half or less. Of keys that were drawn, none
/// is like that.
fn is_repeated(key: &[u8]) -> bool {
    (1..=key.len() / 2).any(|period| {
        key.iter()
            .zip(&key[period..])
            .all(|(first, second)| first == second)
    })
}
