//! What has to be known to write each letter.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

/// What the letter of an invitation has to know.
#[derive(Clone, Debug)]
pub struct InvitationEmailData {
    /// Whom it goes to.
    pub email: String,
    /// Where it leads.
    pub workspace: Id<Workspace>,
    /// The same.
    pub organization: Id<Organization>,
    /// The workspace's default project; else the one of the time when it was issued.
    pub project: Option<Id<Project>>,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// The organization's name.
    pub organization_name: Option<String>,
    /// What others see of who issued it.
    pub inviter: Option<String>,
    /// Their address.
    pub inviter_email: Option<String>,
}

/// What the letter about a new member has to know.
#[derive(Clone, Debug)]
pub struct MemberJoinedEmailData {
    /// Whom it goes to.
    pub email: String,
    /// What others see of who joined.
    pub member: Option<String>,
    /// Their address.
    pub member_email: String,
    /// The organization's name.
    pub organization_name: Option<String>,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
}

statements! {
    INVITATION = "SELECT i.email, i.workspace_id, i.organization_id,
            coalesce((SELECT p.id FROM projects p WHERE p.workspace_id = i.workspace_id AND p.is_default), i.project_id),
            i.expiration_date, o.name, u.username, u.email
       FROM project_invitations i
       JOIN organizations o ON o.id = i.organization_id
       LEFT JOIN users u ON u.id = i.issuer_id
      WHERE i.id = $1 AND i.generation = $2 AND i.status = 'pending'
        AND (i.expiration_date IS NULL OR i.expiration_date > $3)";
    MANAGERS = "SELECT user_id FROM workspace_members
      WHERE workspace_id = $1 AND user_id <> $2 AND role IN ('owner', 'admin') ORDER BY user_id";
    JOINED = "SELECT r.email, j.username, j.email, o.name,
            (SELECT p.id FROM projects p WHERE p.workspace_id = joined.workspace_id AND p.is_default)
       FROM workspace_members joined
       JOIN users j ON j.id = joined.user_id
       JOIN organizations o ON o.id = joined.organization_id
       JOIN workspace_members reader ON reader.workspace_id = joined.workspace_id
            AND reader.user_id = $3 AND reader.role IN ('owner', 'admin')
       JOIN users r ON r.id = reader.user_id
      WHERE joined.workspace_id = $1 AND joined.user_id = $2";
}

impl Store {
    /// What the letter of this generation of an invitation says; nothing when
    /// it is answered, replaced or over.
    pub async fn invitation_email_data(
        &self,
        invitation: Uuid,
        generation: i64,
        now: Timestamp,
    ) -> Result<Option<InvitationEmailData>> {
        self.read_one(&INVITATION, values![invitation, generation, now], |row| {
            Ok(InvitationEmailData {
                email: row.get(0)?,
                workspace: row.get(1)?,
                organization: row.get(2)?,
                project: row.get(3)?,
                expires: row.get(4)?,
                organization_name: row.get(5)?,
                inviter: row.get(6)?,
                inviter_email: row.get(7)?,
            })
        })
        .await
    }

    /// What the letter to `to` says, who manages a workspace that `user` has
    /// joined; nothing when one of them is not there any more.
    pub async fn member_joined_email_data(
        &self,
        workspace: Id<Workspace>,
        user: Id<User>,
        to: Id<User>,
    ) -> Result<Option<MemberJoinedEmailData>> {
        self.read_one(&JOINED, values![workspace, user, to], |row| {
            Ok(MemberJoinedEmailData {
                email: row.get(0)?,
                member: row.get(1)?,
                member_email: row.get(2)?,
                organization_name: row.get(3)?,
                project: row.get(4)?,
            })
        })
        .await
    }
}

impl Tx {
    /// Who manages a workspace, `except` somebody.
    pub async fn managers(
        &mut self,
        workspace: Id<Workspace>,
        except: Id<User>,
    ) -> Result<Vec<Id<User>>> {
        self.read(&MANAGERS, values![workspace, except], |row| row.get(0))
            .await
    }
}
