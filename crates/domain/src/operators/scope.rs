//! The scopes of operators' credentials.
//!
//! Not here: the commands of operators (`app`), and the format of their keys
//! ([`crate::OperatorKeyText`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A group of commands of operators. The shared admin key and the server's own
/// command line have every scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorScope {
    /// Search and read users, organizations and what is in them; explain decisions.
    AccountsRead,
    /// Create users, organizations, workspaces, projects and memberships; transfer
    /// ownership.
    AccountsWrite,
    /// Delete users, organizations, workspaces, projects and memberships.
    AccountsDelete,
    /// Create and delete credentials of existing users: logins, passwords, API
    /// keys.
    CredentialsWrite,
    /// Read the audit log and undelivered events.
    AuditRead,
    /// Create and revoke operators' keys, with no more scopes than the caller has.
    OperatorsWrite,
}

impl OperatorScope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::AccountsDelete,
        Self::CredentialsWrite,
        Self::AuditRead,
        Self::OperatorsWrite,
    ];

    /// The name, such as `accounts:read`.
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

/// A text is not the name of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A scope must be one of accounts:read, accounts:write, accounts:delete, credentials:write, audit:read, operators:write."
)]
pub struct NotAScope;

impl FromStr for OperatorScope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(NotAScope)
    }
}

/// The scopes of one operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperatorScopes(u8);

impl OperatorScopes {
    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        OperatorScope::ALL.into_iter().collect()
    }

    const fn bit(scope: OperatorScope) -> u8 {
        1 << scope as u8
    }

    /// Whether the set contains the scope.
    #[must_use]
    pub const fn contains(self, scope: OperatorScope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// Whether this set contains every scope of `other`.
    #[must_use]
    pub const fn is_superset(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes in the set, in the order of [`OperatorScope::ALL`].
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

/// Ignores unknown scopes, which may come from a later version.
impl<'de> Deserialize<'de> for OperatorScopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_only_what_was_added() {
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
