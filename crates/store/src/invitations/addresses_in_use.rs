//! Which of many email addresses members or open invitations of an organization
//! have, in one statement.
//!
//! Not here: the invitations themselves (`issue`).

use freehold_domain::{Id, Organization, Timestamp, Workspace};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Tx};

/// An email address that a member of a workspace or an open invitation to it
/// has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressInUse {
    /// The normalized email address.
    pub email: String,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// Whether it is a member's address.
    pub member: bool,
    /// When the invitation expires; never if there is no time.
    pub expires_at: Option<Timestamp>,
}

// The engines read lists of texts differently. `CROSS JOIN` keeps SQLite from
// reading the list once for each invitation.
macro_rules! addresses_in_use {
    ($opened:literal) => {
        concat!(
            "SELECT u.email, m.workspace_id, TRUE, NULL
               FROM ",
            $opened,
            " a
               CROSS JOIN users u
               JOIN workspace_members m ON m.user_id = u.id
              WHERE u.email = a.value AND m.organization_id = $1 AND m.role <> 'none'
             UNION ALL
             SELECT i.email, i.workspace_id, FALSE, i.expiration_date
               FROM ",
            $opened,
            " a
               CROSS JOIN workspaces w
               CROSS JOIN project_invitations i
              WHERE w.organization_id = $1 AND i.workspace_id = w.id
                AND i.email = a.value AND i.status = 'pending'"
        )
    };
}

statements! {
    ADDRESSES_IN_USE = addresses_in_use!("json_each($2)"),
        postgres = addresses_in_use!("jsonb_array_elements_text($2)");
}

fn read_known(row: &Row<'_>) -> Result<AddressInUse> {
    Ok(AddressInUse {
        email: row.get(0)?,
        workspace: row.get(1)?,
        member: row.get(2)?,
        expires_at: row.get(3)?,
    })
}

impl Tx {
    /// Returns those of these normalized email addresses that members of an
    /// organization's workspaces or open invitations, expired or not, have.
    pub async fn addresses_in_use(
        &mut self,
        organization: Id<Organization>,
        emails: &[&str],
    ) -> Result<Vec<AddressInUse>> {
        let emails = serde_json::Value::from(emails.to_vec());
        self.read(&ADDRESSES_IN_USE, values![organization, emails], read_known)
            .await
    }
}
