//! `POST /admin/simple/accounts/`: many accounts at once, each a person with an organization, a
//! workspace, a project and an API key of their own.

use axum::extract::State;
use axum::response::Response;
use freehold_app::RequestContext;
use freehold_app::provisioning::{
    ApiKeyDraft, Existing, Graph, IdentityDraft, MembershipDraft, Named, OrganizationDraft, Parts,
    ProjectDraft, UserDraft, Wanted, WorkspaceDraft,
};
use freehold_domain::Refusal;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::{Renamed, in_its_words, rename};
use super::request_parts::{
    NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace, Options,
    OrganizationMembership, ProjectMembership, Subscription, WorkspaceMembership, sayings,
};
use super::views::SimpleAccountsView;
use crate::admin::fields::Keyed;
use crate::admin::{AboutItself, AccountsWrite, By, Order, Sayings};
use crate::error::Problem;
use crate::extract::body::{BULK, request_body};
use crate::response::done_alike;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create_simple_accounts))
}

request_body! {
    /// Accounts by keys of the caller's choice.
    struct CreateSimpleAccounts[BULK] {
        options: Option<Options>,
        #[schema(value_type = HashMap<String, SimpleAccount>)]
        accounts: Keyed<SimpleAccount>,
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

impl AboutItself for CreateSimpleAccounts {
    /// Why an account is made may be said at the account: the first reason is the request's, if it
    /// has none of its own.
    fn sayings(&self) -> Sayings {
        let of_request = sayings(self.options.as_ref());
        let Keyed(accounts) = &self.accounts;
        let mut reasons = accounts
            .iter()
            .filter_map(|(_, account)| sayings(account.options.as_ref()).reason);
        Sayings {
            reason: of_request.reason.or_else(|| reasons.next()),
            ..of_request
        }
    }
}

/// What the parts of an account's graph are called in the account.
pub(super) const WORDS: [Renamed; 5] = [
    ("users.user.", "user."),
    ("organizations.org.", "organization."),
    ("subscriptions.org.", "subscription."),
    ("workspaces.wrk.", "workspace."),
    ("projects.prj.", "project."),
];

/// Where in the request an account stands.
fn place(key: &str) -> String {
    format!("accounts.{key}.")
}

/// A text about the graph of one of the accounts, in the words of the request.
fn in_words_of_its_account(text: &str, keys: &[String]) -> String {
    let known = keys.iter().find_map(|key| {
        let place = place(key);
        let rest = text.strip_prefix(&place)?;
        Some(format!("{place}{}", rename(rest, &WORDS)))
    });
    known.unwrap_or_else(|| text.to_owned())
}

/// What a scaffold is called in which nobody has a say.
pub(super) const DEFAULT: &str = "Default";

/// `Ada's Organization`, after a person's name, user name or the local part of their address.
pub(super) fn organization_of(user: &NewUser) -> String {
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
pub(super) fn local(name: &str) -> Named {
    Named::Ref(name.to_owned())
}

/// The one part of its kind.
pub(super) fn one<T>(name: &str, part: T) -> Parts<T> {
    vec![(name.to_owned(), part)]
}

/// That somebody who is made owns what is made with them.
pub(super) fn owner_of(place: &str) -> MembershipDraft {
    MembershipDraft {
        place: local(place),
        user: local("user"),
        role: "owner".to_owned(),
    }
}

/// The parts of a list are known by their number.
fn numbered<T, D>(given: Vec<T>, draft: impl Fn(T) -> D) -> Parts<D> {
    let given = given.into_iter().enumerate();
    given
        .map(|(n, part)| (n.to_string(), draft(part)))
        .collect()
}

fn members<T>(
    given: Option<Vec<T>>,
    draft: impl Fn(T) -> MembershipDraft,
    place: &str,
) -> Parts<MembershipDraft> {
    match given {
        Some(given) => numbered(given, draft),
        None => one("0", owner_of(place)),
    }
}

impl SimpleAccount {
    pub(super) fn graph(self, key: &str, of_request: Option<&Options>) -> Graph {
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
        let options = options.as_ref().or(of_request);
        let says = |option: fn(&Options) -> Option<bool>| options.and_then(option).unwrap_or(true);
        let (name, slug) = match organization {
            Some(NewOrganization { name, slug, .. }) => (name, slug),
            None => (organization_of(&user), None),
        };
        let organization = OrganizationDraft {
            name,
            slug,
            owner: Some(local("user")),
            plan: subscription.map(|Subscription { plan }| plan),
            scaffold: true,
        };
        let workspace = WorkspaceDraft {
            name: workspace.map_or_else(|| DEFAULT.to_owned(), |given| given.name),
            organization: local("org"),
        };
        let project = ProjectDraft {
            name: project.map_or_else(|| DEFAULT.to_owned(), |given| given.name),
            organization: local("org"),
            workspace: local("wrk"),
            is_default: Some(true),
        };
        let key_of_user = ApiKeyDraft {
            project: local("prj"),
            user: local("user"),
            name: None,
            expires_at: None,
        };
        let identities = numbered(user_identities.unwrap_or_default(), |identity| {
            let draft = identity.draft();
            IdentityDraft {
                user: draft.user.or_else(|| Some(local("user"))),
                ..draft
            }
        });
        let user: UserDraft = user.draft();
        Graph {
            at: place(key),
            wanted: Wanted {
                existing: Existing::Refused,
                identities: true,
                api_keys: says(|options| options.create_api_keys),
                show_keys: says(|options| options.return_api_keys),
                seeds: says(|options| options.seed_defaults),
                strict: false,
            },
            users: one("user", user),
            identities,
            organizations: one("org", organization),
            workspaces: one("wrk", workspace),
            projects: one("prj", project),
            organization_members: members(
                organization_memberships,
                OrganizationMembership::draft,
                "org",
            ),
            workspace_members: members(workspace_memberships, WorkspaceMembership::draft, "wrk"),
            project_members: members(project_memberships, ProjectMembership::draft, "prj"),
            api_keys: one("key", key_of_user),
            ..Graph::default()
        }
    }

    /// A request is one transaction: no account of it is rehearsed, or remembered, by itself.
    fn fits(&self, key: &str, call: &RequestContext) -> Result<(), Refusal> {
        let said = sayings(self.options.as_ref());
        let of_call = call.idempotency.as_ref().map(|known| known.key.as_str());
        let amiss = if said.dry_run == Some(true) && !call.dry_run {
            "dry_run: a rehearsal is one of the whole request; say so in its own options."
        } else if said.idempotency_key.is_some() && said.idempotency_key.as_deref() != of_call {
            "idempotency_key: a key is one of the whole request; say so in its own options."
        } else {
            return Ok(());
        };
        let sentence = format!("accounts.{key}.options.{amiss}");
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
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<CreateSimpleAccounts>,
) -> Result<Response, Problem> {
    let CreateSimpleAccounts {
        options,
        accounts: Keyed(accounts),
    } = body;
    let mut keys = Vec::with_capacity(accounts.len());
    let mut graphs = Vec::with_capacity(accounts.len());
    for (key, account) in accounts {
        account.fits(&key, &call)?;
        graphs.push(account.graph(&key, options.as_ref()));
        keys.push(key);
    }
    let made = house.app().provision(&operator, &call, graphs).await;
    let made =
        made.map_err(|failure| in_its_words(failure, |text| in_words_of_its_account(text, &keys)))?;
    done_alike(StatusCode::OK, &made, |accounts| {
        SimpleAccountsView::new(&keys, accounts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_is_called_after_whoever_it_is_for() {
        let named = |username: Option<&str>, name: Option<&str>| {
            organization_of(&NewUser {
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
