//! The syntax of single values. Every function parses text and returns `None` if
//! it is not valid; the caller knows the name for the error message.
//!
//! Not here: the rules between several values (`sections`).

use std::net::{IpAddr, SocketAddr};

use freehold_domain::{Id, PasswordLevel, Project};
use ipnet::IpNet;
use regex::Regex;
use url::Url;

/// Minimum length of a configured key, in bytes.
const MIN_KEY_BYTES: usize = 32;
/// Placeholders of manuals and examples. Other well-known keys are refused because
/// they are too short or a repeated pattern.
const WELL_KNOWN_KEYS: [&str; 4] = ["replace-me", "change-me", "changeme", "secret"];

/// How strictly a switch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchParsing {
    /// Our own names: a value that is neither yes nor no is an error.
    Strict,
    /// Names of the reference API: every value that is not yes is no
    /// (docs/COMPATIBILITY.md#configuration).
    Lenient,
}

const YES: &[&str] = &["true", "1", "t", "y", "yes", "on", "enable", "enabled"];
const NO: &[&str] = &["false", "0", "f", "n", "no", "off", "disable", "disabled"];

/// Parses an on/off setting.
#[must_use]
pub fn switch(text: &str, parsing: SwitchParsing) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    if YES.contains(&text.as_str()) {
        Some(true)
    } else if parsing == SwitchParsing::Lenient || NO.contains(&text.as_str()) {
        Some(false)
    } else {
        None
    }
}

/// Whether `text` is one of the known values for on and off.
#[must_use]
pub fn is_switch(text: &str) -> bool {
    switch(text, SwitchParsing::Strict).is_some()
}

/// Splits a list at its commas: items are trimmed and in lower case, empty items
/// are dropped.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|item| item.trim().to_lowercase())
        .filter(|item| !item.is_empty())
        .collect()
}

/// Parses a number that is at least `minimum`.
#[must_use]
pub fn number(text: &str, minimum: u32) -> Option<u32> {
    text.parse().ok().filter(|number| *number >= minimum)
}

/// Parses an address to listen on.
#[must_use]
pub fn listen(text: &str) -> Option<SocketAddr> {
    // `localhost` is the only host name that is accepted: resolving others would
    // need the network at startup.
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().ok()
}

/// Parses a URL that a path can be appended to: without query, fragment and
/// credentials.
#[must_use]
pub fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_usable = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_usable.then_some(url)
}

/// Parses a list of networks in CIDR notation; a single address is a network too.
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

/// Parses project ids: a JSON list (the form of the reference API), or separated by
/// commas.
#[must_use]
pub fn projects(text: &str) -> Option<Vec<Id<Project>>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    list(text).iter().map(|item| item.parse().ok()).collect()
}

/// Parses a list of origins: a scheme, a host and optionally a port, without a path.
#[must_use]
pub fn origins(text: &str) -> Option<Vec<String>> {
    list(text)
        .iter()
        .map(|item| {
            let url = web_url(item)?;
            (url.path() == "/" && !item.contains('*')).then(|| url.origin().ascii_serialization())
        })
        .collect()
}

/// Compiles an expression that has to match a text from its beginning to its end.
///
/// # Errors
/// If the expression is not valid.
pub fn anchored_regex(text: &str) -> Result<Regex, regex::Error> {
    // Compiled alone first: inside the group, `a)(b` would become valid.
    Regex::new(text)?;
    Regex::new(&format!(r"\A(?:{text})\z"))
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Human-readable text.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// Parses a format of log lines.
#[must_use]
pub fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "pretty" => Some(LogFormat::Pretty),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// Parses a level of the password policy.
#[must_use]
pub fn password_level(text: &str) -> Option<PasswordLevel> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Some(PasswordLevel::None),
        "basic" => Some(PasswordLevel::Basic),
        "strong" => Some(PasswordLevel::Strong),
        _ => None,
    }
}

/// Returns why `key` is too weak for an admin key, `None` if it is strong enough.
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

/// Whether `key` repeats a pattern of at most half its length, as no random key
/// does.
fn is_repeated(key: &[u8]) -> bool {
    (1..=key.len() / 2).any(|period| {
        key.iter()
            .zip(&key[period..])
            .all(|(first, second)| first == second)
    })
}
