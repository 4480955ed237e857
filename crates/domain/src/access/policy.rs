//! Who may sign in, and who may create organizations: the operator's lists, and
//! how an email address is checked against them.
//!
//! Not here: where the lists are configured, and the refusal that the caller
//! receives ([`crate::Refusal::AccessDenied`], which does not name the rule).

use std::collections::HashSet;

use crate::identity::normalize_domain;
use crate::{Email, NotAnEmail};

/// The operator's lists for sign-in and sign-up. The default admits every
/// address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    allowed_domains: HashSet<String>,
    blocked_domains: HashSet<String>,
    blocked_emails: HashSet<Email>,
}

/// The rule that refused an address; for traces and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRule {
    /// The address itself is blocked.
    BlockedEmail,
    /// There is a list of allowed domains, and the address is in none of them.
    DomainNotAllowed,
    /// The address is in a blocked domain.
    BlockedDomain,
}

impl PolicyRule {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockedEmail => "blocked_email",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::BlockedDomain => "blocked_domain",
        }
    }
}

/// An item of a list that cannot match any address. It is refused at startup,
/// because a block list that does not block must not go unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPolicy {
    /// The item is not a bare domain.
    #[error("{0:?} is not a domain; expected one like example.com, without @, leading dot or *")]
    Domain(String),
    /// The item is not a complete address.
    #[error("{0:?} is not an email address: {1}")]
    Email(String, NotAnEmail),
}

impl AccessPolicy {
    /// Parses the lists. Items are trimmed and normalized like the addresses that
    /// they are compared with; blank ones are ignored.
    pub fn new<A, B, C>(
        allowed_domains: A,
        blocked_domains: B,
        blocked_emails: C,
    ) -> Result<Self, NotAPolicy>
    where
        A: IntoIterator<Item: AsRef<str>>,
        B: IntoIterator<Item: AsRef<str>>,
        C: IntoIterator<Item: AsRef<str>>,
    {
        Ok(Self {
            allowed_domains: parse_list(allowed_domains, parse_domain)?,
            blocked_domains: parse_list(blocked_domains, parse_domain)?,
            blocked_emails: parse_list(blocked_emails, |item| {
                Email::parse(item).map_err(|error| NotAPolicy::Email(item.to_owned(), error))
            })?,
        })
    }

    /// Checks whether a user with this address may sign in or sign up. Blocked domains are ignored if there are allowed
    /// domains; a blocked address is refused whatever its domain.
    pub fn check(&self, email: &Email) -> Result<(), PolicyRule> {
        if self.blocked_emails.contains(email) {
            return Err(PolicyRule::BlockedEmail);
        }
        if !self.allowed_domains.is_empty() {
            return if email.is_in_domains(|domain| self.allowed_domains.contains(domain)) {
                Ok(())
            } else {
                Err(PolicyRule::DomainNotAllowed)
            };
        }
        if email.is_in_domains(|domain| self.blocked_domains.contains(domain)) {
            return Err(PolicyRule::BlockedDomain);
        }
        Ok(())
    }
}

fn parse_list<T: Eq + std::hash::Hash>(
    items: impl IntoIterator<Item: AsRef<str>>,
    parse: impl Fn(&str) -> Result<T, NotAPolicy>,
) -> Result<HashSet<T>, NotAPolicy> {
    items
        .into_iter()
        .filter_map(|item| {
            let item = item.as_ref().trim();
            (!item.is_empty()).then(|| parse(item))
        })
        .collect()
}

fn parse_domain(item: &str) -> Result<String, NotAPolicy> {
    normalize_domain(item).ok_or_else(|| NotAPolicy::Domain(item.to_owned()))
}

/// The users who may create organizations, at sign-up and later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOwners(Option<HashSet<Email>>);

impl AllowedOwners {
    /// Every user may create organizations; the default.
    #[must_use]
    pub const fn unrestricted() -> Self {
        Self(None)
    }

    /// Only users with these addresses may create organizations; no user, if there
    /// are none. A setting that is set but blank means
    /// [`AllowedOwners::unrestricted`]; the configuration decides that and warns.
    #[must_use]
    pub fn only(emails: impl IntoIterator<Item = Email>) -> Self {
        Self(Some(emails.into_iter().collect()))
    }

    /// Whether the user with this address may create organizations.
    #[must_use]
    pub fn allows(&self, email: &Email) -> bool {
        self.0.as_ref().is_none_or(|list| list.contains(email))
    }

    /// Whether every user may create organizations.
    #[must_use]
    pub const fn is_unrestricted(&self) -> bool {
        self.0.is_none()
    }
}
