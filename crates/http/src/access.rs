//! What roles there are and what each may do.

use axum::response::Response;
use freehold_app::Caller;
use freehold_domain::{OrganizationRole, Role};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::House;
use crate::call::show;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list_roles))
}

/// Every role, by the level at which it is given.
#[derive(Debug, Serialize, ToSchema)]
struct RoleCatalogue {
    organization: Vec<RoleView>,
    workspace: Vec<RoleView>,
    project: Vec<RoleView>,
}

/// A role and what it may do.
#[derive(Debug, Serialize, ToSchema)]
struct RoleView {
    role: &'static str,
    description: &'static str,
    /// `["*"]` for the owner, who may do everything.
    permissions: Vec<&'static str>,
}

/// The role catalogue.
#[utoipa::path(
    get, path = "/access/roles", tag = "Access",
    responses((status = 200, description = "Every role of each level", body = RoleCatalogue)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_roles(_: Caller) -> Result<Response, Problem> {
    let organization = OrganizationRole::LISTED.map(|role| RoleView {
        role: role.as_str(),
        description: role.description(),
        permissions: if role == OrganizationRole::Owner {
            vec!["*"]
        } else {
            Vec::new()
        },
    });
    show(&RoleCatalogue {
        organization: organization.into(),
        workspace: ladder(),
        project: ladder(),
    })
}

fn ladder() -> Vec<RoleView> {
    let view = |role: Role| RoleView {
        role: role.as_str(),
        description: role.description(),
        permissions: match role {
            Role::Owner => vec!["*"],
            role => role
                .permissions()
                .iter()
                .map(|permission| permission.as_str())
                .collect(),
        },
    };
    Role::LISTED.map(view).into()
}
