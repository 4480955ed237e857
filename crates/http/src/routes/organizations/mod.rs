//! Organizations: requests and handlers. How they look is in [`views`]; what is in one, in
//! [`workspaces`] and [`projects`].

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
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::extract::body::{Change, NoBody, request_body};
use crate::extract::caller::unknown;
use crate::extract::{Command, InPath, Presented};
use crate::response::{done, show};
use crate::state::AppState;
use views::{CreatedView, DeletedView, DetailsView, FullView, ListedView, OwnerView};
use workspace_views::ShownRoles;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
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
    /// A new organization. Every member can be left out.
    struct CreateOrganization {
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
    }

    /// What to change; what is left out stays. At least one value must not be empty.
    struct UpdateOrganization {
        /// Lowercase letters and hyphens, at most 64. Once set it stays.
        #[schema(value_type = Option<String>)]
        slug: Change<String>,
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Merged into the stored ones; `is_demo` is not the client's to set.
        #[schema(value_type = Option<Object>)]
        flags: Change<Map<String, Value>>,
    }
}

fn id(text: &str) -> Result<Id<Organization>, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidUuid)
}

/// The organizations that the caller is a member of.
#[utoipa::path(
    get, path = "/organizations", tag = "Organizations",
    responses((status = 200, description = "Each once, by the age of the membership", body = Vec<ListedView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_organizations(
    State(house): State<AppState>,
    Presented { credential, wanted }: Presented,
) -> Result<Response, Problem> {
    let organizations = house
        .app()
        .list_organizations(&credential, &wanted)
        .await
        .map_err(|failure| unknown(&wanted, failure))?;
    show(
        &organizations
            .iter()
            .map(ListedView::from)
            .collect::<Vec<_>>(),
    )
}

/// An organization with the members of its default workspace.
#[utoipa::path(
    get, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The organization", body = DetailsView<'_>),
        (status = 403, description = "Not a member, or no such organization"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("member"))),
)]
async fn read_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
    let id = id(&organization).map_err(|_| Refusal::NotOrganizationMember)?;
    let details = house.app().organization(&caller, id).await?;
    let roles = ShownRoles::of(house.app().roles());
    show(&DetailsView::new(&details, &roles))
}

/// Founds an organization with a workspace, a project and its default content.
#[utoipa::path(
    post, path = "/organizations", tag = "Organizations", request_body = CreateOrganization,
    responses(
        (status = 201, description = "Founded", body = CreatedView<'_>),
        (status = 403, description = "The deployment does not let the caller own organizations"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn create_organization(
    State(house): State<AppState>,
    caller: Caller,
    Command { call, body }: Command<CreateOrganization>,
) -> Result<Response, Problem> {
    let CreateOrganization { name, description } = body;
    let new = NewOrganization { name, description };
    let founded = house.app().create_organization(&caller, &call, new).await?;
    done(StatusCode::CREATED, &founded, |organization| {
        CreatedView::from(organization)
    })
}

/// Changes an organization; the same as PATCH.
#[utoipa::path(
    put, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = UpdateOrganization,
    responses(
        (status = 200, description = "The changed organization", body = FullView<'_>),
        (status = 400, description = "Nothing to change, or a value that breaks a rule"),
        (status = 403, description = "The caller is not the owner"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn replace_organization(
    house: State<AppState>,
    caller: Caller,
    organization: InPath<1>,
    command: Command<UpdateOrganization>,
) -> Result<Response, Problem> {
    update_organization(house, caller, organization, command).await
}

/// Changes an organization.
#[utoipa::path(
    patch, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = UpdateOrganization,
    responses(
        (status = 200, description = "The changed organization", body = FullView<'_>),
        (status = 400, description = "Nothing to change, or a value that breaks a rule"),
        (status = 403, description = "The caller is not the owner"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn update_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    Command { call, body }: Command<UpdateOrganization>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
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
    let updated = house
        .app()
        .update_organization(&caller, &call, id, update)
        .await?;
    done(StatusCode::OK, &updated, |organization| {
        FullView::from(organization)
    })
}

/// Deletes an organization with everything in it.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}", tag = "Organizations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "Deleted", body = DeletedView),
        (status = 400, description = "It is the caller's last one"),
        (status = 403, description = "The caller is not the owner"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn delete_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<1>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
    let id = id(&organization)?;
    let deleted = house.app().delete_organization(&caller, &call, id).await?;
    done(StatusCode::OK, &deleted, |()| DeletedView::DONE)
}

/// Hands an organization to another of its members, who gets the owner's roles in it.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/transfer/{new_owner_id}", tag = "Organizations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("new_owner_id" = String, Path, description = "The member's user id"),
    ),
    responses(
        (status = 200, description = "Handed over", body = OwnerView),
        (status = 400, description = "The new owner is not a member"),
        (status = 403, description = "The caller is not the owner"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("owner"))),
)]
async fn transfer_organization(
    State(house): State<AppState>,
    caller: Caller,
    path: InPath<2>,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let InPath([organization, new_owner]) = path;
    let id = id(&organization).map_err(|_| Refusal::OnlyOwnerCanTransfer)?;
    // A text that is no id names nobody; whether the caller may ask at all comes first.
    let new_owner = new_owner.parse().ok();
    let transferred = house
        .app()
        .transfer_organization(&caller, &call, id, new_owner)
        .await?;
    done(StatusCode::OK, &transferred, |organization| {
        OwnerView::from(organization)
    })
}
