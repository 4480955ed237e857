//! The details of one user and of one organization. Lists are limited, and say
//! so; all members of an organization can be read with a search.

use freehold_domain::{EntityKind, Refusal};
use freehold_store::{
    InvitationRecord, KeyDetails, LoginDetails, OrganizationMember, OrganizationRecord,
    OrganizationSummary, ProjectSummary, UserOrganization, UserProject, UserWithCounts,
    UserWorkspace, WorkspaceSummary,
};
use serde_json::json;

use super::{MAX_LISTED, OrganizationReference, UserReference};
use crate::command::{Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// A user with everything that belongs to the account.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    /// The account.
    pub account: UserWithCounts,
    /// The user's logins.
    pub logins: Vec<LoginDetails>,
    /// The organizations that the user is a member of.
    pub organizations: Vec<UserOrganization>,
    /// The workspaces that the user is a member of.
    pub workspaces: Vec<UserWorkspace>,
    /// The projects that the user is a member of.
    pub projects: Vec<UserProject>,
    /// The user's API keys.
    pub keys: Vec<KeyDetails>,
    /// The open invitations for the user's address.
    pub invitations: Vec<InvitationRecord>,
    /// Whether one of the lists has more entries.
    pub truncated: bool,
}

/// An organization with everything in it.
#[derive(Clone, Debug)]
pub struct OrganizationContents {
    /// The organization.
    pub organization: OrganizationRecord,
    /// The organization's summary.
    pub summary: OrganizationSummary,
    /// The members.
    pub members: Vec<OrganizationMember>,
    /// The workspaces.
    pub workspaces: Vec<WorkspaceSummary>,
    /// The projects.
    pub projects: Vec<ProjectSummary>,
    /// The number of API keys.
    pub keys: i64,
    /// The open invitations.
    pub invitations: Vec<InvitationRecord>,
    /// Whether one of the lists has more entries.
    pub truncated: bool,
}

/// Whether one of several lists, each read with one extra row, was cut.
#[derive(Default)]
struct TruncatedLists(bool);

impl TruncatedLists {
    fn list<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        let limit = usize::try_from(MAX_LISTED).unwrap_or(usize::MAX);
        self.0 |= items.len() > limit;
        items.truncate(limit);
        items
    }
}

/// One row more than is listed.
const READ_LIMIT: i64 = MAX_LISTED + 1;

impl App {
    /// The details of a user. `named` is the id or address that the operator
    /// gave.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn read_user_details(
        &self,
        operator: &Operator,
        context: &RequestContext,
        named: &str,
    ) -> Outcome<AccountDetails> {
        let not_found = || Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: named.to_owned(),
        };
        // A text that is neither an id nor an address is not looked up.
        let parsed = UserReference::parse(named).ok_or_else(not_found)?;
        let read = json!({ "read": "user", "user": named });
        self.record_operator_read(operator, context, read).await?;
        let (store, now) = (self.store(), self.now());
        let id = match parsed {
            UserReference::Id(id) => id,
            UserReference::Email(email) => {
                let user = store.user_by_email(&email).await?;
                user.ok_or_else(not_found)?.id
            }
        };
        let account = store.account(id, now).await?.ok_or_else(not_found)?;
        let email = &account.user.user.email;
        let invitations = store.open_invitations_for(email, now, READ_LIMIT).await?;
        let mut lists = TruncatedLists::default();
        Ok(AccountDetails {
            logins: lists.list(store.login_details(id, READ_LIMIT).await?),
            organizations: lists.list(store.organizations_of_user(id, READ_LIMIT).await?),
            workspaces: lists.list(store.workspaces_of_user(id, READ_LIMIT).await?),
            projects: lists.list(store.projects_of_user(id, READ_LIMIT).await?),
            keys: lists.list(store.api_keys_of_user(id, READ_LIMIT).await?),
            invitations: lists.list(invitations),
            truncated: lists.0,
            account,
        })
    }

    /// The details of an organization. `named` is the id or slug that the
    /// operator gave.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn read_organization_overview(
        &self,
        operator: &Operator,
        context: &RequestContext,
        named: &str,
    ) -> Outcome<OrganizationContents> {
        let not_found = || Refusal::EntityNotFound {
            kind: EntityKind::Organization,
            named: named.to_owned(),
        };
        let parsed = OrganizationReference::parse(named).ok_or_else(not_found)?;
        let read = json!({ "read": "organization", "organization": named });
        self.record_operator_read(operator, context, read).await?;
        let (store, now) = (self.store(), self.now());
        let summary = match parsed {
            OrganizationReference::Id(id) => store.organization_summary(id).await?,
            OrganizationReference::Slug(slug) => store.organization_summary_by_slug(&slug).await?,
        };
        let summary = summary.ok_or_else(not_found)?;
        let id = summary.id;
        let organization = store.organization(id).await?.ok_or_else(not_found)?;
        let mut lists = TruncatedLists::default();
        Ok(OrganizationContents {
            organization,
            members: lists.list(store.organization_members(id, READ_LIMIT).await?),
            workspaces: lists.list(store.workspaces_of_organization(id, READ_LIMIT).await?),
            projects: lists.list(store.projects_of_organization(id, READ_LIMIT).await?),
            keys: store.count_api_keys_in(id).await?,
            invitations: lists.list(store.open_invitations_in(id, now, READ_LIMIT).await?),
            truncated: lists.0,
            summary,
        })
    }
}
