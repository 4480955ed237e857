//! What was made for an operator, as the API shows it. What is null is left out; empty maps and
//! lists stay. Each view takes its thing apart by name, so that a new field has to be shown or
//! withheld on purpose.

use freehold_app::provisioning::{ItemError, Parts, ProvisionedAccount};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::view_parts::{
    AccountApiKey, AccountIdentity, AccountMembership, AccountOrganization, AccountProject,
    AccountUser, AccountWorkspace,
};
use crate::response::SecretView;

/// Views by the refs of the request, in its order.
#[derive(Debug)]
pub(super) struct ByRef<'a, V>(Vec<(&'a str, V)>);

impl<'a, V> ByRef<'a, V> {
    fn of<T>(parts: &'a Parts<T>, view: impl Fn(&'a T) -> V) -> Self {
        let parts = parts.iter();
        Self(
            parts
                .map(|(name, part)| (name.as_str(), view(part)))
                .collect(),
        )
    }

    fn non_empty(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }
}

impl<V: Serialize> Serialize for ByRef<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, view)| (name, view)))
    }
}

/// Something that could not be made although the rest was.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct AccountError<'a> {
    code: &'a str,
    message: &'a str,
    #[schema(value_type = Object)]
    details: Value,
}

impl<'a> AccountError<'a> {
    /// `account` names the account of many in which it is.
    pub(in crate::admin) fn of(error: &'a ItemError, account: Option<&str>) -> Self {
        let ItemError {
            code,
            message,
            details,
        } = error;
        let mut details = details.clone();
        if let (Some(account), Value::Object(details)) = (account, &mut details) {
            details.insert("account".to_owned(), account.into());
        }
        Self {
            code,
            message,
            details,
        }
    }
}

/// What was made of one graph, by the refs of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedAccountView<'a> {
    #[schema(value_type = HashMap<String, AccountUser<'static>>)]
    users: ByRef<'a, AccountUser<'a>>,
    #[schema(value_type = HashMap<String, AccountIdentity<'static>>)]
    user_identities: ByRef<'a, AccountIdentity<'a>>,
    #[schema(value_type = HashMap<String, AccountOrganization<'static>>)]
    organizations: ByRef<'a, AccountOrganization<'a>>,
    #[schema(value_type = HashMap<String, AccountWorkspace<'static>>)]
    workspaces: ByRef<'a, AccountWorkspace<'a>>,
    #[schema(value_type = HashMap<String, AccountProject<'static>>)]
    projects: ByRef<'a, AccountProject<'a>>,
    #[schema(value_type = HashMap<String, AccountMembership<'static>>)]
    organization_memberships: ByRef<'a, AccountMembership<'a>>,
    #[schema(value_type = HashMap<String, AccountMembership<'static>>)]
    workspace_memberships: ByRef<'a, AccountMembership<'a>>,
    #[schema(value_type = HashMap<String, AccountMembership<'static>>)]
    project_memberships: ByRef<'a, AccountMembership<'a>>,
    /// Only if there is one.
    #[schema(value_type = Option<HashMap<String, AccountApiKey<'static>>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_keys: Option<ByRef<'a, AccountApiKey<'a>>>,
}

impl<'a> From<&'a ProvisionedAccount> for CreatedAccountView<'a> {
    fn from(account: &'a ProvisionedAccount) -> Self {
        let ProvisionedAccount {
            users,
            identities,
            organizations,
            workspaces,
            projects,
            organization_members,
            workspace_members,
            project_members,
            api_keys,
            errors: _,
        } = account;
        let organization_membership = AccountMembership::of_organization;
        Self {
            users: ByRef::of(users, AccountUser::from),
            user_identities: ByRef::of(identities, AccountIdentity::from),
            organizations: ByRef::of(organizations, AccountOrganization::from),
            workspaces: ByRef::of(workspaces, AccountWorkspace::from),
            projects: ByRef::of(projects, AccountProject::from),
            organization_memberships: ByRef::of(organization_members, organization_membership),
            workspace_memberships: ByRef::of(workspace_members, AccountMembership::of_workspace),
            project_memberships: ByRef::of(project_members, AccountMembership::of_project),
            api_keys: ByRef::of(api_keys, AccountApiKey::from).non_empty(),
        }
    }
}

