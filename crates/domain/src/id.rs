//! Ids: UUIDs with the kind of the object in their type, so that a project's id
//! cannot be passed where a workspace's is expected.
//!
//! The kinds below are only type parameters. Not here: the objects themselves
//! (`store`, `app`).

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
    /// A user with an account.
    User,
    /// A tenant: it has workspaces and one owner.
    Organization,
    /// A group of projects with the same members.
    Workspace,
    /// A project, to which API keys and content belong.
    Project,
    /// One user's membership in an organization, a workspace or a project.
    Membership,
    /// A credential of a program, for one project.
    ApiKey,
    /// One signed-in client of a user.
    Session,
    /// A testset, an evaluator or an environment.
    Resource,
    /// One entry of the audit log.
    AuditEvent,
    /// An email job or an event that is to be delivered.
    OutboxEntry,
    /// An invitation of one email address to a workspace.
    Invitation,
    /// An invitation link, with which several users can join a workspace.
    InvitationLink,
    /// A login method of a user.
    Identity,
    /// A credential of a named operator.
    OperatorKey,
    /// An import of many accounts.
    Import,
}

/// The id of a `T`.
pub struct Id<T> {
    uuid: Uuid,
    // A function pointer makes `Id` `Send`, `Sync` and `Copy` for every `T`.
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Wraps a UUID of any version: older databases contain others than version 7.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Generates an id that sorts after those of earlier microseconds.
    #[must_use]
    pub fn generate(random: &dyn RandomSource, now: Timestamp) -> Self {
        Self::new(random.uuid(now))
    }

    /// The UUID, for databases and JSON.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

/// A text is not a UUID.
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

// Written out, because deriving would require the same traits of `T`.
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
