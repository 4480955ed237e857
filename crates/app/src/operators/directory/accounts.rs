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

use super::{SHOWN_MEMBERS, WhichOrganization, WhichUser};
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
pub struct AccountGraph {
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
struct Cut(bool);

impl Cut {
    fn list<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        let most = usize::try_from(SHOWN_MEMBERS).unwrap_or(usize::MAX);
        self.0 |= items.len() > most;
        items.truncate(most);
        items
    }
}

/// Room for one more than is shown.
const READ: i64 = SHOWN_MEMBERS + 1;

impl App {
    /// Everything about a person. `named` is what the operator wrote.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn account_file(
        &self,
        operator: &Operator,
        call: &RequestContext,
        named: &str,
    ) -> Outcome<AccountDetails> {
        let missing = || Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: named.to_owned(),
        };
        // What can be nobody's name is not shown to the database.
        let which = WhichUser::parse(named).ok_or_else(missing)?;
        let asked = json!({ "asked": "user", "user": named });
        self.looked(operator, call, asked).await?;
        let (store, now) = (self.store(), self.now());
        let id = match which {
            WhichUser::Id(id) => id,
            WhichUser::Email(email) => {
                let user = store.user_by_email(&email).await?;
                user.ok_or_else(missing)?.id
            }
        };
        let account = store.account(id, now).await?.ok_or_else(missing)?;
        let email = &account.user.user.email;
        let invitations = store.open_invitations_for(email, now, READ).await?;
        let mut cut = Cut::default();
        Ok(AccountDetails {
            logins: cut.list(store.login_details(id, READ).await?),
            organizations: cut.list(store.organizations_of_user(id, READ).await?),
            workspaces: cut.list(store.workspaces_of_user(id, READ).await?),
            projects: cut.list(store.projects_of_user(id, READ).await?),
            keys: cut.list(store.api_keys_of_user(id, READ).await?),
            invitations: cut.list(invitations),
            truncated: cut.0,
            account,
        })
    }

    /// Everything about an organization. `named` is what the operator wrote.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn account_graph(
        &self,
        operator: &Operator,
        call: &RequestContext,
        named: &str,
    ) -> Outcome<AccountGraph> {
        let missing = || Refusal::EntityNotFound {
            kind: EntityKind::Organization,
            named: named.to_owned(),
        };
        let which = WhichOrganization::parse(named).ok_or_else(missing)?;
        let asked = json!({ "asked": "organization", "organization": named });
        self.looked(operator, call, asked).await?;
        let (store, now) = (self.store(), self.now());
        let summary = match which {
            WhichOrganization::Id(id) => store.organization_summary(id).await?,
            WhichOrganization::Slug(slug) => store.organization_summary_by_slug(&slug).await?,
        };
        let summary = summary.ok_or_else(missing)?;
        let id = summary.id;
        let organization = store.organization(id).await?.ok_or_else(missing)?;
        let mut cut = Cut::default();
        Ok(AccountGraph {
            organization,
            members: cut.list(store.organization_members(id, READ).await?),
            workspaces: cut.list(store.workspaces_of_organization(id, READ).await?),
            projects: cut.list(store.projects_of_organization(id, READ).await?),
            keys: store.count_api_keys_in(id).await?,
            invitations: cut.list(store.open_invitations_in(id, now, READ).await?),
            truncated: cut.0,
            summary,
        })
    }
}
