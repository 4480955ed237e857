//! `GET /admin/users` and `GET /admin/organizations`: filtered lists of users and organizations.

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

use crate::admin::fields::read_parsed;
use crate::admin::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::PageRequest;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(search_users))
        .routes(routes!(search_organizations))
}

request_body! {
    /// Filters for users.
    struct UserFilter {
        email: Option<String>,
        #[schema(value_type = Option<String>)]
        organization: Option<OrganizationReference>,
        method: Option<String>,
        verified: Option<bool>,
        #[schema(value_type = Option<String>)]
        created_after: Option<Timestamp>,
        #[schema(value_type = Option<String>)]
        created_before: Option<Timestamp>,
    }

    /// Filters for organizations.
    struct OrganizationFilter {
        name: Option<String>,
        slug: Option<String>,
        #[schema(value_type = Option<String>)]
        owner: Option<UserReference>,
    }
}

/// Implements `Field` for a reference that `parse` reads from a text.
macro_rules! impl_reference_field {
    ($($name:ident: $problem:literal),* $(,)?) => {$(
        impl Field for $name {
            fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
                read_parsed(value, reader, |text| Self::parse(text).ok_or($problem))
            }
        }
    )*};
}

impl_reference_field! {
    UserReference: "neither an id nor an email address",
    OrganizationReference: "neither an id nor a slug",
    TargetReference: "not an id, an email address or a slug",
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserSummaryView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// The user's id at the authentication provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    /// When the email address was verified; absent if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a UserSummary> for UserSummaryView<'a> {
    fn from(summary: &'a UserSummary) -> Self {
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
        } = summary;
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

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
struct UserListView<'a> {
    users: Vec<UserSummaryView<'a>>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The owner of an organization.
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

/// An organization in a list.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationSummaryView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    owner: OrganizationOwnerView<'a>,
    /// Number of members.
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

/// A page of organizations.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationListView<'a> {
    organizations: Vec<OrganizationSummaryView<'a>>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists users, optionally filtered.
#[utoipa::path(
    get, path = "/admin/users", tag = "Operators", security(("operator" = [])),
    params(
        ("email" = Option<String>, Query, description = "Only email addresses with this prefix; `%` and `_` are not wildcards"),
        ("organization" = Option<String>, Query, description = "Only members of this organization, by id or slug"),
        ("method" = Option<String>, Query, description = "Only users with this sign-in method, such as `email:password`"),
        ("verified" = Option<bool>, Query, description = "Only users whose email address is verified (`true`) or not (`false`)"),
        ("created_after" = Option<String>, Query, description = "Only users created at or after this time"),
        ("created_before" = Option<String>, Query, description = "Only users created before this time"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Maximum number of results; default 50"),
        ("cursor" = Option<String>, Query, description = "The `next` of the previous page"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, body = UserListView<'_>, description = "Sorted by email address, members of an organization by id; \
            the header `Link` has the URL of the next page. A page of a filtered list can be shorter than `limit` although another one follows"),
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
        verified,
        created_after,
        created_before,
    } = &page_request.filter;
    let query = UserQuery {
        email: email.clone(),
        organization: organization.clone(),
        method: method.clone(),
        email_verified: *verified,
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

/// Lists organizations, optionally filtered.
#[utoipa::path(
    get, path = "/admin/organizations", tag = "Operators", security(("operator" = [])),
    params(
        ("name" = Option<String>, Query, description = "Only names with this prefix, ignoring the case of A to Z; `%` and `_` are not wildcards"),
        ("slug" = Option<String>, Query, description = "Only the organization with this slug"),
        ("owner" = Option<String>, Query, description = "Only organizations of this owner, by id or email address"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Maximum number of results; default 50"),
        ("cursor" = Option<String>, Query, description = "The `next` of the previous page"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, body = OrganizationListView<'_>, description = "Sorted by name with the filter `name`, \
            otherwise by creation; the header `Link` has the URL of the next page"),
        (status = 404, description = "No user has the owner's email address"),
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
