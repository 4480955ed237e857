//! `POST /admin/accounts/`: whatever an operator wants to have made together.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{ExistingUserPolicy, Graph, GraphOptions};
use freehold_domain::Refusal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::provision;
use super::drafts::drafts;
use super::request_parts::{
    NewApiKey, NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace, Options,
    OrganizationMembership, ProjectMembership, Subscription, WorkspaceMembership, command_options,
};
use super::views::CreatedAccountsView;
use crate::admin::fields::KeyedMap;
use crate::admin::{
    AccountsWrite, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_accounts))
}

request_body! {
    /// Everything that is to be made, each thing under a ref by which the others and the answer
    /// name it.
    struct CreateAccounts[MAX_BULK_BODY_BYTES] {
        options: Option<Options>,
        /// A person with a known address is who is meant, and not made again.
        #[schema(value_type = Option<HashMap<String, NewUser>>)]
        users: Option<KeyedMap<NewUser>>,
        /// Made if `create_identities` says so.
        #[schema(value_type = Option<HashMap<String, NewIdentity>>)]
        user_identities: Option<KeyedMap<NewIdentity>>,
        #[schema(value_type = Option<HashMap<String, NewOrganization>>)]
        organizations: Option<KeyedMap<NewOrganization>>,
        /// By the refs of the organizations.
        #[schema(value_type = Option<HashMap<String, Subscription>>)]
        subscriptions: Option<KeyedMap<Subscription>>,
        #[schema(value_type = Option<HashMap<String, NewWorkspace>>)]
        workspaces: Option<KeyedMap<NewWorkspace>>,
        #[schema(value_type = Option<HashMap<String, NewProject>>)]
        projects: Option<KeyedMap<NewProject>>,
        #[schema(value_type = Option<HashMap<String, OrganizationMembership>>)]
        organization_memberships: Option<KeyedMap<OrganizationMembership>>,
        #[schema(value_type = Option<HashMap<String, WorkspaceMembership>>)]
        workspace_memberships: Option<KeyedMap<WorkspaceMembership>>,
        #[schema(value_type = Option<HashMap<String, ProjectMembership>>)]
        project_memberships: Option<KeyedMap<ProjectMembership>>,
        /// Made if `create_api_keys` says so.
        #[schema(value_type = Option<HashMap<String, NewApiKey>>)]
        api_keys: Option<KeyedMap<NewApiKey>>,
    }
}

impl HasCommandOptions for CreateAccounts {
    fn command_options(&self) -> CommandOptions {
        command_options(self.options.as_ref())
    }
}

/// What `options` want of a graph, where nothing is made that nobody asks for.
pub(super) fn graph_options(options: Option<&Options>) -> GraphOptions {
    let Some(options) = options else {
        return GraphOptions::default();
    };
    GraphOptions {
        existing: ExistingUserPolicy::Reuse,
        identities: options.create_identities.unwrap_or(false),
        api_keys: options.create_api_keys.unwrap_or(false),
        return_key_values: options.return_api_keys.unwrap_or(false),
        seeds: options.seed_defaults.unwrap_or(true),
        strict: false,
    }
}

impl CreateAccounts {
    fn graph(self) -> Result<Graph, Refusal> {
        let Self {
            options,
            users,
            user_identities,
            organizations,
            subscriptions,
            workspaces,
            projects,
            organization_memberships,
            workspace_memberships,
            project_memberships,
            api_keys,
        } = self;
        let mut organizations = drafts(organizations, NewOrganization::into_draft);
        let KeyedMap(subscriptions) = subscriptions.unwrap_or_default();
        let by_ref = organizations.iter_mut();
        let mut by_ref: HashMap<&str, _> = by_ref.map(|(name, it)| (name.as_str(), it)).collect();
        for (name, Subscription { plan }) in subscriptions {
            let Some(organization) = by_ref.get_mut(name.as_str()) else {
                return Err(Refusal::InvalidReference {
                    path: format!("subscriptions.{name}"),
                    reason: format!("request-local ref '{name}' not found in organizations"),
                });
            };
            organization.plan = Some(plan);
        }
        Ok(Graph {
            options: graph_options(options.as_ref()),
            users: drafts(users, NewUser::into_draft),
            identities: drafts(user_identities, NewIdentity::into_draft),
            organizations,
            workspaces: drafts(workspaces, NewWorkspace::into_draft),
            projects: drafts(projects, NewProject::into_draft),
            organization_members: drafts(
                organization_memberships,
                OrganizationMembership::into_draft,
            ),
            workspace_members: drafts(workspace_memberships, WorkspaceMembership::into_draft),
            project_members: drafts(project_memberships, ProjectMembership::into_draft),
            api_keys: drafts(api_keys, NewApiKey::into_draft),
            ..Graph::default()
        })
    }
}

/// Makes people, organizations and what is in them, all together or nothing.
#[utoipa::path(
    post, path = "/admin/accounts", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccounts,
    responses(
        (status = 200, description = "What was made, by the refs of the request", body = CreatedAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "Something named is not there"),
        (status = 409, description = "Something cannot be beside what is there"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_accounts(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateAccounts>,
) -> Result<Response, Problem> {
    provision(&state, &operator, &context, body.graph()?, &[]).await
}
