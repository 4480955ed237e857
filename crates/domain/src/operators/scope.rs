//! What an operator's credential is good for.
//!
//! Not here: what operators may do with accounts (`app`), and what their keys
//! look like ([`crate::OperatorKeyText`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part of what operators do. The shared admin key and the server's own
/// command line have all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorScope {
    /// Search and look at people, organizations and what is in them; ask why.
    AccountsRead,
    /// Make people, organizations, workspaces, projects and memberships; hand
    /// organizations over.
    AccountsWrite,
    /// Delete any of them.
    AccountsDelete,
    /// Give somebody who is there already something to sign in with: a login, a
    /// password, an API key; or take one away.
    CredentialsWrite,
    /// Read the audit trail and what waits to be told to the outside.
    AuditRead,
    /// Make and revoke the keys of operators, none of them wider than one's own.
    OperatorsWrite,
}

impl OperatorScope {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::AccountsDelete,
        Self::CredentialsWrite,
        Self::AuditRead,
        Self::OperatorsWrite,
    ];

    /// As it is written: `accounts:read`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::AccountsDelete => "accounts:delete",
            Self::CredentialsWrite => "credentials:write",
            Self::AuditRead => "audit:read",
            Self::OperatorsWrite => "operators:write",
        }
    }
}

impl fmt::Display for OperatorScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A scope is one of accounts:read, accounts:write, accounts:delete, credentials:write, audit:read, operators:write."
)]
pub struct NotAScope;

impl FromStr for OperatorScope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or(NotAScope)
    }
}

/// What one operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperatorScopes(u8);

impl OperatorScopes {
    /// All of it.
    #[must_use]
    pub fn all() -> Self {
        OperatorScope::ALL.into_iter().collect()
    }

    const fn bit(scope: OperatorScope) -> u8 {
        1 << scope as u8
    }

    /// Whether `scope` is among them.
    #[must_use]
    pub const fn contains(self, scope: OperatorScope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// Whether `other` has none that this has not.
    #[must_use]
    pub const fn is_superset(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of [`OperatorScope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = OperatorScope> {
        OperatorScope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<OperatorScope> for OperatorScopes {
    fn from_iter<I: IntoIterator<Item = OperatorScope>>(scopes: I) -> Self {
        Self(
            scopes
                .into_iter()
                .fold(0, |bits, scope| bits | Self::bit(scope)),
        )
    }
}

impl Serialize for OperatorScopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(OperatorScope::as_str))
    }
}

/// Words of later versions grant nothing here.
impl<'de> Deserialize<'de> for OperatorScopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        Ok(words.iter().filter_map(|word| word.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for one in OperatorScope::ALL {
            let set: OperatorScopes = [one].into_iter().collect();
            for other in OperatorScope::ALL {
                assert_eq!(set.contains(other), one == other);
            }
            assert!(OperatorScopes::all().is_superset(set));
            assert!(!set.is_superset(OperatorScopes::all()));
            assert_eq!(one.as_str().parse(), Ok(one));
        }
        let text = serde_json::to_string(&OperatorScopes::all()).unwrap();
        let read: OperatorScopes = serde_json::from_str(&text).unwrap();
        assert_eq!(read, OperatorScopes::all());
        let later: OperatorScopes = serde_json::from_str(r#"["audit:read", "moon:read"]"#).unwrap();
        assert_eq!(later, [OperatorScope::AuditRead].into_iter().collect());
    }
}
