//! `POST /admin/accounts/`: whatever an operator wants to have made together.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{Existing, Graph, Wanted};
use freehold_domain::Refusal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::make;
use super::drafts::drafts;
use super::request_parts::{
    NewApiKey, NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace, Options,
    OrganizationMembership, ProjectMembership, Subscription, WorkspaceMembership, sayings,
};
use super::views::AccountsView;
use crate::admin::fields::Keyed;
use crate::admin::{AboutItself, AccountsWrite, By, Order, Sayings};
use crate::error::Problem;
use crate::extract::body::{BULK, request_body};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_accounts))
}

request_body! {
    /// Everything that is to be made, each thing under a ref by which the others and the answer
    /// name it.
    struct CreateAccounts[BULK] {
        options: Option<Options>,
        /// A person with a known address is who is meant, and not made again.
        #[schema(value_type = Option<HashMap<String, NewUser>>)]
        users: Option<Keyed<NewUser>>,
        /// Made if `create_identities` says so.
        #[schema(value_type = Option<HashMap<String, NewIdentity>>)]
        user_identities: Option<Keyed<NewIdentity>>,
        #[schema(value_type = Option<HashMap<String, NewOrganization>>)]
        organizations: Option<Keyed<NewOrganization>>,
        /// By the refs of the organizations.
        #[schema(value_type = Option<HashMap<String, Subscription>>)]
        subscriptions: Option<Keyed<Subscription>>,
        #[schema(value_type = Option<HashMap<String, NewWorkspace>>)]
        workspaces: Option<Keyed<NewWorkspace>>,
        #[schema(value_type = Option<HashMap<String, NewProject>>)]
        projects: Option<Keyed<NewProject>>,
        #[schema(value_type = Option<HashMap<String, OrganizationMembership>>)]
        organization_memberships: Option<Keyed<OrganizationMembership>>,
        #[schema(value_type = Option<HashMap<String, WorkspaceMembership>>)]
        workspace_memberships: Option<Keyed<WorkspaceMembership>>,
        #[schema(value_type = Option<HashMap<String, ProjectMembership>>)]
        project_memberships: Option<Keyed<ProjectMembership>>,
        /// Made if `create_api_keys` says so.
        #[schema(value_type = Option<HashMap<String, NewApiKey>>)]
        api_keys: Option<Keyed<NewApiKey>>,
    }
}

impl AboutItself for CreateAccounts {
    fn sayings(&self) -> Sayings {
        sayings(self.options.as_ref())
    }
}

/// What `options` want of a graph, where nothing is made that nobody asks for.
pub(super) fn wanted(options: Option<&Options>) -> Wanted {
    let Some(options) = options else {
        return Wanted::default();
    };
    Wanted {
        existing: Existing::Reused,
        identities: options.create_identities.unwrap_or(false),
        api_keys: options.create_api_keys.unwrap_or(false),
        show_keys: options.return_api_keys.unwrap_or(false),
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
        let mut organizations = drafts(organizations, NewOrganization::draft);
        let Keyed(subscriptions) = subscriptions.unwrap_or_default();
        let named = organizations.iter_mut();
        let mut named: HashMap<&str, _> = named.map(|(name, it)| (name.as_str(), it)).collect();
        for (name, Subscription { plan }) in subscriptions {
            let Some(organization) = named.get_mut(name.as_str()) else {
                return Err(Refusal::InvalidReference {
                    path: format!("subscriptions.{name}"),
                    reason: format!("request-local ref '{name}' not found in organizations"),
                });
            };
            organization.plan = Some(plan);
        }
        Ok(Graph {
            wanted: wanted(options.as_ref()),
            users: drafts(users, NewUser::draft),
            identities: drafts(user_identities, NewIdentity::draft),
            organizations,
            workspaces: drafts(workspaces, NewWorkspace::draft),
            projects: drafts(projects, NewProject::draft),
            organization_members: drafts(organization_memberships, OrganizationMembership::draft),
            workspace_members: drafts(workspace_memberships, WorkspaceMembership::draft),
            project_members: drafts(project_memberships, ProjectMembership::draft),
            api_keys: drafts(api_keys, NewApiKey::draft),
            ..Graph::default()
        })
    }
}

/// Makes people, organizations and what is in them, all together or nothing.
#[utoipa::path(
    post, path = "/admin/accounts", tag = "Operators", security(("operator" = [])),
    request_body = CreateAccounts,
    responses(
        (status = 200, description = "What was made, by the refs of the request", body = AccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "Something named is not there"),
        (status = 409, description = "Something cannot be beside what is there"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_accounts(
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateAccounts>,
) -> Result<Response, Problem> {
    make(&house, &operator, &call, body.graph()?, &[]).await
}
