//! The list of an organization's invitations, for members who may invite.
//! Tokens are not part of it.

use freehold_domain::{Id, Invitation, InvitationStatus, Organization, Refusal, Trace};
use freehold_store::{InboxItem, InvitationFilter, InvitationRecord, ListedInvitation, UserRecord};

use crate::access::{Caller, check_invitation_valid, into_refusal};
use crate::command::Outcome;
use crate::runtime::App;

/// The largest number of invitations on a page.
const MAX_PAGE_SIZE: i64 = 200;

/// Which part of a list is asked for, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvitationQuery {
    /// Only invitations with this status.
    pub status: Option<InvitationStatus>,
    /// Only invitations after this one in the list.
    pub after: Option<Id<Invitation>>,
    /// The page size; at most 200.
    pub limit: Option<i64>,
}

impl InvitationQuery {
    /// The filter for the store, with one row more than the page: that row
    /// shows whether there is a next page.
    pub(super) fn filter(&self, app: &App) -> InvitationFilter {
        let Self {
            status,
            after,
            limit,
        } = *self;
        InvitationFilter {
            status,
            after,
            limit: self.page_size(limit) + 1,
            now: app.now(),
        }
    }

    fn page_size(&self, limit: Option<i64>) -> i64 {
        limit.unwrap_or(MAX_PAGE_SIZE).clamp(1, MAX_PAGE_SIZE)
    }

    /// Cuts the rows to a page. Returns also the cursor of the next page.
    pub(super) fn page_of<T>(
        &self,
        mut rows: Vec<T>,
        id: impl Fn(&T) -> Id<Invitation>,
    ) -> (Vec<T>, Option<Id<Invitation>>) {
        let page_size = usize::try_from(self.page_size(self.limit)).unwrap_or(usize::MAX);
        let has_more = rows.len() > page_size;
        rows.truncate(page_size);
        let next = rows.last().map(id).filter(|_| has_more);
        (rows, next)
    }
}

/// An invitation as members who may invite see it.
#[derive(Clone, Debug)]
pub struct InvitationDetails {
    /// The row.
    pub invitation: InvitationRecord,
    /// The status, with expiry taken into account.
    pub status: InvitationStatus,
    /// The user who sent it last, while they have an account.
    pub issuer: Option<UserRecord>,
    /// Why a pending invitation could not be accepted.
    pub invalid: Option<Refusal>,
}

/// An invitation as the invitee sees it.
#[derive(Clone, Debug)]
pub struct OwnInvitation {
    /// The row.
    pub invitation: InvitationRecord,
    /// The name of the organization.
    pub organization_name: Option<String>,
    /// The name of the workspace.
    pub workspace_name: Option<String>,
    /// The user who sent it last, while they have an account.
    pub issuer: Option<UserRecord>,
}

impl From<InboxItem> for OwnInvitation {
    fn from(item: InboxItem) -> Self {
        let InboxItem {
            listed: ListedInvitation { invitation, issuer },
            organization_name,
            workspace_name,
        } = item;
        Self {
            invitation,
            organization_name,
            workspace_name,
            issuer: issuer.map(|context| context.user),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct InvitationPage<T> {
    /// The invitations, newest first.
    pub items: Vec<T>,
    /// The cursor of the next page.
    pub next: Option<Id<Invitation>>,
}

impl App {
    /// The invitations to those workspaces of an organization that the caller
    /// may invite to.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] if the caller is not in the
    /// organization; [`Refusal::InsufficientRole`] if the caller may not invite
    /// to any of its workspaces.
    pub async fn invitations(
        &self,
        caller: &Caller,
        organization: Id<Organization>,
        query: &InvitationQuery,
    ) -> Outcome<InvitationPage<InvitationDetails>> {
        let contexts = self
            .store()
            .member_contexts_in(organization, caller.user.id)
            .await?;
        let workspaces = self.invitable_workspaces(contexts).map_err(into_refusal)?;
        let filter = query.filter(self);
        let rows = self
            .store()
            .invitations(organization, &workspaces, &filter)
            .await?;
        let (rows, next) = query.page_of(rows, |listed| listed.invitation.id);
        let items = rows.into_iter().map(|listed| self.details(listed, &filter));
        Ok(InvitationPage {
            items: items.collect(),
            next,
        })
    }

    fn details(&self, listed: ListedInvitation, filter: &InvitationFilter) -> InvitationDetails {
        let ListedInvitation { invitation, issuer } = listed;
        let status = invitation.status_at(filter.now);
        let decision =
            check_invitation_valid(&invitation, issuer.as_ref(), self.roles(), Trace::new());
        let is_pending = status == InvitationStatus::Pending;
        InvitationDetails {
            invitation,
            status,
            issuer: issuer.map(|context| context.user),
            invalid: decision.refusal.filter(|_| is_pending),
        }
    }
}
