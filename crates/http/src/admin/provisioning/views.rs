//! Responses to the creation of accounts. Null properties are omitted; empty maps and lists are not.
//! Each view destructures its source by field name, so that a new field does not compile until it is
//! included or left out.

use freehold_app::provisioning::{ItemError, MembershipView, Parts, ProvisionedAccount};
use freehold_domain::Level;
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

/// An error of one object. The other objects were processed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct AccountError<'a> {
    code: &'a str,
    message: &'a str,
    #[schema(value_type = Object)]
    details: Value,
}

impl<'a> AccountError<'a> {
    /// `account` is the key of the account, in a request for several; it is added to `details`.
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

/// The created objects of one graph, by the refs of the request.
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
    /// Absent if there are none.
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
        Self {
            users: ByRef::of(users, AccountUser::from),
            user_identities: ByRef::of(identities, AccountIdentity::from),
            organizations: ByRef::of(organizations, AccountOrganization::from),
            workspaces: ByRef::of(workspaces, AccountWorkspace::from),
            projects: ByRef::of(projects, AccountProject::from),
            organization_memberships: memberships_by_ref(Level::Organization, organization_members),
            workspace_memberships: memberships_by_ref(Level::Workspace, workspace_members),
            project_memberships: memberships_by_ref(Level::Project, project_members),
            api_keys: ByRef::of(api_keys, AccountApiKey::from).non_empty(),
        }
    }
}

/// The response to a request for one graph.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedAccountsView<'a> {
    /// Exactly one account.
    accounts: Vec<CreatedAccountView<'a>>,
    /// Objects that could not be created; absent if there are none.
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

/// An account: a user and the objects created for them.
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
    /// The API key under `key`; absent if none was created or returned.
    #[schema(value_type = Option<HashMap<String, String>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_keys: Option<ByRef<'a, SecretView<'a>>>,
}

fn list<'a, T, V>(parts: &'a Parts<T>, view: impl Fn(&'a T) -> V) -> Vec<V> {
    parts.iter().map(|(_, part)| view(part)).collect()
}

fn memberships_by_ref(
    level: Level,
    parts: &Parts<MembershipView>,
) -> ByRef<'_, AccountMembership<'_>> {
    ByRef::of(parts, |membership| AccountMembership::of(level, membership))
}

fn membership_list(level: Level, parts: &Parts<MembershipView>) -> Vec<AccountMembership<'_>> {
    list(parts, |membership| AccountMembership::of(level, membership))
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
        Self {
            user: users.first().map(|(_, user)| AccountUser::from(user)),
            user_identities: list(identities, AccountIdentity::from),
            organizations: ByRef::of(organizations, AccountOrganization::from),
            workspaces: ByRef::of(workspaces, AccountWorkspace::from),
            projects: ByRef::of(projects, AccountProject::from),
            organization_memberships: membership_list(Level::Organization, organization_members),
            workspace_memberships: membership_list(Level::Workspace, workspace_members),
            project_memberships: membership_list(Level::Project, project_members),
            api_keys: ByRef(values.collect()).non_empty(),
        }
    }
}

/// The created accounts, by the keys of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SimpleAccountsView<'a> {
    #[schema(value_type = HashMap<String, SimpleAccountView<'static>>)]
    accounts: ByRef<'a, SimpleAccountView<'a>>,
    /// Objects that could not be created; absent if there are none. `details.account` is the key of the
    /// account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<AccountError<'a>>,
}

impl<'a> SimpleAccountsView<'a> {
    /// `keys` are the keys of the request, in the order of `accounts`.
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
