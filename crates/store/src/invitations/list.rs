//! Lists of invitations: those of an organization, and those to an email address.
//!
//! Not here: issuing and answering them (`issue`, `answer`).

use freehold_domain::{
    Email, Id, Invitation, InvitationStatus, Organization, Timestamp, Workspace,
};
use uuid::Uuid;

use crate::engine::json_list::ids;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};
use crate::invitations::issue::InvitationRecord;
use crate::members::context::MemberContext;

row_types! {
    /// An invitation and the current member context of its issuer.
    #[derive(Clone, Debug)]
    pub struct ListedInvitation {
        /// The invitation.
        pub invitation: InvitationRecord,
        /// The issuer's member context, while they have an account.
        pub issuer: Option<MemberContext>,
    }

    /// An invitation as its invitee sees it.
    #[derive(Clone, Debug)]
    pub struct InboxItem {
        /// The invitation.
        pub listed: ListedInvitation,
        /// The organization's name.
        pub organization_name: Option<String> = "o.name",
        /// The workspace's name.
        pub workspace_name: Option<String> = "w.name",
    }
}

/// Which page of a list, newest first.
#[derive(Clone, Copy, Debug)]
pub struct InvitationFilter {
    /// Only invitations with this status.
    pub status: Option<InvitationStatus>,
    /// Only invitations after this one, the cursor.
    pub after: Option<Id<Invitation>>,
    /// The maximum number of invitations.
    pub limit: i64,
    /// The current time.
    pub now: Timestamp,
}

impl InvitationFilter {
    fn after(&self) -> Uuid {
        self.after.map_or(Uuid::max(), Id::uuid)
    }
}

statements! {
    rows ListedInvitation, InboxItem;

    OF_ORGANIZATION = "
        SELECT {ListedInvitation}
          FROM project_invitations i
          JOIN workspaces w ON w.id = i.workspace_id
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          LEFT JOIN users u ON u.id = i.issuer_id
         WHERE i.organization_id = $1 AND i.workspace_id IN {ids $2} AND i.id < $3
           AND ($4 = '' OR $4 = CASE WHEN i.status = 'pending' AND i.expiration_date <= $5
                                     THEN 'expired' ELSE i.status END)
         ORDER BY i.id DESC LIMIT $6";
    OF_ADDRESS = "
        SELECT {InboxItem}
          FROM project_invitations i
          JOIN workspaces w ON w.id = i.workspace_id
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          LEFT JOIN users u ON u.id = i.issuer_id
         WHERE i.email = $1 AND i.status = 'pending'
           AND (i.expiration_date IS NULL OR i.expiration_date > $2) AND i.id < $3
         ORDER BY i.id DESC LIMIT $4";
}

impl Store {
    /// Returns invitations to these workspaces of an organization.
    pub async fn invitations(
        &self,
        organization: Id<Organization>,
        workspaces: &[Id<Workspace>],
        filter: &InvitationFilter,
    ) -> Result<Vec<ListedInvitation>> {
        let status = filter.status.map_or("", InvitationStatus::as_str);
        let values = values![
            organization,
            ids(workspaces),
            filter.after(),
            status,
            filter.now,
            filter.limit
        ];
        self.read(&OF_ORGANIZATION, values, FromRow::read).await
    }

    /// Returns the open invitations to an email address, also those whose issuer
    /// may not invite any more. Ignores the filter's status.
    pub async fn invitations_for(
        &self,
        email: &Email,
        filter: &InvitationFilter,
    ) -> Result<Vec<InboxItem>> {
        let values = values![email, filter.now, filter.after(), filter.limit];
        self.read(&OF_ADDRESS, values, FromRow::read).await
    }
}
