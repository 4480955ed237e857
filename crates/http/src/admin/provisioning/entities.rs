//! Creation of a single user, organization, workspace or project, with the objects that belong to it.
//! Memberships are created in `memberships`, logins and API keys in `credentials`.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{
    ApiKeyDraft, ExistingUserPolicy, Graph, GraphOptions, OrganizationDraft, ProjectDraft,
    UnparsedReference, WorkspaceDraft,
};

use super::create::provision;
use super::graph::graph_options;
use super::request_parts::{
    NewOrganization, NewProject, NewUser, NewWorkspace, Options, command_options,
};
use super::simple_accounts::{
    DEFAULT_ENTITY_NAME, default_organization_name, local_ref, owner_membership, single_entry,
};
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
        .routes(routes!(create_account_user))
        .routes(routes!(create_account_organization))
        .routes(routes!(create_account_workspace))
        .routes(routes!(create_account_project))
}

request_body! {
    /// A user to create. With `seed_defaults` (the default) they get an organization, a workspace and a
    /// project; with `create_api_keys` also an API key.
    struct CreateAccountUser {
        user: NewUser,
        options: Option<Options>,
    }

    /// An organization to create.
    struct CreateAccountOrganization {
        organization: NewOrganization,
        /// The owner. Replaces `organization.owner_user_ref`.
        owner: Option<ExistingOwner>,
        options: Option<Options>,
    }

    /// An existing user.
    struct ExistingOwner {
        email: String,
    }

    /// A workspace to create.
    struct CreateAccountWorkspace {
        workspace: NewWorkspace,
        options: Option<Options>,
    }

    /// A project to create.
    struct CreateAccountProject {
        project: NewProject,
        options: Option<Options>,
    }
}

/// Implements `HasCommandOptions` for bodies with a field `options`.
macro_rules! impl_command_options {
    ($($name:ident),* $(,)?) => {$(
        impl HasCommandOptions for $name {
            fn command_options(&self) -> CommandOptions {
                command_options(self.options.as_ref())
            }
        }
    )*};
}
pub(super) use impl_command_options;

impl_command_options! {
    CreateAccountUser, CreateAccountOrganization, CreateAccountWorkspace, CreateAccountProject,
}

/// The project that is created with a workspace.
fn default_project(organization: UnparsedReference) -> ProjectDraft {
    ProjectDraft {
        name: DEFAULT_ENTITY_NAME.to_owned(),
        organization,
        workspace: local_ref("wrk"),
        is_default: Some(true),
    }
}

fn default_workspace() -> WorkspaceDraft {
    WorkspaceDraft {
        name: DEFAULT_ENTITY_NAME.to_owned(),
        organization: local_ref("org"),
    }
}

/// Creates a user and, unless `seed_defaults` is false, their organization, workspace and project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/users", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountUser,
    responses(
        (status = 200, description = "The created objects, under `user`, `org`, `wrk`, `prj`, `org_owner`, `wrk_owner`, `prj_owner` and `key`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid value"),
        (status = 409, description = "A user with this email address exists"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_user(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateAccountUser>,
) -> Result<Response, Problem> {
    let CreateAccountUser { user, options } = body;
    let graph_options = GraphOptions {
        existing: ExistingUserPolicy::Refuse,
        ..graph_options(options.as_ref())
    };
    let mut graph = Graph::default();
    if graph_options.seeds {
        let organization = OrganizationDraft {
            name: default_organization_name(&user),
            owner: Some(local_ref("user")),
            scaffold: true,
            ..OrganizationDraft::default()
        };
        let key = ApiKeyDraft {
            project: local_ref("prj"),
            user: local_ref("user"),
            name: None,
            expires_at: None,
        };
        graph = Graph {
            organizations: single_entry("org", organization),
            workspaces: single_entry("wrk", default_workspace()),
            projects: single_entry("prj", default_project(local_ref("org"))),
            organization_members: single_entry("org_owner", owner_membership("org")),
            workspace_members: single_entry("wrk_owner", owner_membership("wrk")),
            project_members: single_entry("prj_owner", owner_membership("prj")),
            api_keys: single_entry("key", key),
            ..graph
        };
    }
    let graph = Graph {
        options: graph_options,
        users: single_entry("user", user.into_draft()),
        ..graph
    };
    let renames = [("users.user.", "user.")];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Creates an organization for an existing user, with a workspace and a project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/organizations", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountOrganization,
    responses(
        (status = 200, description = "The created objects, under `owner`, `org`, `wrk` and `prj`", body = CreatedAccountsView<'_>),
        (status = 400, description = "No owner, or an invalid value"),
        (status = 404, description = "The owner does not exist"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_organization(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateAccountOrganization>,
) -> Result<Response, Problem> {
    let CreateAccountOrganization {
        organization,
        owner,
        options,
    } = body;
    let draft = organization.into_draft();
    let (owner_ref, owner_path) = match owner {
        Some(ExistingOwner { email }) => (Some(UnparsedReference::Email(email)), "owner"),
        None => (draft.owner, "organization.owner_user_ref"),
    };
    let organization = OrganizationDraft {
        owner: owner_ref.is_some().then(|| local_ref("owner")),
        scaffold: true,
        ..draft
    };
    let graph = Graph {
        options: graph_options(options.as_ref()),
        existing_users: owner_ref
            .map_or_else(Vec::new, |owner_ref| single_entry("owner", owner_ref)),
        organizations: single_entry("org", organization),
        workspaces: single_entry("wrk", default_workspace()),
        projects: single_entry("prj", default_project(local_ref("org"))),
        ..Graph::default()
    };
    let renames = [
        ("users.owner", owner_path),
        ("organizations.org.", "organization."),
    ];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Creates a workspace in an organization, with a project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/workspaces", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountWorkspace,
    responses(
        (status = 200, description = "The created objects, under `wrk` and `prj`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or value"),
        (status = 404, description = "The organization does not exist"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_workspace(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateAccountWorkspace>,
) -> Result<Response, Problem> {
    let CreateAccountWorkspace { workspace, options } = body;
    let workspace = workspace.into_draft();
    let graph = Graph {
        options: graph_options(options.as_ref()),
        projects: single_entry("prj", default_project(workspace.organization.clone())),
        workspaces: single_entry("wrk", workspace),
        ..Graph::default()
    };
    let renames = [
        ("workspaces.wrk.", "workspace."),
        ("projects.prj.", "workspace."),
    ];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Creates a project in a workspace.
#[utoipa::path(
    post, path = "/admin/simple/accounts/projects", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountProject,
    responses(
        (status = 200, description = "The project, under `prj`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or value"),
        (status = 404, description = "The organization or the workspace does not exist"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_project(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateAccountProject>,
) -> Result<Response, Problem> {
    let CreateAccountProject { project, options } = body;
    let graph = Graph {
        options: graph_options(options.as_ref()),
        projects: single_entry("prj", project.into_draft()),
        ..Graph::default()
    };
    let renames = [("projects.prj.", "project.")];
    provision(&state, &operator, &context, graph, &renames).await
}
