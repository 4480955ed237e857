//! What an operator looks up: people by address or id, organizations by page,
//! by id or by slug. Reads only, and only for the server's own command line:
//! nobody's permission is asked here.

use freehold_domain::{Id, Organization};
use freehold_store::{OrganizationMember, OrganizationMembership, OrganizationSummary, UserRecord};

use super::{MAX_LISTED, OrganizationReference, UserReference};
use crate::command::Outcome;
use crate::runtime::App;

/// What there is to know about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDetails {
    /// The account.
    pub user: UserRecord,
    /// How they have signed in, oldest first.
    pub methods: Vec<String>,
    /// What they are in, at most [`MAX_LISTED`].
    pub organizations: Vec<OrganizationMembership>,
}

/// What there is to know about an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationOverview {
    /// The organization.
    pub organization: OrganizationSummary,
    /// Who is in it, at most [`MAX_LISTED`].
    pub members: Vec<OrganizationMember>,
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
    /// The person, with everything that is shown about them.
    pub async fn user_details(&self, which: &UserReference) -> Outcome<Option<UserDetails>> {
        let user = match which {
            UserReference::Email(email) => self.store().user_by_email(email).await?,
            UserReference::Id(id) => self.store().user(*id).await?,
        };
        let Some(user) = user else { return Ok(None) };
        let methods = self.store().identities(user.id).await?;
        let organizations = self.store().memberships_of(user.id, MAX_LISTED).await?;
        Ok(Some(UserDetails {
            user,
            methods,
            organizations,
        }))
    }

    /// The organization, with everybody in it.
    pub async fn organization_overview(
        &self,
        which: &OrganizationReference,
    ) -> Outcome<Option<OrganizationOverview>> {
        let organization = match which {
            OrganizationReference::Id(id) => self.store().organization_summary(*id).await?,
            OrganizationReference::Slug(slug) => {
                self.store().organization_summary_by_slug(slug).await?
            }
        };
        let Some(organization) = organization else {
            return Ok(None);
        };
        let members = self
            .store()
            .organization_members(organization.id, MAX_LISTED)
            .await?;
        Ok(Some(OrganizationOverview {
            organization,
            members,
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
