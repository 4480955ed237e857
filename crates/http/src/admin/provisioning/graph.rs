//! `POST /admin/accounts/`: a graph of users, organizations and what they contain, created together.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{ExistingUserPolicy, Graph, GraphOptions};
use freehold_domain::Refusal;

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
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(create_accounts))
}

request_body! {
    /// The objects to create, each under a ref. Other objects of the request and the response refer to
    /// it by this ref.
    struct CreateAccounts[MAX_BULK_BODY_BYTES] {
        options: Option<Options>,
        /// Users to create. If a user with the email address exists, that user is used.
        #[schema(value_type = Option<HashMap<String, NewUser>>)]
        users: Option<KeyedMap<NewUser>>,
        /// Created only if `create_identities` is true.
        #[schema(value_type = Option<HashMap<String, NewIdentity>>)]
        user_identities: Option<KeyedMap<NewIdentity>>,
        #[schema(value_type = Option<HashMap<String, NewOrganization>>)]
        organizations: Option<KeyedMap<NewOrganization>>,
        /// Under the refs of the organizations.
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
        /// Created only if `create_api_keys` is true.
        #[schema(value_type = Option<HashMap<String, NewApiKey>>)]
        api_keys: Option<KeyedMap<NewApiKey>>,
    }
}

impl HasCommandOptions for CreateAccounts {
    fn command_options(&self) -> CommandOptions {
        command_options(self.options.as_ref())
    }
}

/// Converts `options`. Identities and API keys are created only on request.
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
        let mut by_ref: HashMap<&str, _> = organizations
            .iter_mut()
            .map(|(name, organization)| (name.as_str(), organization))
            .collect();
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

/// Creates users, organizations and what they contain: all of it, or nothing.
#[utoipa::path(
    post, path = "/admin/accounts", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccounts,
    responses(
        (status = 200, description = "The created objects, by the refs of the request", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or value"),
        (status = 404, description = "A referenced object does not exist"),
        (status = 409, description = "Conflict with an existing object"),
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
