//! Searching people by the beginning of their address, organizations by the
//! beginning of their name.

use freehold_domain::{Id, OrganizationSlug, Refusal, Timestamp, User};
use freehold_store::{NameCursor, OrganizationSummary, RowPage, UserSearch, UserSummary};
use serde_json::json;

use super::{OrganizationReference, UserReference};
use crate::command::{Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// How their address begins.
    pub email: Option<String>,
    /// Who are in this organization.
    pub organization: Option<OrganizationReference>,
    /// Who can sign in this way.
    pub method: Option<String>,
    /// Whose address is known to be theirs, or is not.
    pub email_verified: Option<bool>,
    /// Made then or later.
    pub created_after: Option<Timestamp>,
    /// Made earlier.
    pub created_before: Option<Timestamp>,
    /// At most so many.
    pub limit: i64,
    /// Behind this mark, which is the `next` of a page.
    pub after: Option<String>,
}

/// Which organizations.
#[derive(Clone, Debug, Default)]
pub struct OrganizationQuery {
    /// How their name begins; ASCII capitals do not count.
    pub name: Option<String>,
    /// With exactly this slug.
    pub slug: Option<String>,
    /// Whose they are.
    pub owner: Option<UserReference>,
    /// At most so many.
    pub limit: i64,
    /// Behind this mark, which is the `next` of a page.
    pub after: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct SearchPage<T> {
    /// In the order of the search.
    pub items: Vec<T>,
    /// The mark behind which the next page begins. Where there is one, there may
    /// be more, even behind a short page.
    pub next: Option<String>,
}

impl<T> SearchPage<T> {
    const EMPTY: Self = Self {
        items: Vec::new(),
        next: None,
    };

    fn of<M>(found: RowPage<T, M>, mark: impl FnOnce(M) -> String) -> Self {
        let RowPage { items, next } = found;
        let next = next.map(mark);
        Self { items, next }
    }

    /// Cuts what was asked for with room for one more.
    fn truncate(mut items: Vec<T>, limit: i64, mark: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(mark);
        Self { items, next }
    }
}

/// A mark of another search.
fn invalid_cursor() -> Refusal {
    Refusal::InvalidField {
        location: "query",
        field: "cursor".to_owned(),
        problem: "not the `next` of a page of this search".to_owned(),
    }
}

fn mark<T: std::str::FromStr>(after: Option<&String>) -> Result<Option<T>, Refusal> {
    let read = |text: &String| text.parse().map_err(|_| invalid_cursor());
    after.map(read).transpose()
}

impl App {
    /// People, by the beginning of their address.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for the mark of another search;
    /// [`Refusal::EntityNotFound`] for a slug that no organization has.
    pub async fn search_users(
        &self,
        operator: &Operator,
        context: &RequestContext,
        query: &UserQuery,
    ) -> Outcome<SearchPage<UserSummary>> {
        let search = UserSearch {
            // As addresses are kept.
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
            "method": query.method, "proven": query.email_verified,
            "created_after": query.created_after.map(Timestamp::iso_z),
            "created_before": query.created_before.map(Timestamp::iso_z),
            "cursor": query.after,
        });
        self.record_operator_read(operator, context, read).await?;
        let store = self.store();
        match &query.organization {
            Some(organization) => {
                let organization = self.id_of_organization(organization).await?;
                let after: Option<Id<User>> = mark(query.after.as_ref())?;
                let found = store.users_of_organization(organization, &search, after);
                Ok(SearchPage::of(found.await?, |id| id.to_string()))
            }
            None => {
                let after = query.after.clone();
                let found = store.users_by_email(&search, after).await?;
                Ok(SearchPage::of(found, |email| email))
            }
        }
    }

    /// Organizations: by their owner, by the beginning of their name, or all of
    /// them in the order of their making.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] for the mark of another search;
    /// [`Refusal::EntityNotFound`] for an address that nobody has.
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
            let found = store.organization_summary_by_slug(&slug).await?;
            let name_matches = |it: &OrganizationSummary| lowercase_name(it).starts_with(&prefix);
            let found = found.filter(|it| owner.is_none_or(|owner| it.owner == owner));
            let found = found.filter(|it| name.is_none() || name_matches(it));
            return Ok(SearchPage {
                items: found.into_iter().collect(),
                next: None,
            });
        }
        let by_id = |it: &OrganizationSummary| it.id.to_string();
        if let Some(owner) = owner {
            let after = mark(after.as_ref())?;
            let found = store.organizations_of_owner(owner, &prefix, after, *limit);
            return Ok(SearchPage::of(found.await?, |id| id.to_string()));
        }
        if name.is_none() {
            let after = mark(after.as_ref())?;
            let found = store.organizations_after(after, limit + 1).await?;
            return Ok(SearchPage::truncate(found, *limit, by_id));
        }
        let after = match after {
            Some(after) => Some(parse_name_cursor(after).ok_or_else(invalid_cursor)?),
            None => None,
        };
        let found = store.organizations_by_name(&prefix, after, limit + 1);
        let by_name = |it: &OrganizationSummary| format!("{} {}", it.id, lowercase_name(it));
        Ok(SearchPage::truncate(found.await?, *limit, by_name))
    }
}

/// The name as the index has it.
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
