//! The data of each kind of email.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// The data of an invitation email.
    #[derive(Clone, Debug)]
    pub struct InvitationEmailData {
        /// The recipient.
        pub email: String = "i.email",
        /// The workspace of the invitation.
        pub workspace: Id<Workspace> = "i.workspace_id",
        /// The organization of the invitation.
        pub organization: Id<Organization> = "i.organization_id",
        /// The workspace's default project; without one, the project that the invitation was issued for.
        pub project: Option<Id<Project>> =
            "coalesce((SELECT p.id FROM projects p
                        WHERE p.workspace_id = i.workspace_id AND p.is_default), i.project_id)",
        /// When the invitation expires.
        pub expires: Option<Timestamp> = "i.expiration_date",
        /// The organization's name.
        pub organization_name: Option<String> = "o.name",
        /// The display name of the inviter.
        pub inviter: Option<String> = "u.username",
        /// The email address of the inviter.
        pub inviter_email: Option<String> = "u.email",
    }

    /// The data of an email about a new member.
    #[derive(Clone, Debug)]
    pub struct MemberJoinedEmailData {
        /// The recipient.
        pub email: String = "r.email",
        /// The display name of the new member.
        pub member: Option<String> = "j.username",
        /// The email address of the new member.
        pub member_email: String = "j.email",
        /// The organization's name.
        pub organization_name: Option<String> = "o.name",
        /// The workspace's default project.
        pub project: Option<Id<Project>> =
            "(SELECT p.id FROM projects p
               WHERE p.workspace_id = joined.workspace_id AND p.is_default)",
    }
}

statements! {
    rows InvitationEmailData, MemberJoinedEmailData;

    INVITATION_EMAIL_DATA = "
        SELECT {InvitationEmailData}
          FROM project_invitations i
          JOIN organizations o ON o.id = i.organization_id
          LEFT JOIN users u ON u.id = i.issuer_id
         WHERE i.id = $1 AND i.generation = $2 AND i.status = 'pending'
           AND (i.expiration_date IS NULL OR i.expiration_date > $3)";
    MANAGERS = "
        SELECT user_id FROM workspace_members
         WHERE workspace_id = $1 AND user_id <> $2 AND role IN ('owner', 'admin')
         ORDER BY user_id";
    MEMBER_JOINED_EMAIL_DATA = "
        SELECT {MemberJoinedEmailData}
          FROM workspace_members joined
          JOIN users j ON j.id = joined.user_id
          JOIN organizations o ON o.id = joined.organization_id
          JOIN workspace_members reader ON reader.workspace_id = joined.workspace_id
               AND reader.user_id = $3 AND reader.role IN ('owner', 'admin')
          JOIN users r ON r.id = reader.user_id
         WHERE joined.workspace_id = $1 AND joined.user_id = $2";
}

impl Store {
    /// Returns the data of the email for this generation of an invitation; nothing
    /// when it was answered or renewed, or has expired.
    pub async fn invitation_email_data(
        &self,
        invitation: Uuid,
        generation: i64,
        now: Timestamp,
    ) -> Result<Option<InvitationEmailData>> {
        self.read_one(
            &INVITATION_EMAIL_DATA,
            values![invitation, generation, now],
            FromRow::read,
        )
        .await
    }

    /// Returns the data of the email to `to`, a manager of a workspace that `user`
    /// has joined; nothing when one of the two is not a member any more.
    pub async fn member_joined_email_data(
        &self,
        workspace: Id<Workspace>,
        user: Id<User>,
        to: Id<User>,
    ) -> Result<Option<MemberJoinedEmailData>> {
        self.read_one(
            &MEMBER_JOINED_EMAIL_DATA,
            values![workspace, user, to],
            FromRow::read,
        )
        .await
    }
}

impl Tx {
    /// Returns the owner and the admins of a workspace without the user `except`.
    pub async fn managers(
        &mut self,
        workspace: Id<Workspace>,
        except: Id<User>,
    ) -> Result<Vec<Id<User>>> {
        self.read(&MANAGERS, values![workspace, except], |row| row.get(0))
            .await
    }
}
