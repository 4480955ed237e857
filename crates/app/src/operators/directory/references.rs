//! How operators name a user, an organization, or anything.

use std::fmt;

use freehold_domain::{Email, EntityKind, Id, Organization, OrganizationSlug, Refusal, User};
use uuid::Uuid;

use crate::command::Outcome;
use crate::runtime::App;

/// How a person is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserReference {
    /// By address.
    Email(Email),
    /// By id.
    Id(Id<User>),
}

impl UserReference {
    /// What a text names: an id, else an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => Email::parse(text).ok().map(Self::Email),
        }
    }

    /// That there is nobody like this.
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

/// How an organization is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationReference {
    /// By id.
    Id(Id<Organization>),
    /// By its name in URLs.
    Slug(OrganizationSlug),
}

impl OrganizationReference {
    /// What a text names: an id, else a slug.
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

/// How anything is named: what has no name of its own, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetReference {
    /// Whatever has this id.
    Id(Uuid),
    /// The person with this address.
    User(Email),
    /// The organization with this name in URLs.
    Organization(OrganizationSlug),
}

impl TargetReference {
    /// What a text names: an id, else an address, else a slug.
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
    /// The id of whoever is named. An id is taken as it is: what it named may be
    /// gone, and what is on record of it is not.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`] for an address that nobody has.
    pub(crate) async fn id_of_user(&self, which: &UserReference) -> Outcome<Id<User>> {
        match which {
            UserReference::Id(id) => Ok(*id),
            UserReference::Email(email) => {
                let user = self.store().user_by_email(email).await?;
                Ok(user.ok_or_else(|| which.missing())?.id)
            }
        }
    }

    /// [`App::id_of_user`] for an organization.
    pub(crate) async fn id_of_organization(
        &self,
        which: &OrganizationReference,
    ) -> Outcome<Id<Organization>> {
        match which {
            OrganizationReference::Id(id) => Ok(*id),
            OrganizationReference::Slug(slug) => {
                let found = self.store().organization_summary_by_slug(slug).await?;
                let missing = || Refusal::EntityNotFound {
                    kind: EntityKind::Organization,
                    named: slug.as_str().to_owned(),
                };
                Ok(found.ok_or_else(missing)?.id)
            }
        }
    }

    /// [`App::id_of_user`] for anything.
    pub(crate) async fn id_of(&self, which: &TargetReference) -> Outcome<Uuid> {
        match which {
            TargetReference::Id(id) => Ok(*id),
            TargetReference::User(email) => {
                let user = self
                    .id_of_user(&UserReference::Email(email.clone()))
                    .await?;
                Ok(user.uuid())
            }
            TargetReference::Organization(slug) => {
                let which = OrganizationReference::Slug(slug.clone());
                Ok(self.id_of_organization(&which).await?.uuid())
            }
        }
    }
}
