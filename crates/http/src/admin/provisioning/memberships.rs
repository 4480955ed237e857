//! Making somebody a member of an organization, a workspace or a project, or giving a member
//! another role.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::Graph;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_organization_membership))
        .routes(routes!(create_workspace_membership))
        .routes(routes!(create_project_membership))
}

request_body! {
    /// A place in an organization to be given.
    struct CreateOrganizationMembership {
        membership: OrganizationMembership,
        options: Option<Options>,
    }

    /// A place in a workspace to be given.
    struct CreateWorkspaceMembership {
        membership: WorkspaceMembership,
        options: Option<Options>,
    }

    /// A place in a project to be given.
    struct CreateProjectMembership {
        membership: ProjectMembership,
        options: Option<Options>,
    }
}

impl_command_options! {
    CreateOrganizationMembership, CreateWorkspaceMembership, CreateProjectMembership,
}

/// Makes somebody a member of an organization.
#[utoipa::path(
    post, path = "/admin/simple/accounts/organizations/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateOrganizationMembership,
    responses(
        (status = 200, description = "Under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or no such role"),
        (status = 404, description = "The organization or the person is not there"),
        (status = 409, description = "Whoever owns the organization is `owner`, and nobody else"),
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

/// Makes somebody a member of a workspace and of all its projects.
#[utoipa::path(
    post, path = "/admin/simple/accounts/workspaces/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateWorkspaceMembership,
    responses(
        (status = 200, description = "Under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or no such role"),
        (status = 404, description = "The workspace or the person is not there"),
        (status = 409, description = "Whoever owns the organization is `owner`, and nobody else"),
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

/// Makes somebody a member of a project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/projects/memberships", tag = "Operators",
    security(("operator" = [])), request_body = CreateProjectMembership,
    responses(
        (status = 200, description = "Under `mem`", body = CreatedAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or no such role"),
        (status = 404, description = "The project or the person is not there"),
        (status = 409, description = "Whoever owns the organization is `owner`, and nobody else"),
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
