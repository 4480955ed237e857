//! `POST /admin/simple/accounts/`: many accounts at once, each a person with an organization, a
//! workspace, a project and an API key of their own.

use axum::extract::State;
use axum::response::Response;
use freehold_app::RequestContext;
use freehold_app::provisioning::{
    ApiKeyDraft, ExistingUserPolicy, Graph, GraphOptions, IdentityDraft, MembershipDraft,
    OrganizationDraft, Parts, ProjectDraft, UnparsedReference, UserDraft, WorkspaceDraft,
};
use freehold_domain::Refusal;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::response::operator_command_response;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_simple_accounts))
}

request_body! {
    /// Accounts by keys of the caller's choice.
    struct CreateSimpleAccounts[MAX_BULK_BODY_BYTES] {
        options: Option<Options>,
        #[schema(value_type = HashMap<String, SimpleAccount>)]
        accounts: KeyedMap<SimpleAccount>,
    }

    /// A person, and what is to be theirs. Everything but the person can be left out.
    pub(super) struct SimpleAccount {
        user: NewUser,
        /// `Ada's Organization` if nothing is said. It is theirs, whoever `owner_user_ref` names.
        organization: Option<NewOrganization>,
        /// `Default` if nothing is said. It is in the account's organization.
        workspace: Option<NewWorkspace>,
        /// `Default` if nothing is said. It is in the account's workspace, and its default.
        project: Option<NewProject>,
        user_identities: Option<Vec<NewIdentity>>,
        /// In these lists the refs `user`, `org`, `wrk` and `prj` name what is made. Where nothing
        /// is said, the person becomes `owner`.
        organization_memberships: Option<Vec<OrganizationMembership>>,
        workspace_memberships: Option<Vec<WorkspaceMembership>>,
        project_memberships: Option<Vec<ProjectMembership>>,
        subscription: Option<Subscription>,
        /// In the place of the request's `options`, all of them; API keys are made and shown unless
        /// they say otherwise. A rehearsal is one of the whole request.
        options: Option<Options>,
    }
}

impl HasCommandOptions for CreateSimpleAccounts {
    /// Why an account is made may be said at the account: the first reason is the request's, if it
    /// has none of its own.
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

/// What the parts of an account's graph are called in the account.
pub(super) const PATH_RENAMES: [PathRename; 5] = [
    ("users.user.", "user."),
    ("organizations.org.", "organization."),
    ("subscriptions.org.", "subscription."),
    ("workspaces.wrk.", "workspace."),
    ("projects.prj.", "project."),
];

/// Where in the request an account stands.
fn account_path(key: &str) -> String {
    format!("accounts.{key}.")
}

/// A text about the graph of one of the accounts, in the words of the request.
fn rename_account_path(text: &str, keys: &[String]) -> String {
    let renamed = keys.iter().find_map(|key| {
        let prefix = account_path(key);
        let rest = text.strip_prefix(&prefix)?;
        Some(format!("{prefix}{}", rename_path(rest, &PATH_RENAMES)))
    });
    renamed.unwrap_or_else(|| text.to_owned())
}

/// What a scaffold is called in which nobody has a say.
pub(super) const DEFAULT_ENTITY_NAME: &str = "Default";

/// `Ada's Organization`, after a person's name, user name or the local part of their address.
pub(super) fn default_organization_name(user: &NewUser) -> String {
    let NewUser {
        email,
        username,
        name,
    } = user;
    let local = email.trim().split('@').next().unwrap_or_default();
    let named = [name, username];
    let mut named = named.into_iter().flatten().filter(|name| !name.is_empty());
    let name = named.next().map_or(local, String::as_str);
    format!("{name}'s Organization")
}

/// A part of the same account.
pub(super) fn local_ref(name: &str) -> UnparsedReference {
    UnparsedReference::Ref(name.to_owned())
}

/// The one part of its kind.
pub(super) fn single_entry<T>(name: &str, part: T) -> Parts<T> {
    vec![(name.to_owned(), part)]
}

/// That somebody who is made owns what is made with them.
pub(super) fn owner_membership(scope: &str) -> MembershipDraft {
    MembershipDraft {
        scope: local_ref(scope),
        user: local_ref("user"),
        role: "owner".to_owned(),
    }
}

/// The parts of a list are known by their number.
fn indexed_drafts<T, D>(given: Vec<T>, draft: impl Fn(T) -> D) -> Parts<D> {
    let given = given.into_iter().enumerate();
    given
        .map(|(n, part)| (n.to_string(), draft(part)))
        .collect()
}

fn memberships_or_owner<T>(
    given: Option<Vec<T>>,
    draft: impl Fn(T) -> MembershipDraft,
    place: &str,
) -> Parts<MembershipDraft> {
    match given {
        Some(given) => indexed_drafts(given, draft),
        None => single_entry("0", owner_membership(place)),
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
            name: workspace.map_or_else(|| DEFAULT_ENTITY_NAME.to_owned(), |given| given.name),
            organization: local_ref("org"),
        };
        let project = ProjectDraft {
            name: project.map_or_else(|| DEFAULT_ENTITY_NAME.to_owned(), |given| given.name),
            organization: local_ref("org"),
            workspace: local_ref("wrk"),
            is_default: Some(true),
        };
        let key_of_user = ApiKeyDraft {
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
            api_keys: single_entry("key", key_of_user),
            ..Graph::default()
        }
    }

    /// A request is one transaction: no account of it is rehearsed, or remembered, by itself.
    fn check_options(&self, key: &str, context: &RequestContext) -> Result<(), Refusal> {
        let own_options = command_options(self.options.as_ref());
        let request_key = context
            .idempotency
            .as_ref()
            .map(|renamed| renamed.key.as_str());
        let problem = if own_options.dry_run == Some(true) && !context.dry_run {
            "dry_run: a rehearsal is one of the whole request; say so in its own options."
        } else if own_options.idempotency_key.is_some()
            && own_options.idempotency_key.as_deref() != request_key
        {
            "idempotency_key: a key is one of the whole request; say so in its own options."
        } else {
            return Ok(());
        };
        let sentence = format!("accounts.{key}.options.{problem}");
        Err(Refusal::InvalidAccounts(sentence))
    }
}

/// Makes many accounts, all together or none.
#[utoipa::path(
    post, path = "/admin/simple/accounts", tag = "Operators", security(("operator" = [])),
    request_body = CreateSimpleAccounts,
    responses(
        (status = 200, description = "What was made, by the keys of the request", body = SimpleAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 409, description = "Somebody has an account already"),
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
        let named = |username: Option<&str>, name: Option<&str>| {
            default_organization_name(&NewUser {
                email: "ada.l@x.test".to_owned(),
                username: username.map(str::to_owned),
                name: name.map(str::to_owned),
            })
        };
        assert_eq!(named(Some("ada"), Some("Ada")), "Ada's Organization");
        assert_eq!(named(Some("ada"), None), "ada's Organization");
        assert_eq!(named(Some(""), Some("")), "ada.l's Organization");
        assert_eq!(named(None, None), "ada.l's Organization");
    }
}
