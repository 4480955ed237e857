//! Who may sign in at all, and who may create organizations: the operator's
//! lists, and how an address is held against them.
//!
//! Not here: where the lists are configured, and how a refusal is worded to
//! somebody outside ([`crate::Refusal::AccessDenied`]; it tells no rule).

use std::collections::HashSet;

use crate::identity::normalize_domain;
use crate::{Email, NotAnEmail};

/// The operator's lists for sign-in and sign-up. The default admits everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    allowed_domains: HashSet<String>,
    blocked_domains: HashSet<String>,
    blocked_emails: HashSet<Email>,
}

/// The rule that kept somebody out; for traces and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRule {
    /// The address itself is on the list.
    BlockedEmail,
    /// There is a list of allowed domains, and the address is under none.
    DomainNotAllowed,
    /// The address is under a blocked domain.
    BlockedDomain,
}

impl PolicyRule {
    /// A stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BlockedEmail => "blocked_email",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::BlockedDomain => "blocked_domain",
        }
    }
}

/// A list item that could never match anybody. Better no start than a block
/// list that blocks nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPolicy {
    /// Domains are listed bare.
    #[error("{0:?} is not a domain; list domains like example.com, without @, dot in front or *")]
    Domain(String),
    /// Blocked addresses are listed in full.
    #[error("{0:?} is not an e-mail address: {1}")]
    Email(String, NotAnEmail),
}

impl AccessPolicy {
    /// Items are trimmed and normalised like the addresses they are held
    /// against; blank ones are dropped.
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

    /// A list of allowed domains wins over one of blocked domains, which is
    /// then not read; a blocked address is blocked whatever its domain.
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

/// Who may create organizations, at sign-up and later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOwners(Option<HashSet<Email>>);

impl AllowedOwners {
    /// The default: no list was configured.
    #[must_use]
    pub const fn unrestricted() -> Self {
        Self(None)
    }

    /// Exactly these people; nobody, if there are none. A variable that is
    /// set but blank means [`AllowedOwners::unrestricted`], which is for the
    /// reader of the configuration to decide (and to warn about).
    #[must_use]
    pub fn only(emails: impl IntoIterator<Item = Email>) -> Self {
        Self(Some(emails.into_iter().collect()))
    }

    /// Whether this person may.
    #[must_use]
    pub fn allows(&self, email: &Email) -> bool {
        self.0.as_ref().is_none_or(|list| list.contains(email))
    }

    /// Whether everyone may.
    #[must_use]
    pub const fn is_unrestricted(&self) -> bool {
        self.0.is_none()
    }
}
