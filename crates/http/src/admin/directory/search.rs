//! Searching people and organizations by the beginning of a name.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    OrganizationQuery, OrganizationSummary, UserQuery, UserRecord, UserSummary, WhichOrganization,
    WhichThing, WhichUser,
};
use freehold_domain::{Id, Organization, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::{AccountsRead, By, Looking};
use crate::error::Problem;
use crate::extract::Paged;
use crate::extract::body::{Field, Reader, request_body};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(search_users))
        .routes(routes!(search_organizations))
}

request_body! {
    /// Which people.
    struct Users {
        email: Option<String>,
        #[schema(value_type = Option<String>)]
        organization: Option<WhichOrganization>,
        method: Option<String>,
        proven: Option<bool>,
        #[schema(value_type = Option<String>)]
        created_after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        created_before: Option<Timestamp>,
    }

    /// Which organizations.
    struct Organizations {
        name: Option<String>,
        slug: Option<String>,
        #[schema(value_type = Option<String>)]
        owner: Option<WhichUser>,
    }
}

impl Field for WhichUser {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let which = Self::parse(&text);
        if which.is_none() {
            reader.refuse("neither an id nor an e-mail address", value);
        }
        which
    }
}

impl Field for WhichOrganization {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let which = Self::parse(&text);
        if which.is_none() {
            reader.refuse("neither an id nor a slug", value);
        }
        which
    }
}

impl Field for WhichThing {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let which = Self::parse(&text);
        if which.is_none() {
            reader.refuse("neither an id nor an address nor a slug", value);
        }
        which
    }
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// Their id at the authentication provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    /// Since when it is known that the address is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a UserSummary> for PersonView<'a> {
    fn from(found: &'a UserSummary) -> Self {
        let UserSummary {
            user:
                UserRecord {
                    id,
                    uid,
                    email,
                    username,
                    created_at,
                    updated_at,
                },
            email_verified_at,
        } = found;
        Self {
            id: *id,
            email,
            username: username.as_deref(),
            uid: uid.as_deref(),
            email_verified_at: email_verified_at.map(Timestamp::iso_offset),
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
        }
    }
}

/// Some people.
#[derive(Debug, Serialize, ToSchema)]
struct PeopleView<'a> {
    users: Vec<PersonView<'a>>,
    /// The `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whose an organization is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnerOf<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
}

impl<'a> From<&'a OrganizationSummary> for OwnerOf<'a> {
    fn from(organization: &'a OrganizationSummary) -> Self {
        Self {
            id: organization.owner,
            email: &organization.owner_email,
        }
    }
}

/// An organization at a glance.
#[derive(Debug, Serialize, ToSchema)]
struct FoundOrganizationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    owner: OwnerOf<'a>,
    /// How many people are in it.
    members: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

impl<'a> From<&'a OrganizationSummary> for FoundOrganizationView<'a> {
    fn from(organization: &'a OrganizationSummary) -> Self {
        let OrganizationSummary {
            id,
            slug,
            name,
            owner: _,
            owner_email: _,
            members,
            created_at,
        } = organization;
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            owner: organization.into(),
            members: *members,
            created_at: created_at.map(Timestamp::iso_offset),
        }
    }
}

/// Some organizations.
#[derive(Debug, Serialize, ToSchema)]
struct FoundOrganizationsView<'a> {
    organizations: Vec<FoundOrganizationView<'a>>,
    /// The `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// People, by the beginning of their address.
#[utoipa::path(
    get, path = "/admin/users", tag = "Operators", security(("operator" = [])),
    params(
        ("email" = Option<String>, Query, description = "How the address begins; `%` and `_` are plain characters"),
        ("organization" = Option<String>, Query, description = "Only those who are in this organization, by its id or its slug"),
        ("method" = Option<String>, Query, description = "Only those who can sign in this way, such as `email:password`"),
        ("proven" = Option<bool>, Query, description = "Only those whose address is known to be theirs, or is not"),
        ("created_after" = Option<String>, Query, description = "Made at this moment or later"),
        ("created_before" = Option<String>, Query, description = "Made earlier than this"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, body = PeopleView<'_>, description = "By address, within an organization by id; \
            the header `Link` leads to the next page. A page of a filtered list may be short and still have a next one"),
        (status = 404, description = "No organization has this slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn search_users(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsRead>,
    Looking(call): Looking,
    asked: Paged<Users, String>,
) -> Result<Response, Problem> {
    let Users {
        email,
        organization,
        method,
        proven,
        created_after,
        created_before,
    } = &asked.filter;
    let query = UserQuery {
        email: email.clone(),
        organization: organization.clone(),
        method: method.clone(),
        proven: *proven,
        created_after: *created_after,
        created_before: *created_before,
        limit: asked.limit,
        after: asked.after.clone(),
    };
    let page = house.app().search_users(&operator, &call, &query).await?;
    asked.show(page.next, |next| PeopleView {
        users: page.items.iter().map(PersonView::from).collect(),
        next,
    })
}

/// Organizations, by the beginning of their name, by their slug, or by whose they are.
#[utoipa::path(
    get, path = "/admin/organizations", tag = "Operators", security(("operator" = [])),
    params(
        ("name" = Option<String>, Query, description = "How the name begins; capitals from A to Z do not count, `%` and `_` are plain characters"),
        ("slug" = Option<String>, Query, description = "With exactly this slug"),
        ("owner" = Option<String>, Query, description = "Whose they are: an id or an address"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many on a page; 50 if nothing is said"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, body = FoundOrganizationsView<'_>, description = "By name if one is asked for, \
            else in the order of their making; the header `Link` leads to the next page"),
        (status = 404, description = "Nobody has the owner's address"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn search_organizations(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsRead>,
    Looking(call): Looking,
    asked: Paged<Organizations, String>,
) -> Result<Response, Problem> {
    let Organizations { name, slug, owner } = &asked.filter;
    let query = OrganizationQuery {
        name: name.clone(),
        slug: slug.clone(),
        owner: owner.clone(),
        limit: asked.limit,
        after: asked.after.clone(),
    };
    let app = house.app();
    let page = app.search_organizations(&operator, &call, &query).await?;
    asked.show(page.next, |next| FoundOrganizationsView {
        organizations: page.items.iter().map(FoundOrganizationView::from).collect(),
        next,
    })
}
