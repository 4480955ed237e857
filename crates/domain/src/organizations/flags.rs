//! The flags of an organization: some with a meaning, and any others that clients
//! have set.
//!
//! Not here: what extensions do with their flags.

use serde_json::{Map, Value};

/// Flags that belong to extensions. Clients cannot change them.
const OWNED_BY_EXTENSIONS: [&str; 6] = [
    "allow_email",
    "allow_social",
    "allow_sso",
    "allow_root",
    "domains_only",
    "auto_join",
];

const IS_DEMO: &str = "is_demo";

/// The flags of an organization, unknown ones included.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrganizationFlags(Map<String, Value>);

/// Why flags are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFlags {
    /// The value is a list or an object.
    #[error("flag {0:?} must be true, false, a number, a string or null")]
    NotScalar(String),
    /// The organization would have more than [`OrganizationFlags::MAX_KEYS`].
    #[error("an organization can have at most 64 flags")]
    TooMany,
    /// A key is empty, or a key or string is too long or has control characters.
    #[error(
        "flag {0:?}: keys must have 1 to 64 characters, strings at most 1000, without control characters"
    )]
    Text(String),
}

impl OrganizationFlags {
    /// The maximum number of flags of an organization.
    pub const MAX_KEYS: usize = 64;

    /// The flags of a new organization. The arguments are the sign-in methods that
    /// this deployment offers.
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

    /// Reads flags from a database row. A value that is missing or not an object
    /// means no flags.
    #[must_use]
    pub fn from_json(stored: Option<Value>) -> Self {
        match stored {
            Some(Value::Object(flags)) => Self(flags),
            _ => Self::default(),
        }
    }

    /// The flags for the database and for clients: always an object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Whether the organization is a demo, whose members are not shown to each
    /// other.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.0.get(IS_DEMO).and_then(Value::as_bool) == Some(true)
    }

    /// Returns the flags after a client's update: the keys of `request` replace the
    /// stored ones. Flags that clients cannot change are ignored, because older
    /// clients send back all flags that they received.
    ///
    /// # Errors
    /// If a key or value is not valid, or there are too many flags.
    pub fn merge(&self, request: &Map<String, Value>) -> Result<Self, InvalidFlags> {
        let mut merged = self.0.clone();
        for (key, value) in request {
            if key == IS_DEMO || OWNED_BY_EXTENSIONS.contains(&key.as_str()) {
                continue;
            }
            check(key, value)?;
            merged.insert(key.clone(), value.clone());
        }
        // Flags that are too many already can be changed, but not increased.
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
