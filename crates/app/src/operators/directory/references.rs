//! How operators refer to a user, an organization, or any object.

use std::fmt;

use freehold_domain::{Email, EntityKind, Id, Organization, OrganizationSlug, Refusal, User};
use uuid::Uuid;

use crate::command::Outcome;
use crate::runtime::App;

/// A reference to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserReference {
    /// By email address.
    Email(Email),
    /// By id.
    Id(Id<User>),
}

impl UserReference {
    /// Parses an id, or else an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => Email::parse(text).ok().map(Self::Email),
        }
    }

    /// The refusal if the user does not exist.
    pub(crate) fn missing(&self) -> Refusal {
        Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: self.to_string(),
        }
    }
}

impl fmt::Display for UserReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(email) => f.write_str(email.as_str()),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// A reference to an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationReference {
    /// By id.
    Id(Id<Organization>),
    /// By slug.
    Slug(OrganizationSlug),
}

impl OrganizationReference {
    /// Parses an id, or else a slug.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => OrganizationSlug::parse(text).ok().map(Self::Slug),
        }
    }
}

impl fmt::Display for OrganizationReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => f.write_str(slug.as_str()),
        }
    }
}

/// A reference to any object; objects without a name of their own are referred
/// to by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetReference {
    /// The object with this id.
    Id(Uuid),
    /// The user with this address.
    User(Email),
    /// The organization with this slug.
    Organization(OrganizationSlug),
}

impl TargetReference {
    /// Parses an id, or else an address, or else a slug.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Some(Self::Id(id));
        }
        match Email::parse(text) {
            Ok(email) => Some(Self::User(email)),
            Err(_) => OrganizationSlug::parse(text).ok().map(Self::Organization),
        }
    }
}

impl fmt::Display for TargetReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::User(email) => f.write_str(email.as_str()),
            Self::Organization(slug) => f.write_str(slug.as_str()),
        }
    }
}

impl App {
    /// The id of the referenced user. An id is returned unchecked, because the
    /// audit log also has events of deleted users.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`] for an address without a user.
    pub(crate) async fn id_of_user(&self, reference: &UserReference) -> Outcome<Id<User>> {
        match reference {
            UserReference::Id(id) => Ok(*id),
            UserReference::Email(email) => {
                let user = self.store().user_by_email(email).await?;
                Ok(user.ok_or_else(|| reference.missing())?.id)
            }
        }
    }

    /// [`App::id_of_user`] for an organization.
    pub(crate) async fn id_of_organization(
        &self,
        reference: &OrganizationReference,
    ) -> Outcome<Id<Organization>> {
        match reference {
            OrganizationReference::Id(id) => Ok(*id),
            OrganizationReference::Slug(slug) => {
                let organization = self.store().organization_summary_by_slug(slug).await?;
                let missing = || Refusal::EntityNotFound {
                    kind: EntityKind::Organization,
                    named: slug.as_str().to_owned(),
                };
                Ok(organization.ok_or_else(missing)?.id)
            }
        }
    }

    /// [`App::id_of_user`] for any object.
    pub(crate) async fn id_of(&self, reference: &TargetReference) -> Outcome<Uuid> {
        match reference {
            TargetReference::Id(id) => Ok(*id),
            TargetReference::User(email) => {
                let user = self
                    .id_of_user(&UserReference::Email(email.clone()))
                    .await?;
                Ok(user.uuid())
            }
            TargetReference::Organization(slug) => {
                let reference = OrganizationReference::Slug(slug.clone());
                Ok(self.id_of_organization(&reference).await?.uuid())
            }
        }
    }
}
