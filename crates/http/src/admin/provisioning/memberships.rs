//! Creation of memberships of organizations, workspaces and projects. If the membership exists, its
//! role is changed.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::Graph;

use super::create::provision;
use super::entities::impl_command_options;
use super::graph::graph_options;
use super::request_parts::{
    Options, OrganizationMembership, ProjectMembership, WorkspaceMembership, command_options,
};
use super::simple_accounts::single_entry;
use super::views::CreatedAccountsView;
use crate::admin::{
    AccountsWrite, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(create_organization_membership))
        .routes(routes!(create_workspace_membership))
        .routes(routes!(create_project_membership))
}

request_body! {
    /// A membership of an organization to create.
    struct CreateOrganizationMembership {
        membership: OrganizationMembership,
        options: Option<Options>,
    }

    /// A membership of a workspace to create.
    struct CreateWorkspaceMembership {
        membership: WorkspaceMembership,
        options: Option<Options>,
    }

    /// A membership of a project to create.
    struct CreateProjectMembership {
        membership: ProjectMembership,
        options: Option<Options>,
    }
}

impl_command_options! {
    CreateOrganizationMembership, CreateWorkspaceMembership, CreateProjectMembership,
}

/// Makes a user a member of an organization, or changes the member's role.
#[utoipa::path(
    post, path = "/admin/simple/accounts/organizations/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateOrganizationMembership,
    responses(
        (status = 200, description = "The membership, under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or unknown role"),
        (status = 404, description = "The organization or the user does not exist"),
        (status = 409, description = "The membership would make a user other than the owner `owner`, or change the owner's role"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_organization_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateOrganizationMembership>,
) -> Result<Response, Problem> {
    let CreateOrganizationMembership {
        membership,
        options,
    } = body;
    let graph = Graph {
        options: graph_options(options.as_ref()),
        organization_members: single_entry("mem", membership.into_draft()),
        ..Graph::default()
    };
    let renames = [("organization_memberships.mem.", "membership.")];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Makes a user a member of a workspace and of all its projects, or changes the member's role.
#[utoipa::path(
    post, path = "/admin/simple/accounts/workspaces/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateWorkspaceMembership,
    responses(
        (status = 200, description = "The membership, under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or unknown role"),
        (status = 404, description = "The workspace or the user does not exist"),
        (status = 409, description = "The membership would make a user other than the owner `owner`, or change the owner's role"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_workspace_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateWorkspaceMembership>,
) -> Result<Response, Problem> {
    let CreateWorkspaceMembership {
        membership,
        options,
    } = body;
    let graph = Graph {
        options: graph_options(options.as_ref()),
        workspace_members: single_entry("mem", membership.into_draft()),
        ..Graph::default()
    };
    let renames = [("workspace_memberships.mem.", "membership.")];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Makes a user a member of a project, or changes the member's role.
#[utoipa::path(
    post, path = "/admin/simple/accounts/projects/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateProjectMembership,
    responses(
        (status = 200, description = "The membership, under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or unknown role"),
        (status = 404, description = "The project or the user does not exist"),
        (status = 409, description = "The membership would make a user other than the owner `owner`, or change the owner's role"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_project_membership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateProjectMembership>,
) -> Result<Response, Problem> {
    let CreateProjectMembership {
        membership,
        options,
    } = body;
    let graph = Graph {
        options: graph_options(options.as_ref()),
        project_members: single_entry("mem", membership.into_draft()),
        ..Graph::default()
    };
    let renames = [("project_memberships.mem.", "membership.")];
    provision(&state, &operator, &context, graph, &renames).await
}
