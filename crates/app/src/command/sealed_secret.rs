//! Secrets in the output of a command, for `#[serde(with = "…")]`.
//!
//! [`SecretString`] does not implement `Serialize`. These functions serialize it
//! for the idempotency record, which is encrypted (see `idempotency`).

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(
    secret: &SecretString,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// The same for a secret that may be absent.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, SecretString, Serializer};
    use secrecy::ExposeSecret as _;

    pub(crate) fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_some(secret.expose_secret()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        let secret = Option::<String>::deserialize(deserializer)?;
        Ok(secret.map(SecretString::from))
    }
}
