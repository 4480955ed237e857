//! `POST /admin/simple/accounts/`: several complete accounts at once, each a user with their own
//! organization, workspace, project and API key.

use axum::extract::State;
use axum::response::Response;
use freehold_app::RequestContext;
use freehold_app::provisioning::{
    ApiKeyDraft, ExistingUserPolicy, Graph, GraphOptions, IdentityDraft, MembershipDraft,
    OrganizationDraft, Parts, ProjectDraft, UnparsedReference, UserDraft, WorkspaceDraft,
};
use freehold_domain::Refusal;
use http::StatusCode;

use super::create::{PathRename, rename_path, rename_paths_in_failure};
use super::request_parts::{
    NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace, Options,
    OrganizationMembership, ProjectMembership, Subscription, WorkspaceMembership, command_options,
};
use super::views::SimpleAccountsView;
use crate::admin::fields::KeyedMap;
use crate::admin::{
    AccountsWrite, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::response::operator_command_response;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(create_simple_accounts))
}

request_body! {
    /// Accounts to create, under keys that the caller chooses.
    struct CreateSimpleAccounts[MAX_BULK_BODY_BYTES] {
        options: Option<Options>,
        #[schema(value_type = HashMap<String, SimpleAccount>)]
        accounts: KeyedMap<SimpleAccount>,
    }

    /// A user and the objects to create for them. Only `user` is required.
    pub(super) struct SimpleAccount {
        user: NewUser,
        /// Default: an organization with a name such as `Ada's Organization`. The user of the account
        /// owns it; `owner_user_ref` is ignored.
        organization: Option<NewOrganization>,
        /// Default: a workspace with the name `Default`. It is created in the account's organization.
        workspace: Option<NewWorkspace>,
        /// Default: a project with the name `Default`. It is the default project of the account's
        /// workspace.
        project: Option<NewProject>,
        user_identities: Option<Vec<NewIdentity>>,
        /// In these lists the refs `user`, `org`, `wrk` and `prj` refer to the objects of the account.
        /// Default of each list: the user becomes `owner`.
        organization_memberships: Option<Vec<OrganizationMembership>>,
        workspace_memberships: Option<Vec<WorkspaceMembership>>,
        project_memberships: Option<Vec<ProjectMembership>>,
        subscription: Option<Subscription>,
        /// Replaces the `options` of the request completely. API keys are created and returned by
        /// default. `dry_run` and `idempotency_key` apply to the whole request and have to agree with
        /// it.
        options: Option<Options>,
    }
}

impl HasCommandOptions for CreateSimpleAccounts {
    /// The reason is that of the request, or the first one of an account.
    fn command_options(&self) -> CommandOptions {
        let request_options = command_options(self.options.as_ref());
        let KeyedMap(accounts) = &self.accounts;
        let mut reasons = accounts
            .iter()
            .filter_map(|(_, account)| command_options(account.options.as_ref()).reason);
        CommandOptions {
            reason: request_options.reason.or_else(|| reasons.next()),
            ..request_options
        }
    }
}

/// The paths in the graph of an account, and in the account.
pub(super) const PATH_RENAMES: [PathRename; 5] = [
    ("users.user.", "user."),
    ("organizations.org.", "organization."),
    ("subscriptions.org.", "subscription."),
    ("workspaces.wrk.", "workspace."),
    ("projects.prj.", "project."),
];

/// The path prefix of an account in the request.
fn account_path(key: &str) -> String {
    format!("accounts.{key}.")
}

/// Replaces the path prefix in an error about the graph of one of the accounts.
fn rename_account_path(text: &str, keys: &[String]) -> String {
    let renamed = keys.iter().find_map(|key| {
        let prefix = account_path(key);
        let rest = text.strip_prefix(&prefix)?;
        Some(format!("{prefix}{}", rename_path(rest, &PATH_RENAMES)))
    });
    renamed.unwrap_or_else(|| text.to_owned())
}

/// The name of a workspace or project that is created without a name.
pub(super) const DEFAULT_ENTITY_NAME: &str = "Default";

/// Returns a name such as `Ada's Organization`, from the user's name, user name or the local part of
/// the email address.
pub(super) fn default_organization_name(user: &NewUser) -> String {
    let NewUser {
        email,
        username,
        name,
    } = user;
    let local = email.trim().split('@').next().unwrap_or_default();
    let name = [name, username]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty());
    let name = name.map_or(local, String::as_str);
    format!("{name}'s Organization")
}

/// A reference to an object of the same account.
pub(super) fn local_ref(name: &str) -> UnparsedReference {
    UnparsedReference::Ref(name.to_owned())
}

/// A list with a single object, under the ref `name`.
pub(super) fn single_entry<T>(name: &str, part: T) -> Parts<T> {
    vec![(name.to_owned(), part)]
}

/// The membership as `owner` of the new user in `scope`.
pub(super) fn owner_membership(scope: &str) -> MembershipDraft {
    MembershipDraft {
        scope: local_ref(scope),
        user: local_ref("user"),
        role: "owner".to_owned(),
    }
}

/// Converts the objects of a list to drafts. Their refs are their indexes.
fn indexed_drafts<T, D>(parts: Vec<T>, draft: impl Fn(T) -> D) -> Parts<D> {
    let parts = parts.into_iter().enumerate();
    parts
        .map(|(index, part)| (index.to_string(), draft(part)))
        .collect()
}

fn memberships_or_owner<T>(
    memberships: Option<Vec<T>>,
    draft: impl Fn(T) -> MembershipDraft,
    scope: &str,
) -> Parts<MembershipDraft> {
    match memberships {
        Some(memberships) => indexed_drafts(memberships, draft),
        None => single_entry("0", owner_membership(scope)),
    }
}

