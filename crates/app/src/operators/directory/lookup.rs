//! Lookups of the server's own command line: users by address or id,
//! organizations by page, id or slug. They read only, and check no permission.

use freehold_domain::{Id, Organization};
use freehold_store::{OrganizationMember, OrganizationMembership, OrganizationSummary, UserRecord};

use super::{MAX_LISTED, OrganizationReference, UserReference};
use crate::command::Outcome;
use crate::runtime::App;

/// A user with their logins and organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDetails {
    /// The account.
    pub user: UserRecord,
    /// The methods of the user's logins, oldest first.
    pub methods: Vec<String>,
    /// The user's organizations, at most [`MAX_LISTED`].
    pub organizations: Vec<OrganizationMembership>,
}

/// An organization with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationOverview {
    /// The organization.
    pub organization: OrganizationSummary,
    /// The members, at most [`MAX_LISTED`].
    pub members: Vec<OrganizationMember>,
}

/// One page of organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPage {
    /// The organizations, in the order of creation.
    pub organizations: Vec<OrganizationSummary>,
    /// The cursor of the next page, if there is one.
    pub next: Option<Id<Organization>>,
}

impl App {
    /// The details of a user, or `None`.
    pub async fn user_details(&self, reference: &UserReference) -> Outcome<Option<UserDetails>> {
        let user = match reference {
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

    /// An organization with its members, or `None`.
    pub async fn organization_overview(
        &self,
        reference: &OrganizationReference,
    ) -> Outcome<Option<OrganizationOverview>> {
        let organization = match reference {
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

    /// Up to `limit` organizations after the cursor.
    pub async fn organization_page(
        &self,
        after: Option<Id<Organization>>,
        limit: u32,
    ) -> Outcome<OrganizationPage> {
        let limit = i64::from(limit);
        // One extra row shows whether there is another page.
        let mut organizations = self.store().organizations_after(after, limit + 1).await?;
        let has_more = organizations.len() as i64 > limit;
        if has_more {
            organizations.pop();
        }
        let next = organizations
            .last()
            .filter(|_| has_more)
            .map(|last| last.id);
        Ok(OrganizationPage {
            organizations,
            next,
        })
    }
}
