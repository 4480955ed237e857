//! Making one thing at a time: a person, an organization, a workspace or a project, with what
//! belongs to it. Memberships are made in `memberships`, logins and API keys in `credentials`.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{
    ApiKeyDraft, Existing, Graph, Named, OrganizationDraft, ProjectDraft, Wanted, WorkspaceDraft,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::make;
use super::graph::wanted;
use super::request_parts::{NewOrganization, NewProject, NewUser, NewWorkspace, Options, sayings};
use super::simple_accounts::{DEFAULT, local, one, organization_of, owner_of};
use super::views::AccountsView;
use crate::admin::{AboutItself, AccountsWrite, By, Order, Sayings};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_account_user))
        .routes(routes!(create_account_organization))
        .routes(routes!(create_account_workspace))
        .routes(routes!(create_account_project))
}

request_body! {
    /// A person to be made. With `seed_defaults`, which is the default, an organization, a
    /// workspace and a project come with them, and an API key if `create_api_keys` says so.
    struct CreateAccountUser {
        user: NewUser,
        options: Option<Options>,
    }

    /// An organization to be made.
    struct CreateAccountOrganization {
        organization: NewOrganization,
        /// Before `organization.owner_user_ref`.
        owner: Option<KnownOwner>,
        options: Option<Options>,
    }

    /// Somebody who has an account.
    struct KnownOwner {
        email: String,
    }

    /// A workspace to be made.
    struct CreateAccountWorkspace {
        workspace: NewWorkspace,
        options: Option<Options>,
    }

    /// A project to be made.
    struct CreateAccountProject {
        project: NewProject,
        options: Option<Options>,
    }
}

/// A body whose `options` speak for it.
macro_rules! with_options {
    ($($name:ident),* $(,)?) => {$(
        impl AboutItself for $name {
            fn sayings(&self) -> Sayings {
                sayings(self.options.as_ref())
            }
        }
    )*};
}
pub(super) use with_options;

with_options! {
    CreateAccountUser, CreateAccountOrganization, CreateAccountWorkspace, CreateAccountProject,
}

/// The project that is made with a workspace.
fn default_project(organization: Named) -> ProjectDraft {
    ProjectDraft {
        name: DEFAULT.to_owned(),
        organization,
        workspace: local("wrk"),
        is_default: Some(true),
    }
}

fn default_workspace() -> WorkspaceDraft {
    WorkspaceDraft {
        name: DEFAULT.to_owned(),
        organization: local("org"),
    }
}

/// Makes a person, and unless told otherwise an organization, a workspace and a project of theirs.
#[utoipa::path(
    post, path = "/admin/simple/accounts/users", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountUser,
    responses(
        (status = 200, description = "Under `user`, `org`, `wrk`, `prj`, `org_owner`, `wrk_owner`, `prj_owner` and `key`", body = AccountsView<'_>),
        (status = 400, description = "A value that breaks a rule"),
        (status = 409, description = "The address has an account"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_user(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateAccountUser>,
) -> Result<Response, Problem> {
    let CreateAccountUser { user, options } = body;
    let wanted = Wanted {
        existing: Existing::Refused,
        ..wanted(options.as_ref())
    };
    let mut graph = Graph::default();
    if wanted.seeds {
        let organization = OrganizationDraft {
            name: organization_of(&user),
            owner: Some(local("user")),
            scaffold: true,
            ..OrganizationDraft::default()
        };
        let key = ApiKeyDraft {
            project: local("prj"),
            user: local("user"),
            name: None,
            expires_at: None,
        };
        graph = Graph {
            organizations: one("org", organization),
            workspaces: one("wrk", default_workspace()),
            projects: one("prj", default_project(local("org"))),
            organization_members: one("org_owner", owner_of("org")),
            workspace_members: one("wrk_owner", owner_of("wrk")),
            project_members: one("prj_owner", owner_of("prj")),
            api_keys: one("key", key),
            ..graph
        };
    }
    let graph = Graph {
        wanted,
        users: one("user", user.draft()),
        ..graph
    };
    let renamed = [("users.user.", "user.")];
    make(&house, &operator, &call, graph, &renamed).await
}

/// Makes an organization for somebody who has an account, with a workspace and a project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/organizations", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountOrganization,
    responses(
        (status = 200, description = "Under `owner`, `org`, `wrk` and `prj`", body = AccountsView<'_>),
        (status = 400, description = "Nobody to own it, or a value that breaks a rule"),
        (status = 404, description = "The owner is not there"),
        (status = 409, description = "Another organization has this slug"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_organization(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateAccountOrganization>,
) -> Result<Response, Problem> {
    let CreateAccountOrganization {
        organization,
        owner,
        options,
    } = body;
    let drafted = organization.draft();
    let (named, said_at) = match owner {
        Some(KnownOwner { email }) => (Some(Named::Email(email)), "owner"),
        None => (drafted.owner, "organization.owner_user_ref"),
    };
    let organization = OrganizationDraft {
        owner: named.is_some().then(|| local("owner")),
        scaffold: true,
        ..drafted
    };
    let graph = Graph {
        wanted: wanted(options.as_ref()),
        known: named.map_or_else(Vec::new, |named| one("owner", named)),
        organizations: one("org", organization),
        workspaces: one("wrk", default_workspace()),
        projects: one("prj", default_project(local("org"))),
        ..Graph::default()
    };
    let renamed = [
        ("users.owner", said_at),
        ("organizations.org.", "organization."),
    ];
    make(&house, &operator, &call, graph, &renamed).await
}

/// Makes a workspace in an organization, with a project.
#[utoipa::path(
    post, path = "/admin/simple/accounts/workspaces", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountWorkspace,
    responses(
        (status = 200, description = "Under `wrk` and `prj`", body = AccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "The organization is not there"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_workspace(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateAccountWorkspace>,
) -> Result<Response, Problem> {
    let CreateAccountWorkspace { workspace, options } = body;
    let workspace = workspace.draft();
    let graph = Graph {
        wanted: wanted(options.as_ref()),
        projects: one("prj", default_project(workspace.organization.clone())),
        workspaces: one("wrk", workspace),
        ..Graph::default()
    };
    let renamed = [
        ("workspaces.wrk.", "workspace."),
        ("projects.prj.", "workspace."),
    ];
    make(&house, &operator, &call, graph, &renamed).await
}

/// Makes a project in a workspace.
#[utoipa::path(
    post, path = "/admin/simple/accounts/projects", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccountProject,
    responses(
        (status = 200, description = "Under `prj`", body = AccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "The organization or the workspace is not there"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_account_project(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateAccountProject>,
) -> Result<Response, Problem> {
    let CreateAccountProject { project, options } = body;
    let graph = Graph {
        wanted: wanted(options.as_ref()),
        projects: one("prj", project.draft()),
        ..Graph::default()
    };
    let renamed = [("projects.prj.", "project.")];
    make(&house, &operator, &call, graph, &renamed).await
}
