//! Searching users by the beginning of their address, and organizations by the
//! beginning of their name.

use freehold_domain::{Id, OrganizationSlug, Refusal, Timestamp, User};
use freehold_store::{NameCursor, OrganizationSummary, RowPage, UserSearch, UserSummary};
use serde_json::json;

use super::{OrganizationReference, UserReference};
use crate::command::{Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// A search for users.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// The beginning of the address.
    pub email: Option<String>,
    /// Only members of this organization.
    pub organization: Option<OrganizationReference>,
    /// Only users with a login of this method.
    pub method: Option<String>,
    /// Only users whose address is verified, or is not.
    pub email_verified: Option<bool>,
    /// Created at this time or later.
    pub created_after: Option<Timestamp>,
    /// Created before this time.
    pub created_before: Option<Timestamp>,
    /// The page size.
    pub limit: i64,
    /// The cursor: the `next` of an earlier page.
    pub after: Option<String>,
}

/// A search for organizations.
#[derive(Clone, Debug, Default)]
pub struct OrganizationQuery {
    /// The beginning of the name, ignoring ASCII case.
    pub name: Option<String>,
    /// Exactly this slug.
    pub slug: Option<String>,
    /// The owner.
    pub owner: Option<UserReference>,
    /// The page size.
    pub limit: i64,
    /// The cursor: the `next` of an earlier page.
    pub after: Option<String>,
}

/// One page of results.
#[derive(Clone, Debug)]
pub struct SearchPage<T> {
    /// The results, in the order of the search.
    pub items: Vec<T>,
    /// The cursor of the next page, which can be present even if the page is
    /// short or the next one is empty.
    pub next: Option<String>,
}

impl<T> SearchPage<T> {
    const EMPTY: Self = Self {
        items: Vec::new(),
        next: None,
    };

    fn of<C>(page: RowPage<T, C>, cursor: impl FnOnce(C) -> String) -> Self {
        let RowPage { items, next } = page;
        let next = next.map(cursor);
        Self { items, next }
    }

    /// Cuts a list that was read with one extra row.
    fn truncate(mut items: Vec<T>, limit: i64, cursor: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(cursor);
        Self { items, next }
    }
}

/// The refusal of a cursor that belongs to another search.
fn invalid_cursor() -> Refusal {
    Refusal::InvalidField {
        location: "query",
        field: "cursor".to_owned(),
        problem: "not the `next` of a page of this search".to_owned(),
    }
}

fn parse_cursor<T: std::str::FromStr>(after: Option<&String>) -> Result<Option<T>, Refusal> {
    let parse = |text: &String| text.parse().map_err(|_| invalid_cursor());
    after.map(parse).transpose()
}

impl App {
    /// Users by the beginning of their address.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a cursor of another search;
    /// [`Refusal::EntityNotFound`] for a slug that does not exist.
    pub async fn search_users(
        &self,
        operator: &Operator,
        context: &RequestContext,
        query: &UserQuery,
    ) -> Outcome<SearchPage<UserSummary>> {
        let search = UserSearch {
            // Stored addresses are in lower case.
            email: query.email.as_deref().unwrap_or_default().to_lowercase(),
            method: query.method.clone(),
            verified: query.email_verified,
            created_after: query.created_after,
            created_before: query.created_before,
            limit: query.limit,
        };
        let read = json!({
            "read": "users", "email": query.email,
            "organization": query.organization.as_ref().map(OrganizationReference::to_string),
            "method": query.method, "verified": query.email_verified,
            "created_after": query.created_after.map(Timestamp::iso_z),
            "created_before": query.created_before.map(Timestamp::iso_z),
            "cursor": query.after,
        });
        self.record_operator_read(operator, context, read).await?;
        let store = self.store();
        match &query.organization {
            Some(organization) => {
                let organization = self.id_of_organization(organization).await?;
                let after: Option<Id<User>> = parse_cursor(query.after.as_ref())?;
                let page = store.users_of_organization(organization, &search, after);
                Ok(SearchPage::of(page.await?, |id| id.to_string()))
            }
            None => {
                let after = query.after.clone();
                let page = store.users_by_email(&search, after).await?;
                Ok(SearchPage::of(page, |email| email))
            }
        }
    }

    /// Organizations of an owner, by the beginning of their name, or all in the
    /// order of creation.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for a cursor of another search;
    /// [`Refusal::EntityNotFound`] for an address without a user.
    pub async fn search_organizations(
        &self,
        operator: &Operator,
        context: &RequestContext,
        query: &OrganizationQuery,
    ) -> Outcome<SearchPage<OrganizationSummary>> {
        let OrganizationQuery {
            name,
            slug,
            owner,
            limit,
            after,
        } = query;
        let read = json!({
            "read": "organizations", "name": name, "slug": slug,
            "owner": owner.as_ref().map(UserReference::to_string), "cursor": after,
        });
        self.record_operator_read(operator, context, read).await?;
        let store = self.store();
        let prefix = name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let owner = match owner {
            None => None,
            Some(owner) => Some(self.id_of_user(owner).await?),
        };
        if let Some(slug) = slug {
            let Ok(slug) = OrganizationSlug::parse(slug) else {
                return Ok(SearchPage::EMPTY);
            };
            let organization = store.organization_summary_by_slug(&slug).await?;
            let name_matches = |organization: &OrganizationSummary| {
                lowercase_name(organization).starts_with(&prefix)
            };
            let organization = organization
                .filter(|organization| owner.is_none_or(|owner| organization.owner == owner));
            let organization =
                organization.filter(|organization| name.is_none() || name_matches(organization));
            return Ok(SearchPage {
                items: organization.into_iter().collect(),
                next: None,
            });
        }
        let by_id = |organization: &OrganizationSummary| organization.id.to_string();
        if let Some(owner) = owner {
            let after = parse_cursor(after.as_ref())?;
            let page = store.organizations_of_owner(owner, &prefix, after, *limit);
            return Ok(SearchPage::of(page.await?, |id| id.to_string()));
        }
        if name.is_none() {
            let after = parse_cursor(after.as_ref())?;
            let organizations = store.organizations_after(after, limit + 1).await?;
            return Ok(SearchPage::truncate(organizations, *limit, by_id));
        }
        let after = match after {
            Some(after) => Some(parse_name_cursor(after).ok_or_else(invalid_cursor)?),
            None => None,
        };
        let organizations = store.organizations_by_name(&prefix, after, limit + 1);
        let by_name = |organization: &OrganizationSummary| {
            format!("{} {}", organization.id, lowercase_name(organization))
        };
        Ok(SearchPage::truncate(organizations.await?, *limit, by_name))
    }
}

/// The name as the index stores it.
fn lowercase_name(organization: &OrganizationSummary) -> String {
    let name = organization.name.as_deref();
    name.unwrap_or_default().to_ascii_lowercase()
}

fn parse_name_cursor(text: &str) -> Option<NameCursor> {
    let (id, name) = text.split_once(' ')?;
    Some(NameCursor {
        name: name.to_owned(),
        id: id.parse().ok()?,
    })
}
