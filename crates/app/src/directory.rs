//! What an operator looks up: people by address or id, organizations by page,
//! by id or by slug. Reads only, and only for the server's own command line:
//! nobody's permission is asked here.
//!
//! What operators ask over the network is below: searching in [`searching`],
//! everything about one account in [`accounts`], the audit trail in [`trail`],
//! the outbox in [`outbox`].

mod accounts;
mod outbox;
mod searching;
mod trail;

use std::fmt;

use freehold_domain::{Email, EntityKind, Id, Organization, OrganizationSlug, Refusal, User};
use freehold_store::{OrganizationMember, OrganizationMembership, OrganizationSummary, UserRecord};
use uuid::Uuid;

pub use accounts::{AccountFile, AccountGraph};
pub use outbox::OutboxFile;
pub use searching::{OrganizationQuery, Page, UserQuery};
pub use trail::{EventQuery, OwnEvent, OwnEvents, WhichActor};

use crate::app::App;
use crate::failure::Outcome;

/// How many memberships are shown with a person or an organization.
pub const SHOWN_MEMBERS: i64 = 500;

/// How a person is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichUser {
    /// By address.
    Email(Email),
    /// By id.
    Id(Id<User>),
}

impl WhichUser {
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

impl fmt::Display for WhichUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(email) => f.write_str(email.as_str()),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// How an organization is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichOrganization {
    /// By id.
    Id(Id<Organization>),
    /// By its name in URLs.
    Slug(OrganizationSlug),
}

impl WhichOrganization {
    /// What a text names: an id, else a slug.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => OrganizationSlug::parse(text).ok().map(Self::Slug),
        }
    }
}

impl fmt::Display for WhichOrganization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => f.write_str(slug.as_str()),
        }
    }
}

/// How anything is named: what has no name of its own, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichThing {
    /// Whatever has this id.
    Id(Uuid),
    /// The person with this address.
    User(Email),
    /// The organization with this name in URLs.
    Organization(OrganizationSlug),
}

impl WhichThing {
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

impl fmt::Display for WhichThing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::User(email) => f.write_str(email.as_str()),
            Self::Organization(slug) => f.write_str(slug.as_str()),
        }
    }
}

/// What there is to know about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFile {
    /// The account.
    pub user: UserRecord,
    /// How they have signed in, oldest first.
    pub methods: Vec<String>,
    /// What they are in, at most [`SHOWN_MEMBERS`].
    pub organizations: Vec<OrganizationMembership>,
}

/// What there is to know about an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationFile {
    /// The organization.
    pub organization: OrganizationSummary,
    /// Who is in it, at most [`SHOWN_MEMBERS`].
    pub people: Vec<OrganizationMember>,
}

/// Some organizations, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPage {
    /// In the order of their making.
    pub organizations: Vec<OrganizationSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<Id<Organization>>,
}

impl App {
    /// The id of whoever is named. An id is taken as it is: what it named may be
    /// gone, and what is on record of it is not.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`] for an address that nobody has.
    pub(crate) async fn id_of_user(&self, which: &WhichUser) -> Outcome<Id<User>> {
        match which {
            WhichUser::Id(id) => Ok(*id),
            WhichUser::Email(email) => {
                let user = self.store().user_by_email(email).await?;
                Ok(user.ok_or_else(|| which.missing())?.id)
            }
        }
    }

    /// [`App::id_of_user`] for an organization.
    pub(crate) async fn id_of_organization(
        &self,
        which: &WhichOrganization,
    ) -> Outcome<Id<Organization>> {
        match which {
            WhichOrganization::Id(id) => Ok(*id),
            WhichOrganization::Slug(slug) => {
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
    pub(crate) async fn id_of(&self, which: &WhichThing) -> Outcome<Uuid> {
        match which {
            WhichThing::Id(id) => Ok(*id),
            WhichThing::User(email) => {
                let user = self.id_of_user(&WhichUser::Email(email.clone())).await?;
                Ok(user.uuid())
            }
            WhichThing::Organization(slug) => {
                let which = WhichOrganization::Slug(slug.clone());
                Ok(self.id_of_organization(&which).await?.uuid())
            }
        }
    }

    /// The person, with everything that is shown about them.
    pub async fn user_file(&self, which: &WhichUser) -> Outcome<Option<UserFile>> {
        let user = match which {
            WhichUser::Email(email) => self.store().user_by_email(email).await?,
            WhichUser::Id(id) => self.store().user(*id).await?,
        };
        let Some(user) = user else { return Ok(None) };
        let methods = self.store().identities(user.id).await?;
        let organizations = self.store().memberships_of(user.id, SHOWN_MEMBERS).await?;
        Ok(Some(UserFile {
            user,
            methods,
            organizations,
        }))
    }

    /// The organization, with everybody in it.
    pub async fn organization_file(
        &self,
        which: &WhichOrganization,
    ) -> Outcome<Option<OrganizationFile>> {
        let organization = match which {
            WhichOrganization::Id(id) => self.store().organization_summary(*id).await?,
            WhichOrganization::Slug(slug) => {
                self.store().organization_summary_by_slug(slug).await?
            }
        };
        let Some(organization) = organization else {
            return Ok(None);
        };
        let people = self
            .store()
            .organization_members(organization.id, SHOWN_MEMBERS)
            .await?;
        Ok(Some(OrganizationFile {
            organization,
            people,
        }))
    }

    /// Up to `limit` organizations, those behind `after`.
    pub async fn organization_page(
        &self,
        after: Option<Id<Organization>>,
        limit: u32,
    ) -> Outcome<OrganizationPage> {
        let limit = i64::from(limit);
        // One more than asked for tells whether there is another page.
        let mut organizations = self.store().organizations_after(after, limit + 1).await?;
        let more = organizations.len() as i64 > limit;
        if more {
            organizations.pop();
        }
        let next = organizations.last().filter(|_| more).map(|last| last.id);
        Ok(OrganizationPage {
            organizations,
            next,
        })
    }
}
