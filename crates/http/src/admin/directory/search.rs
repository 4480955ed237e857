//! Searching people and organizations by the beginning of a name.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    OrganizationQuery, OrganizationReference, OrganizationSummary, TargetReference, UserQuery,
    UserRecord, UserReference, UserSummary,
};
use freehold_domain::{Id, Organization, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::error::Problem;
use crate::extract::PageRequest;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(search_users))
        .routes(routes!(search_organizations))
}

request_body! {
    /// Which people.
    struct UserFilter {
        email: Option<String>,
        #[schema(value_type = Option<String>)]
        organization: Option<OrganizationReference>,
        method: Option<String>,
        proven: Option<bool>,
        #[schema(value_type = Option<String>)]
        created_after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        created_before: Option<Timestamp>,
    }

    /// Which organizations.
    struct OrganizationFilter {
        name: Option<String>,
        slug: Option<String>,
        #[schema(value_type = Option<String>)]
        owner: Option<UserReference>,
    }
}

impl Field for UserReference {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let reference = Self::parse(&text);
        if reference.is_none() {
            reader.report_value_error("neither an id nor an e-mail address", value);
        }
        reference
    }
}

impl Field for OrganizationReference {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let reference = Self::parse(&text);
        if reference.is_none() {
            reader.report_value_error("neither an id nor a slug", value);
        }
        reference
    }
}

impl Field for TargetReference {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let reference = Self::parse(&text);
        if reference.is_none() {
            reader.report_value_error("neither an id nor an address nor a slug", value);
        }
        reference
    }
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserSummaryView<'a> {
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

impl<'a> From<&'a UserSummary> for UserSummaryView<'a> {
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
struct UserListView<'a> {
    users: Vec<UserSummaryView<'a>>,
    /// The `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whose an organization is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganizationOwnerView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
}

impl<'a> From<&'a OrganizationSummary> for OrganizationOwnerView<'a> {
    fn from(organization: &'a OrganizationSummary) -> Self {
        Self {
            id: organization.owner,
            email: &organization.owner_email,
        }
    }
}

/// An organization at a glance.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationSummaryView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    owner: OrganizationOwnerView<'a>,
    /// How many people are in it.
    members: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

impl<'a> From<&'a OrganizationSummary> for OrganizationSummaryView<'a> {
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
struct OrganizationListView<'a> {
    organizations: Vec<OrganizationSummaryView<'a>>,
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
        (status = 200, body = UserListView<'_>, description = "By address, within an organization by id; \
            the header `Link` leads to the next page. A page of a filtered list may be short and still have a next one"),
        (status = 404, description = "No organization has this slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn search_users(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsRead>,
    OperatorReadContext(context): OperatorReadContext,
    page_request: PageRequest<UserFilter, String>,
) -> Result<Response, Problem> {
    let UserFilter {
        email,
        organization,
        method,
        proven,
        created_after,
        created_before,
    } = &page_request.filter;
    let query = UserQuery {
        email: email.clone(),
        organization: organization.clone(),
        method: method.clone(),
        email_verified: *proven,
        created_after: *created_after,
        created_before: *created_before,
        limit: page_request.limit,
        after: page_request.after.clone(),
    };
    let page = state
        .app()
        .search_users(&operator, &context, &query)
        .await?;
    page_request.response(page.next, |next| UserListView {
        users: page.items.iter().map(UserSummaryView::from).collect(),
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
        (status = 200, body = OrganizationListView<'_>, description = "By name if one is asked for, \
            else in the order of their making; the header `Link` leads to the next page"),
        (status = 404, description = "Nobody has the owner's address"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn search_organizations(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsRead>,
    OperatorReadContext(context): OperatorReadContext,
    page_request: PageRequest<OrganizationFilter, String>,
) -> Result<Response, Problem> {
    let OrganizationFilter { name, slug, owner } = &page_request.filter;
    let query = OrganizationQuery {
        name: name.clone(),
        slug: slug.clone(),
        owner: owner.clone(),
        limit: page_request.limit,
        after: page_request.after.clone(),
    };
    let app = state.app();
    let page = app
        .search_organizations(&operator, &context, &query)
        .await?;
    page_request.response(page.next, |next| OrganizationListView {
        organizations: page
            .items
            .iter()
            .map(OrganizationSummaryView::from)
            .collect(),
        next,
    })
}
