//! Invitations: issuing and renewing them. An invitation asks one email address to
//! join one workspace. The token of its link is stored as a hash.
//!
//! Not here: answering (`answer`), lists (`list`), revoking (`revoke`), links for
//! several users (`links`), and which addresses are in use (`addresses_in_use`).

use freehold_domain::{
    Id, Invitation, InvitationStatus, Organization, Project, Timestamp, User, Workspace,
};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Tx};

/// An invitation to insert.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Its id.
    pub id: Id<Invitation>,
    /// The hash of its link's token, in the first generation.
    pub token: String,
    /// The normalized email address.
    pub email: String,
    /// The role that it gives.
    pub role: String,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// The organization of the workspace.
    pub organization: Id<Organization>,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The user who invites; none if an operator does.
    pub issuer: Option<Id<User>>,
    /// Whether the link is only sent to the email address.
    pub mailed: bool,
    /// The current time.
    pub now: Timestamp,
}

row_types! {
    /// An invitation.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct InvitationRecord {
        /// Its id.
        pub id: Id<Invitation> = "i.id",
        /// The normalized email address.
        pub email: String = "i.email",
        /// The role that it gives.
        pub role: String = "i.role",
        /// Its status, as stored: an expired invitation may still be `pending`.
        pub status: String = "i.status",
        /// The workspace.
        pub workspace: Id<Workspace> = "i.workspace_id",
        /// The organization of the workspace.
        pub organization: Id<Organization> = "i.organization_id",
        /// The project that it was issued for, while that exists.
        pub project: Option<Id<Project>> = "i.project_id",
        /// When it expires; never if there is no time.
        pub expires_at: Option<Timestamp> = "i.expiration_date",
        /// How often it was issued.
        pub generation: i64 = "i.generation",
        /// The user who issued it last; none if an operator did.
        pub issuer: Option<Id<User>> = "i.issuer_id",
        /// Whether its link was only sent to the email address.
        pub mailed: bool = "i.mailed",
        /// When its link was sent.
        pub sent_at: Option<Timestamp> = "i.sent_at",
        /// When it was created.
        pub created_at: Option<Timestamp> = "i.created_at",
    }
}

impl InvitationRecord {
    /// Whether it has expired.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Returns its status at this time. An unknown status counts as revoked.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> InvitationStatus {
        match InvitationStatus::parse(&self.status) {
            Some(InvitationStatus::Pending) if self.has_expired(now) => InvitationStatus::Expired,
            Some(status) => status,
            None => InvitationStatus::Revoked,
        }
    }
}

/// A new link for an invitation.
#[derive(Clone, Debug)]
pub struct InvitationRenewal {
    /// The invitation.
    pub id: Id<Invitation>,
    /// Its current generation.
    pub generation: i64,
    /// The hash of the new link's token.
    pub token: String,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The user who renews it.
    pub issuer: Id<User>,
    /// Whether the link is only sent to the email address.
    pub mailed: bool,
    /// The current time.
    pub now: Timestamp,
}

statements! {
    rows InvitationRecord;

    PENDING = "
        SELECT {InvitationRecord} FROM project_invitations i
         WHERE i.workspace_id = $1 AND i.email = $2 AND i.status = 'pending'";
    BY_ID = "
        SELECT {InvitationRecord} FROM project_invitations i
         WHERE i.id = $1 AND i.organization_id = $2";
    RENEW = "
        UPDATE project_invitations
           SET token = $3, generation = generation + 1, project_id = $4, expiration_date = $5,
               issuer_id = $6, mailed = $7, sent_at = $8, updated_at = $9, updated_by_id = $6
         WHERE id = $1 AND generation = $2 AND status = 'pending'";
    EXPIRE = "
        UPDATE project_invitations SET status = 'expired', updated_at = $2
         WHERE workspace_id = $1 AND status = 'pending' AND expiration_date <= $2
           AND email IN {texts $3}";
}

static INVITATIONS: Insert = Insert {
    table: "project_invitations",
    columns: &[
        "id",
        "token",
        "email",
        "role",
        "project_id",
        "workspace_id",
        "organization_id",
        "expiration_date",
        "issuer_id",
        "mailed",
        "sent_at",
        "created_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&INVITATIONS];

impl Tx {
    /// Inserts invitations. A second open one to a workspace for one email
    /// address violates [`Rule::OneOpenInvitation`](crate::Rule::OneOpenInvitation).
    pub fn insert_invitations(&mut self, invitations: Vec<InvitationRow>) {
        let rows = invitations.into_iter().map(|invitation| {
            let InvitationRow {
                id,
                token,
                email,
                role,
                workspace,
                organization,
                project,
                expires_at,
                issuer,
                mailed,
                now,
            } = invitation;
            let sent_at = mailed.then_some(now);
            values![
                id,
                token,
                email,
                role,
                project,
                workspace,
                organization,
                expires_at,
                issuer,
                mailed,
                sent_at,
                now,
                issuer
            ]
        });
        self.insert(&INVITATIONS, rows.collect());
    }

    /// Sets the status of overdue invitations to these normalized email
    /// addresses to `expired`, so that new ones can be inserted. Queues one statement.
    pub fn expire_overdue_invitations(
        &mut self,
        workspace: Id<Workspace>,
        emails: &[&str],
        now: Timestamp,
    ) {
        let emails = serde_json::Value::from(emails.to_vec());
        self.write(&EXPIRE, values![workspace, now, emails]);
    }

    /// Returns the pending invitation of an email address to a workspace, also if
    /// it has expired.
    pub async fn pending_invitation(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
    ) -> Result<Option<InvitationRecord>> {
        let values = values![workspace, email.to_owned()];
        self.read_one(&PENDING, values, FromRow::read).await
    }

    /// Returns the invitation with this id to an organization.
    pub async fn invitation(
        &mut self,
        id: Id<Invitation>,
        organization: Id<Organization>,
    ) -> Result<Option<InvitationRecord>> {
        self.read_one(&BY_ID, values![id, organization], FromRow::read)
            .await
    }

    /// Gives a pending invitation a new link, which replaces the previous one.
    /// Does nothing if it was answered meanwhile.
    pub fn renew_invitation(&mut self, renewal: InvitationRenewal) {
        let InvitationRenewal {
            id,
            generation,
            token,
            project,
            expires_at,
            issuer,
            mailed,
            now,
        } = renewal;
        let sent_at = mailed.then_some(now);
        self.write(
            &RENEW,
            values![
                id, generation, token, project, expires_at, issuer, mailed, sent_at, now
            ],
        );
    }
}
