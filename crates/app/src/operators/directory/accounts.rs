//! Everything about one person, everything about one organization. Lists are
//! cut at a number, and say so; a search by organization goes through all of its
//! people.

use freehold_domain::{EntityKind, Refusal};
use freehold_store::{
    AccountRecord, InvitationRecord, KeyDetails, LoginDetails, OrganizationMember,
    OrganizationRecord, OrganizationSummary, ProjectSummary, UserOrganization, UserProject,
    UserWorkspace, WorkspaceSummary,
};
use serde_json::json;

use super::{MAX_LISTED, OrganizationReference, UserReference};
use crate::command::{Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// A person and all that hangs on them.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    /// The account.
    pub account: AccountRecord,
    /// How they can sign in.
    pub logins: Vec<LoginDetails>,
    /// The organizations they are in.
    pub organizations: Vec<UserOrganization>,
    /// The workspaces they are in.
    pub workspaces: Vec<UserWorkspace>,
    /// The projects they are in.
    pub projects: Vec<UserProject>,
    /// Their keys.
    pub keys: Vec<KeyDetails>,
    /// The open invitations for their address.
    pub invitations: Vec<InvitationRecord>,
    /// Whether one of the lists goes on.
    pub truncated: bool,
}

/// An organization and all that is in it.
#[derive(Clone, Debug)]
pub struct OrganizationContents {
    /// The organization.
    pub organization: OrganizationRecord,
    /// The same at a glance.
    pub summary: OrganizationSummary,
    /// Who is in it.
    pub members: Vec<OrganizationMember>,
    /// Its workspaces.
    pub workspaces: Vec<WorkspaceSummary>,
    /// Their projects.
    pub projects: Vec<ProjectSummary>,
    /// How many keys there are.
    pub keys: i64,
    /// Whom somebody has asked to join.
    pub invitations: Vec<InvitationRecord>,
    /// Whether one of the lists goes on.
    pub truncated: bool,
}

/// Lists that were read with room for one more.
#[derive(Default)]
struct TruncatedLists(bool);

impl TruncatedLists {
    fn list<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        let most = usize::try_from(MAX_LISTED).unwrap_or(usize::MAX);
        self.0 |= items.len() > most;
        items.truncate(most);
        items
    }
}

/// Room for one more than is shown.
const READ_LIMIT: i64 = MAX_LISTED + 1;

impl App {
    /// Everything about a person. `named` is what the operator wrote.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn account_details(
        &self,
        operator: &Operator,
        context: &RequestContext,
        named: &str,
    ) -> Outcome<AccountDetails> {
        let not_found = || Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: named.to_owned(),
        };
        // What can be nobody's name is not shown to the database.
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

    /// Everything about an organization. `named` is what the operator wrote.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn organization_contents(
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