impl SimpleAccount {
    pub(super) fn graph(self, key: &str, request_options: Option<&Options>) -> Graph {
        let Self {
            user,
            organization,
            workspace,
            project,
            user_identities,
            organization_memberships,
            workspace_memberships,
            project_memberships,
            subscription,
            options,
        } = self;
        let options = options.as_ref().or(request_options);
        let flag = |option: fn(&Options) -> Option<bool>| options.and_then(option).unwrap_or(true);
        let (name, slug) = match organization {
            Some(NewOrganization { name, slug, .. }) => (name, slug),
            None => (default_organization_name(&user), None),
        };
        let organization = OrganizationDraft {
            name,
            slug,
            owner: Some(local_ref("user")),
            plan: subscription.map(|Subscription { plan }| plan),
            scaffold: true,
        };
        let workspace = WorkspaceDraft {
            name: workspace.map_or_else(
                || DEFAULT_ENTITY_NAME.to_owned(),
                |workspace| workspace.name,
            ),
            organization: local_ref("org"),
        };
        let project = ProjectDraft {
            name: project.map_or_else(|| DEFAULT_ENTITY_NAME.to_owned(), |project| project.name),
            organization: local_ref("org"),
            workspace: local_ref("wrk"),
            is_default: Some(true),
        };
        let api_key = ApiKeyDraft {
            project: local_ref("prj"),
            user: local_ref("user"),
            name: None,
            expires_at: None,
        };
        let identities = indexed_drafts(user_identities.unwrap_or_default(), |identity| {
            let draft = identity.into_draft();
            IdentityDraft {
                user: draft.user.or_else(|| Some(local_ref("user"))),
                ..draft
            }
        });
        let user: UserDraft = user.into_draft();
        Graph {
            path_prefix: account_path(key),
            options: GraphOptions {
                existing: ExistingUserPolicy::Refuse,
                identities: true,
                api_keys: flag(|options| options.create_api_keys),
                return_key_values: flag(|options| options.return_api_keys),
                seeds: flag(|options| options.seed_defaults),
                strict: false,
            },
            users: single_entry("user", user),
            identities,
            organizations: single_entry("org", organization),
            workspaces: single_entry("wrk", workspace),
            projects: single_entry("prj", project),
            organization_members: memberships_or_owner(
                organization_memberships,
                OrganizationMembership::into_draft,
                "org",
            ),
            workspace_members: memberships_or_owner(
                workspace_memberships,
                WorkspaceMembership::into_draft,
                "wrk",
            ),
            project_members: memberships_or_owner(
                project_memberships,
                ProjectMembership::into_draft,
                "prj",
            ),
            api_keys: single_entry("key", api_key),
            ..Graph::default()
        }
    }

    /// Refuses a dry run or an idempotency key of a single account: a request is one transaction.
    fn check_options(&self, key: &str, context: &RequestContext) -> Result<(), Refusal> {
        let own_options = command_options(self.options.as_ref());
        let request_key = context
            .idempotency
            .as_ref()
            .map(|idempotency| idempotency.key.as_str());
        let problem = if own_options.dry_run == Some(true) && !context.dry_run {
            "dry_run: applies to the whole request; set it in the options of the request."
        } else if own_options.idempotency_key.is_some()
            && own_options.idempotency_key.as_deref() != request_key
        {
            "idempotency_key: applies to the whole request; set it in the options of the request."
        } else {
            return Ok(());
        };
        let sentence = format!("accounts.{key}.options.{problem}");
        Err(Refusal::InvalidAccounts(sentence))
    }
}

/// Creates accounts: all of them, or none.
#[utoipa::path(
    post, path = "/admin/simple/accounts", tag = "Operators", security(("operator" = [])),
    request_body = CreateSimpleAccounts,
    responses(
        (status = 200, description = "The created objects, by the keys of the request", body = SimpleAccountsView<'_>),
        (status = 400, description = "Invalid reference or value"),
        (status = 409, description = "A user with one of the email addresses exists"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn create_simple_accounts(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateSimpleAccounts>,
) -> Result<Response, Problem> {
    let CreateSimpleAccounts {
        options,
        accounts: KeyedMap(accounts),
    } = body;
    let mut keys = Vec::with_capacity(accounts.len());
    let mut graphs = Vec::with_capacity(accounts.len());
    for (key, account) in accounts {
        account.check_options(&key, &context)?;
        graphs.push(account.graph(&key, options.as_ref()));
        keys.push(key);
    }
    let output = state.app().provision(&operator, &context, graphs).await;
    let output = output.map_err(|failure| {
        rename_paths_in_failure(failure, |text| rename_account_path(text, &keys))
    })?;
    operator_command_response(StatusCode::OK, &output, |accounts| {
        SimpleAccountsView::new(&keys, accounts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organization_is_named_after_its_user() {
        let organization_name = |username: Option<&str>, name: Option<&str>| {
            default_organization_name(&NewUser {
                email: "ada.l@x.test".to_owned(),
                username: username.map(str::to_owned),
                name: name.map(str::to_owned),
            })
        };
        assert_eq!(
            organization_name(Some("ada"), Some("Ada")),
            "Ada's Organization"
        );
        assert_eq!(organization_name(Some("ada"), None), "ada's Organization");
        assert_eq!(
            organization_name(Some(""), Some("")),
            "ada.l's Organization"
        );
        assert_eq!(organization_name(None, None), "ada.l's Organization");
    }
}
