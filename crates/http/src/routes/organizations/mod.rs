//! Organizations: requests and handlers; the views are in [`views`]. Workspaces and projects are
//! in [`workspaces`] and [`projects`].

pub(crate) mod projects;
mod views;
pub(crate) mod workspace_views;
pub(crate) mod workspaces;

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewOrganization, OrganizationUpdate};
use freehold_domain::{FreeText, Id, Organization, Refusal};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{Change, NoBody, request_body};
use crate::extract::caller::authentication_problem;
use crate::extract::{Command, PathParams, RequestCredential};
use crate::response::{command_response, ok_json};
use crate::state::AppState;
use views::{
    CreatedOrganizationView, DeletedOrganizationView, ListedOrganizationView,
    OrganizationDetailsView, OrganizationView, OwnershipView,
};
use workspace_views::RoleDescriptions;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_organizations, create_organization))
        .routes(routes!(
            read_organization,
            replace_organization,
            update_organization,
            delete_organization
        ))
        .routes(routes!(transfer_organization))
}

request_body! {
    /// A new organization.
    struct CreateOrganization {
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        /// What the organization is for.
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
    }

    /// The changes of an organization. Missing members are not changed; at least one value must
    /// not be empty.
    struct UpdateOrganization {
        /// At most 64 lowercase letters and hyphens. A slug that is set cannot be changed.
        #[schema(value_type = Option<String>)]
        slug: Change<String>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        /// What the organization is for.
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Merged into the stored flags. Clients cannot set `is_demo`.
        #[schema(value_type = Option<Object>)]
        flags: Change<Map<String, Value>>,
    }
}

fn id(text: &str) -> Result<Id<Organization>, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidUuid)
}

/// Returns the organizations that the caller is a member of.
#[utoipa::path(
    get, path = "/organizations", tag = "Organizations",
    responses((status = 200, description = "The organizations, the oldest membership first", body = Vec<ListedOrganizationView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_organizations(
    State(state): State<AppState>,
    RequestCredential {
        credential,
        requested_scope,
    }: RequestCredential,
) -> Result<Response, Problem> {
    let organizations = state
        .app()
        .list_organizations(&credential, &requested_scope)
        .await
        .map_err(|failure| authentication_problem(&requested_scope, failure))?;
    ok_json(
        &organizations
            .iter()
            .map(ListedOrganizationView::from)
            .collect::<Vec<_>>(),
    )
}

/// Returns an organization with the members of its default workspace.
#[utoipa::path(
    get, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The organization", body = OrganizationDetailsView<'_>),
        (status = 403, description = "The caller is not a member, or the organization does not exist"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("member"))),
)]
async fn read_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let id = id(&organization).map_err(|_| Refusal::NotOrganizationMember)?;
    let details = state.app().organization(&caller, id).await?;
    let roles = RoleDescriptions::of(state.app().roles());
    ok_json(&OrganizationDetailsView::new(&details, &roles))
}

/// Creates an organization with a workspace, a project and its initial content.
#[utoipa::path(
    post, path = "/organizations", tag = "Organizations", request_body = CreateOrganization,
    responses(
        (status = 201, description = "The new organization", body = CreatedOrganizationView<'_>),
        (status = 403, description = "The deployment does not allow the caller to own organizations"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn create_organization(
    State(state): State<AppState>,
    caller: Caller,
    Command { context, body }: Command<CreateOrganization>,
) -> Result<Response, Problem> {
    let CreateOrganization { name, description } = body;
    let new = NewOrganization { name, description };
    let created = state
        .app()
        .create_organization(&caller, &context, new)
        .await?;
    command_response(StatusCode::CREATED, &created, |organization| {
        CreatedOrganizationView::from(organization)
    })
}

/// Changes an organization, exactly as PATCH does.
#[utoipa::path(
    put, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = UpdateOrganization,
    responses(
        (status = 200, description = "The changed organization", body = OrganizationView<'_>),
        (status = 400, description = "The request has nothing to change, or a value breaks a rule"),
        (status = 403, description = "The caller is not the owner"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn replace_organization(
    state: State<AppState>,
    caller: Caller,
    organization: PathParams<1>,
    command: Command<UpdateOrganization>,
) -> Result<Response, Problem> {
    update_organization(state, caller, organization, command).await
}

/// Changes an organization.
#[utoipa::path(
    patch, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = UpdateOrganization,
    responses(
        (status = 200, description = "The changed organization", body = OrganizationView<'_>),
        (status = 400, description = "The request has nothing to change, or a value breaks a rule"),
        (status = 403, description = "The caller is not the owner"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn update_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command { context, body }: Command<UpdateOrganization>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let UpdateOrganization {
        slug,
        name,
        description,
        flags,
    } = body;
    let update = OrganizationUpdate {
        slug: slug.into(),
        name: name.into(),
        description: description.into(),
        flags: flags.into(),
    };
    let id = id(&organization).ok();
    let updated = state
        .app()
        .update_organization(&caller, &context, id, update)
        .await?;
    command_response(StatusCode::OK, &updated, |organization| {
        OrganizationView::from(organization)
    })
}

/// Deletes an organization with all its workspaces, projects, memberships and keys.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The organization was deleted", body = DeletedOrganizationView),
        (status = 400, description = "The caller owns no other organization"),
        (status = 403, description = "The caller is not the owner"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn delete_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let id = id(&organization)?;
    let deleted = state
        .app()
        .delete_organization(&caller, &context, id)
        .await?;
    command_response(StatusCode::OK, &deleted, |()| {
        DeletedOrganizationView::DELETED
    })
}

/// Transfers the ownership of an organization to another member, who gets the owner's roles.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/transfer/{new_owner_id}", tag = "Organizations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("new_owner_id" = String, Path, description = "The user id of the new owner"),
    ),
    responses(
        (status = 200, description = "Ownership was transferred", body = OwnershipView),
        (status = 400, description = "The new owner is not a member"),
        (status = 403, description = "The caller is not the owner"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn transfer_organization(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization, new_owner]) = path;
    let id = id(&organization).map_err(|_| Refusal::OnlyOwnerCanTransfer)?;
    // A text that is not an id names no user. The caller's permission is checked before.
    let new_owner = new_owner.parse().ok();
    let transferred = state
        .app()
        .transfer_organization(&caller, &context, id, new_owner)
        .await?;
    command_response(StatusCode::OK, &transferred, |organization| {
        OwnershipView::from(organization)
    })
}
