//! The flags of an organization: a few that have a meaning, and whatever
//! clients have put beside them.
//!
//! Not here: what extensions do with the keys they own.

use serde_json::{Map, Value};

/// Keys whose rules extensions know. The core keeps them and changes none.
const OWNED_BY_EXTENSIONS: [&str; 6] = [
    "allow_email",
    "allow_social",
    "allow_sso",
    "allow_root",
    "domains_only",
    "auto_join",
];

const IS_DEMO: &str = "is_demo";

/// An organization's flags, with unknown keys kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrganizationFlags(Map<String, Value>);

/// Why flags cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFlags {
    /// A list or an object.
    #[error("flag {0:?} must be true, false, a number, a text or null")]
    NotScalar(String),
    /// Would hold more than [`OrganizationFlags::MAX_KEYS`].
    #[error("an organization has at most 64 flags")]
    TooMany,
    /// A key or a text that is empty, too long, or has control characters.
    #[error(
        "flag {0:?}: keys have 1 to 64 characters, texts at most 1000, none of them control characters"
    )]
    Text(String),
}

impl OrganizationFlags {
    /// So many flags, known and unknown, fit on one organization.
    pub const MAX_KEYS: usize = 64;

    /// The flags of an organization that is founded now; the arguments are
    /// the ways of signing in that this deployment offers.
    #[must_use]
    pub fn for_new(allow_email: bool, allow_social: bool) -> Self {
        let mut flags = Map::new();
        flags.insert(IS_DEMO.to_owned(), false.into());
        for key in OWNED_BY_EXTENSIONS {
            let value = match key {
                "allow_email" => allow_email,
                "allow_social" => allow_social,
                _ => false,
            };
            flags.insert(key.to_owned(), value.into());
        }
        Self(flags)
    }

    /// From a database row. Older rows have nothing, and what is no object
    /// says nothing.
    #[must_use]
    pub fn from_json(stored: Option<Value>) -> Self {
        match stored {
            Some(Value::Object(flags)) => Self(flags),
            _ => Self::default(),
        }
    }

    /// For the database and for clients: always an object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// A showcase, whose members are not shown to each other.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.get(IS_DEMO).and_then(Value::as_bool) == Some(true)
    }

    /// What the flags become when a client asks for `request`: its keys over
    /// the stored ones, except those that are not the client's to set, which
    /// are passed over (old clients send back everything they were given).
    pub fn merge(&self, request: &Map<String, Value>) -> Result<Self, InvalidFlags> {
        let mut merged = self.0.clone();
        for (key, value) in request {
            if key == IS_DEMO || OWNED_BY_EXTENSIONS.contains(&key.as_str()) {
                continue;
            }
            check(key, value)?;
            merged.insert(key.clone(), value.clone());
        }
        // A row that was already too big may still be changed, not enlarged.
        if merged.len() > Self::MAX_KEYS.max(self.0.len()) {
            return Err(InvalidFlags::TooMany);
        }
        Ok(Self(merged))
    }
}

fn check(key: &str, value: &Value) -> Result<(), InvalidFlags> {
    let is_text =
        |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(char::is_control);
    let fits = match value {
        Value::Array(_) | Value::Object(_) => return Err(InvalidFlags::NotScalar(key.to_owned())),
        Value::String(text) => is_text(text, 1000),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    if fits && !key.is_empty() && is_text(key, 64) {
        Ok(())
    } else {
        Err(InvalidFlags::Text(key.to_owned()))
    }
}
