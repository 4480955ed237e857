//! Ids: a UUID that knows what it names, so that a project's id cannot be
//! handed to something that asks for a workspace's.
//!
//! The kinds below are only names for the compiler. What an organization
//! consists of is said by the crates that keep and change it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{RandomSource, Timestamp};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident),* $(,)?) => {
        $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub enum $kind {})*
    };
}

kinds! {
    /// A person with an account.
    User,
    /// The tenant: it owns workspaces and has one owner.
    Organization,
    /// A group of projects with the same members.
    Workspace,
    /// What keys and content belong to.
    Project,
    /// One person's place in an organization, a workspace or a project.
    Membership,
    /// A program's credential for one project.
    ApiKey,
    /// One signed-in device.
    Session,
    /// A testset, an evaluator or an environment.
    Resource,
    /// One line of the audit trail.
    AuditEvent,
    /// A letter or an event that waits to be delivered.
    OutboxEntry,
    /// One address that is asked to join a workspace.
    Invitation,
    /// A link that lets several people into a workspace.
    InvitationLink,
    /// One way in which a person signs in.
    Identity,
    /// A named operator's credential.
    OperatorKey,
    /// Many accounts that are brought along together.
    Import,
}

/// The id of a `T`.
pub struct Id<T> {
    uuid: Uuid,
    // A function pointer, so that `Id` is `Send`, `Sync` and `Copy` whatever `T` is.
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Takes a UUID of any version: rows of older databases have other ones than v7.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// A new id, later in order than those drawn at an earlier microsecond.
    #[must_use]
    pub fn generate(random: &dyn RandomSource, now: Timestamp) -> Self {
        Self::new(random.uuid(now))
    }

    /// What a database and a JSON encoder want.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

/// A text that is no UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnId(String);

impl<T> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Uuid::try_parse(text)
            .map(Self::new)
            .map_err(|error| NotAnId(error.to_string()))
    }
}

// By hand, because deriving would demand the same of `T`.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.uuid.as_hyphenated(), f)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "01a2082d-5df6-7a31-8c44-0123456789ab";

    #[test]
    fn every_uuid_format_parses_to_the_same_id() {
        let id: Id<User> = TEXT.parse().unwrap();
        for form in [
            "01A2082D-5DF6-7A31-8C44-0123456789AB",
            "01a2082d5df67a318c440123456789ab",
            "{01a2082d-5df6-7a31-8c44-0123456789ab}",
            "urn:uuid:01a2082d-5df6-7a31-8c44-0123456789ab",
        ] {
            assert_eq!(form.parse::<Id<User>>().unwrap(), id, "{form}");
        }
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(format!("{id:?}"), TEXT);
    }

    #[test]
    fn an_invalid_id_reports_the_parser_error() {
        let error = "bad".parse::<Id<Project>>().unwrap_err();
        assert_eq!(
            error.to_string(),
            Uuid::try_parse("bad").unwrap_err().to_string()
        );
        assert!(serde_json::from_str::<Id<Project>>("\"bad\"").is_err());
        assert!(serde_json::from_str::<Id<Project>>("7").is_err());
    }

    #[test]
    fn ids_round_trip_through_json() {
        let id: Id<ApiKey> = TEXT.parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<Id<ApiKey>>(&json).unwrap(), id);
    }
}
