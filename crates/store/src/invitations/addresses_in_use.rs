//! Which of many email addresses members or open invitations of an organization
//! have, in one statement.
//!
//! Not here: the invitations themselves (`issue`).

use freehold_domain::{Id, Organization, Timestamp, Workspace};

use crate::engine::json_list::texts;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx};

row_types! {
    /// An email address that a member of a workspace or an open invitation to it
    /// has.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AddressInUse {
        /// The normalized email address.
        pub email: String = "x.email",
        /// The workspace.
        pub workspace: Id<Workspace> = "x.workspace_id",
        /// Whether it is a member's address.
        pub member: bool = "x.is_member",
        /// When the invitation expires; never if there is no time.
        pub expires_at: Option<Timestamp> = "x.expires_at",
    }
}

statements! {
    rows AddressInUse;

    // `CROSS JOIN` keeps SQLite from reading the list once for each invitation.
    ADDRESSES_IN_USE = "
        SELECT {AddressInUse}
          FROM (SELECT u.email, m.workspace_id, TRUE AS is_member, NULL AS expires_at
                  FROM {list $2} a
                 CROSS JOIN users u
                  JOIN workspace_members m ON m.user_id = u.id
                 WHERE u.email = a.value AND m.organization_id = $1 AND m.role <> 'none'
                 UNION ALL
                SELECT i.email, i.workspace_id, FALSE, i.expiration_date
                  FROM {list $2} a
                 CROSS JOIN workspaces w
                 CROSS JOIN project_invitations i
                 WHERE w.organization_id = $1 AND i.workspace_id = w.id
                   AND i.email = a.value AND i.status = 'pending') AS x";
}

impl Tx {
    /// Returns those of these normalized email addresses that members of an
    /// organization's workspaces or open invitations, expired or not, have.
    pub async fn addresses_in_use(
        &mut self,
        organization: Id<Organization>,
        emails: &[&str],
    ) -> Result<Vec<AddressInUse>> {
        let values = values![organization, texts(emails)];
        self.read(&ADDRESSES_IN_USE, values, FromRow::read).await
    }
}