/// What was made of a request for one graph.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedAccountsView<'a> {
    /// Exactly one.
    accounts: Vec<CreatedAccountView<'a>>,
    /// What could not be made, if there is such a thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<AccountError<'a>>,
}

impl<'a> From<&'a Vec<ProvisionedAccount>> for CreatedAccountsView<'a> {
    fn from(accounts: &'a Vec<ProvisionedAccount>) -> Self {
        let errors = accounts.iter().flat_map(|account| &account.errors);
        Self {
            accounts: accounts.iter().map(CreatedAccountView::from).collect(),
            errors: errors.map(|error| AccountError::of(error, None)).collect(),
        }
    }
}

/// One of many accounts, with a person and what is theirs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SimpleAccountView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<AccountUser<'a>>,
    user_identities: Vec<AccountIdentity<'a>>,
    /// Under `org`.
    #[schema(value_type = HashMap<String, AccountOrganization<'static>>)]
    organizations: ByRef<'a, AccountOrganization<'a>>,
    /// Under `wrk`.
    #[schema(value_type = HashMap<String, AccountWorkspace<'static>>)]
    workspaces: ByRef<'a, AccountWorkspace<'a>>,
    /// Under `prj`.
    #[schema(value_type = HashMap<String, AccountProject<'static>>)]
    projects: ByRef<'a, AccountProject<'a>>,
    organization_memberships: Vec<AccountMembership<'a>>,
    workspace_memberships: Vec<AccountMembership<'a>>,
    project_memberships: Vec<AccountMembership<'a>>,
    /// The text of the API key under `key`, if there is one and it is to be shown.
    #[schema(value_type = Option<HashMap<String, String>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_keys: Option<ByRef<'a, SecretView<'a>>>,
}

fn list<'a, T, V>(parts: &'a Parts<T>, view: impl Fn(&'a T) -> V) -> Vec<V> {
    parts.iter().map(|(_, part)| view(part)).collect()
}

impl<'a> From<&'a ProvisionedAccount> for SimpleAccountView<'a> {
    fn from(account: &'a ProvisionedAccount) -> Self {
        let ProvisionedAccount {
            users,
            identities,
            organizations,
            workspaces,
            projects,
            organization_members,
            workspace_members,
            project_members,
            api_keys,
            errors: _,
        } = account;
        let values = api_keys.iter().filter_map(|(name, key)| {
            let value = key.value.as_ref()?;
            Some((name.as_str(), SecretView(value)))
        });
        let organization_membership = AccountMembership::of_organization;
        Self {
            user: users.first().map(|(_, user)| AccountUser::from(user)),
            user_identities: list(identities, AccountIdentity::from),
            organizations: ByRef::of(organizations, AccountOrganization::from),
            workspaces: ByRef::of(workspaces, AccountWorkspace::from),
            projects: ByRef::of(projects, AccountProject::from),
            organization_memberships: list(organization_members, organization_membership),
            workspace_memberships: list(workspace_members, AccountMembership::of_workspace),
            project_memberships: list(project_members, AccountMembership::of_project),
            api_keys: ByRef(values.collect()).non_empty(),
        }
    }
}

/// What was made of many accounts, by the keys of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SimpleAccountsView<'a> {
    #[schema(value_type = HashMap<String, SimpleAccountView<'static>>)]
    accounts: ByRef<'a, SimpleAccountView<'a>>,
    /// What could not be made, if there is such a thing; `details.account` says where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<AccountError<'a>>,
}

impl<'a> SimpleAccountsView<'a> {
    /// `keys` are those of the request, which are in the order of the accounts.
    pub(super) fn new(keys: &'a [String], accounts: &'a [ProvisionedAccount]) -> Self {
        let keyed_accounts = || keys.iter().map(String::as_str).zip(accounts);
        let errors = keyed_accounts().flat_map(|(key, account)| {
            let errors = account.errors.iter();
            errors.map(move |error| AccountError::of(error, Some(key)))
        });
        Self {
            accounts: ByRef(
                keyed_accounts()
                    .map(|(key, account)| (key, SimpleAccountView::from(account)))
                    .collect(),
            ),
            errors: errors.collect(),
        }
    }
}
