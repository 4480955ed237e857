//! Lists of invitations: an organization's, for those who manage members.
//! Nothing here knows what a link holds.

use freehold_domain::{Id, Invitation, InvitationStatus, Organization, Refusal, Trace};
use freehold_store::{InboxItem, InvitationFilter, InvitationRecord, ListedInvitation, UserRecord};

use crate::access::{Caller, check_invitation_valid, into_refusal};
use crate::command::Outcome;
use crate::runtime::App;

/// A page has at most so many.
const MAX_PAGE_SIZE: i64 = 200;

/// A part of a list, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvitationQuery {
    /// Only these.
    pub status: Option<InvitationStatus>,
    /// Only what comes after this one.
    pub after: Option<Id<Invitation>>,
    /// At most so many; a page is never longer than 200.
    pub limit: Option<i64>,
}

impl InvitationQuery {
    /// With room for one more, which tells whether there is a next page.
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

    /// Cuts what was found to a page, and names where the next one begins.
    pub(super) fn into_page<T>(
        &self,
        mut found: Vec<T>,
        id: impl Fn(&T) -> Id<Invitation>,
    ) -> (Vec<T>, Option<Id<Invitation>>) {
        let page_size = usize::try_from(self.page_size(self.limit)).unwrap_or(usize::MAX);
        let more = found.len() > page_size;
        found.truncate(page_size);
        let next = found.last().map(id).filter(|_| more);
        (found, next)
    }
}

/// An invitation as those see it who manage members.
#[derive(Clone, Debug)]
pub struct InvitationDetails {
    /// The row.
    pub invitation: InvitationRecord,
    /// What has become of it.
    pub status: InvitationStatus,
    /// Who sent it last, while they have an account.
    pub issuer: Option<UserRecord>,
    /// Why nobody could accept it although nobody has answered it.
    pub invalid: Option<Refusal>,
}

/// An invitation as the invited person sees it.
#[derive(Clone, Debug)]
pub struct OwnInvitation {
    /// The row.
    pub invitation: InvitationRecord,
    /// What the organization is called.
    pub organization_name: Option<String>,
    /// What the workspace is called.
    pub workspace_name: Option<String>,
    /// Who asks.
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

/// A part of a list.
#[derive(Clone, Debug)]
pub struct InvitationPage<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// What to ask for to get what comes after.
    pub next: Option<Id<Invitation>>,
}

impl App {
    /// The invitations to the workspaces of an organization that the caller may
    /// invite to.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] for those who are not in the
    /// organization; [`Refusal::InsufficientRole`] for those who may invite nowhere.
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
        let found = self
            .store()
            .invitations(organization, &workspaces, &filter)
            .await?;
        let (found, next) = query.into_page(found, |listed| listed.invitation.id);
        let items = found
            .into_iter()
            .map(|listed| self.details(listed, &filter));
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
