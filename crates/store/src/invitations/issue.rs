//! Invitations: one address that is asked to join one workspace. What the link
//! holds is here only as its hash.
//!
//! Not here: answering one (`answer`), lists (`list`), taking one back
//! (`revoke`), links for several people (`links`), and what many addresses are
//! already (`addresses_in_use`).

use freehold_domain::{
    Id, Invitation, InvitationStatus, Organization, Project, Timestamp, User, Workspace,
};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Row, Tx};

/// An invitation that is about to be.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Its id.
    pub id: Id<Invitation>,
    /// The hash of what its link holds, in the first generation.
    pub token: String,
    /// The normalised address.
    pub email: String,
    /// As what.
    pub role: String,
    /// Where to.
    pub workspace: Id<Workspace>,
    /// The organization around it.
    pub organization: Id<Organization>,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Who asks; nobody is the operator.
    pub issuer: Option<Id<User>>,
    /// Whether the link goes to the address and nowhere else.
    pub mailed: bool,
    /// Now.
    pub now: Timestamp,
}

/// An invitation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRecord {
    /// Its id.
    pub id: Id<Invitation>,
    /// The normalised address.
    pub email: String,
    /// As what.
    pub role: String,
    /// What became of it, as it is stored: one whose time ran out may still be
    /// `pending`.
    pub status: String,
    /// Where to.
    pub workspace: Id<Workspace>,
    /// The organization around it.
    pub organization: Id<Organization>,
    /// The project that it was tied to, while that exists.
    pub project: Option<Id<Project>>,
    /// Until when it is good; for good, if nothing is said.
    pub expires_at: Option<Timestamp>,
    /// How often it was sent.
    pub generation: i64,
    /// Who sent it last; nobody is the operator.
    pub issuer: Option<Id<User>>,
    /// Whether its link went to the address and nowhere else.
    pub mailed: bool,
    /// When it went there.
    pub sent_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

impl InvitationRecord {
    /// Whether its time has run out.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at
            .is_some_and(|end_pending| end_pending <= now)
    }

    /// What has become of it at this moment. One with a word that we do not
    /// know opens nothing.
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
    /// Which.
    pub id: Id<Invitation>,
    /// The generation that it has so far.
    pub generation: i64,
    /// The hash of what the new link holds.
    pub token: String,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Who asks.
    pub issuer: Id<User>,
    /// Whether the link goes to the address and nowhere else.
    pub mailed: bool,
    /// Now.
    pub now: Timestamp,
}

/// How a row of invitations is selected, wherever that happens.
macro_rules! invitation_columns {
    () => {
        "i.id, i.email, i.role, i.status, i.workspace_id, i.organization_id, i.project_id,
         i.expiration_date, i.generation, i.issuer_id, i.mailed, i.sent_at, i.created_at"
    };
}

pub(crate) use invitation_columns;

/// How many columns `invitation_columns!` has.
pub(crate) const INVITATION_WIDTH: usize = 13;

/// Reads `invitation_columns!`.
pub(crate) fn read_invitation(row: &Row<'_>) -> Result<InvitationRecord> {
    Ok(InvitationRecord {
        id: row.get(0)?,
        email: row.get(1)?,
        role: row.get(2)?,
        status: row.get(3)?,
        workspace: row.get(4)?,
        organization: row.get(5)?,
        project: row.get(6)?,
        expires_at: row.get(7)?,
        generation: row.get(8)?,
        issuer: row.get(9)?,
        mailed: row.get(10)?,
        sent_at: row.get(11)?,
        created_at: row.get(12)?,
    })
}

/// Ends what is open, as `$status`.
macro_rules! end_pending {
    ($status:literal, $which:literal) => {
        concat!(
            "UPDATE project_invitations
        SET status = '",
            $status,
            "', answered_at = $2, updated_at = $2, updated_by_id = $3
      WHERE status = 'pending' AND ",
            $which
        )
    };
}

pub(crate) use end_pending;

statements! {
    PENDING = concat!("SELECT ", invitation_columns!(), " FROM project_invitations i
      WHERE i.workspace_id = $1 AND i.email = $2 AND i.status = 'pending'");
    BY_ID = concat!("SELECT ", invitation_columns!(), " FROM project_invitations i
      WHERE i.id = $1 AND i.organization_id = $2");
    RENEW = "UPDATE project_invitations
        SET token = $3, generation = generation + 1, project_id = $4, expiration_date = $5,
            issuer_id = $6, mailed = $7, sent_at = $8, updated_at = $9, updated_by_id = $6
      WHERE id = $1 AND generation = $2 AND status = 'pending'";
    EXPIRE = "UPDATE project_invitations SET status = 'expired', updated_at = $2
      WHERE workspace_id = $1 AND status = 'pending' AND expiration_date <= $2
        AND email IN (SELECT value FROM json_each($3))",
        postgres = "UPDATE project_invitations SET status = 'expired', updated_at = $2
      WHERE workspace_id = $1 AND status = 'pending' AND expiration_date <= $2
        AND email IN (SELECT jsonb_array_elements_text($3))";
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
    /// Adds invitations. A second open one to a workspace for one address
    /// breaks [`Rule::OneOpenInvitation`](crate::Rule::OneOpenInvitation).
    pub fn insert_invitations(&mut self, invitations: Vec<InvitationRow>) {
        let rows = invitations.into_iter().map(|it| {
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
            } = it;
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

    /// Makes room for new invitations for these normalised addresses: those
    /// whose time ran out are no longer in their way. One statement, queued.
    pub fn expire_overdue_invitations(
        &mut self,
        workspace: Id<Workspace>,
        emails: &[&str],
        now: Timestamp,
    ) {
        let emails = serde_json::Value::from(emails.to_vec());
        self.write(&EXPIRE, values![workspace, now, emails]);
    }

    /// The invitation of an address to a workspace that nobody has answered,
    /// whether its time has run out or not.
    pub async fn pending_invitation(
        &mut self,
        workspace: Id<Workspace>,
        email: &str,
    ) -> Result<Option<InvitationRecord>> {
        let values = values![workspace, email.to_owned()];
        self.read_one(&PENDING, values, read_invitation).await
    }

    /// The invitation to an organization with this id.
    pub async fn invitation(
        &mut self,
        id: Id<Invitation>,
        organization: Id<Organization>,
    ) -> Result<Option<InvitationRecord>> {
        self.read_one(&BY_ID, values![id, organization], read_invitation)
            .await
    }

    /// Gives an invitation a new link; the one before is void. One that was
    /// answered meanwhile stays as it is.
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
