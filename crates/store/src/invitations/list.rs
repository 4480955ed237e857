//! Lists of invitations: those of an organization, and those to an email address.
//!
//! Not here: issuing and answering them (`issue`, `answer`).

use freehold_domain::{
    Email, Id, Invitation, InvitationStatus, Organization, Timestamp, User, Workspace,
};
use uuid::Uuid;

use crate::accounts::users::user_columns;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};
use crate::invitations::issue::{
    INVITATION_WIDTH, InvitationRecord, invitation_columns, read_invitation,
};
use crate::members::context::{
    MEMBER_CONTEXT_WIDTH, MemberContext, member_context_columns, read_member_context_at,
    workspace_joins,
};

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
    pub organization_name: Option<String>,
    /// The workspace's name.
    pub workspace_name: Option<String>,
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

macro_rules! invitation_list {
    ($more:literal, $which:expr) => {
        concat!(
            "SELECT ",
            invitation_columns!(),
            ", ",
            member_context_columns!(),
            $more,
            " FROM project_invitations i JOIN workspaces w ON w.id = i.workspace_id",
            workspace_joins!(),
            "
       LEFT JOIN users u ON u.id = i.issuer_id",
            "
      WHERE ",
            $which
        )
    };
}

/// `$2` is a JSON list of workspace ids.
macro_rules! of_organization {
    ($among:literal) => {
        concat!(
            "i.organization_id = $1 AND ",
            $among,
            " AND i.id < $3
        AND ($4 = '' OR $4 = CASE WHEN i.status = 'pending' AND i.expiration_date <= $5
                                  THEN 'expired' ELSE i.status END)
      ORDER BY i.id DESC LIMIT $6"
        )
    };
}

statements! {
    OF_ORGANIZATION = invitation_list!("", of_organization!(
            "lower(hex(i.workspace_id)) IN (SELECT value FROM json_each($2))")),
        postgres = invitation_list!("", of_organization!(
            "i.workspace_id IN (SELECT jsonb_array_elements_text($2)::uuid)"));
    OF_ADDRESS = invitation_list!(", o.name, w.name", "i.email = $1 AND i.status = 'pending'
        AND (i.expiration_date IS NULL OR i.expiration_date > $2) AND i.id < $3
      ORDER BY i.id DESC LIMIT $4");
}

fn read_listed(row: &Row<'_>) -> Result<ListedInvitation> {
    let issuer = row.get::<Option<Id<User>>>(INVITATION_WIDTH)?;
    Ok(ListedInvitation {
        invitation: read_invitation(row)?,
        issuer: issuer
            .map(|_| read_member_context_at(row, INVITATION_WIDTH))
            .transpose()?,
    })
}

fn read_item(row: &Row<'_>) -> Result<InboxItem> {
    const NEXT: usize = INVITATION_WIDTH + MEMBER_CONTEXT_WIDTH;
    Ok(InboxItem {
        listed: read_listed(row)?,
        organization_name: row.get(NEXT)?,
        workspace_name: row.get(NEXT + 1)?,
    })
}

impl Store {
    /// Returns invitations to these workspaces of an organization.
    pub async fn invitations(
        &self,
        organization: Id<Organization>,
        workspaces: &[Id<Workspace>],
        filter: &InvitationFilter,
    ) -> Result<Vec<ListedInvitation>> {
        let workspaces: Vec<String> = workspaces
            .iter()
            .map(|id| id.uuid().simple().to_string())
            .collect();
        let status = filter.status.map_or("", InvitationStatus::as_str);
        let values = values![
            organization,
            serde_json::Value::from(workspaces),
            filter.after(),
            status,
            filter.now,
            filter.limit
        ];
        self.read(&OF_ORGANIZATION, values, read_listed).await
    }

    /// Returns the open invitations to an email address, also those whose issuer
    /// may not invite any more. Ignores the filter's status.
    pub async fn invitations_for(
        &self,
        email: &Email,
        filter: &InvitationFilter,
    ) -> Result<Vec<InboxItem>> {
        let values = values![email, filter.now, filter.after(), filter.limit];
        self.read(&OF_ADDRESS, values, read_item).await
    }
}
