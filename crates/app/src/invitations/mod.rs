//! Invitations of one address to one workspace. Issuing and resending are in
//! [`issue`], revoking in [`revoke`], accepting by the link in [`accept`],
//! lists in [`list`], what the invitee does without the link in [`inbox`], bulk
//! invitations in [`bulk`], and links for several users in [`links`].
//!
//! Every command locks the organization before it reads an invitation, so the
//! invitation cannot change before it is written.

mod accept;
pub(crate) mod bulk;
mod inbox;
mod issue;
pub(crate) mod links;
mod list;
mod revoke;
mod token;

use std::time::Duration;

use freehold_domain::{Id, Invitation, Organization, Project, Refusal, Timestamp, Workspace};
use freehold_store::Tx;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::command::{Outcome, sealed_secret};
use crate::runtime::App;

pub use accept::Acceptance;
pub use bulk::{BulkInvitation, BulkRow, Delivery, RowOutcome, RowStatus};
pub use issue::NewInvitation;
pub use links::{
    CreatedInvitationLink, InvitationLinkDetails, InvitationLinkExpiry, InvitationLinkStatus,
    NewInvitationLink,
};
pub use list::{InvitationDetails, InvitationPage, InvitationQuery, OwnInvitation};
pub use revoke::InvitationReference;
pub(crate) use token::{InvitationLinkData, InvitationTokens, invitation_link};

/// How long an invitation is valid.
pub(crate) const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The window of the limit on invitations per organization.
const RATE_LIMIT_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// An invitation that was just issued or sent again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentInvitation {
    /// The invitation.
    pub id: Id<Invitation>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether the link is sent by email.
    pub mailed: bool,
    /// The link, if the server sends no email. Absent in a dry run.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
}

/// The workspace that a user has joined, with the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedWorkspace {
    /// The organization.
    pub organization: Id<Organization>,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// The user's role in the workspace.
    pub role: String,
}

impl App {
    /// Counts invitations against the organization's limit, in the transaction
    /// that issues them: a refused command does not count.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] beyond the daily limit that the operator
    /// has configured.
    pub(crate) async fn count_invitations(
        &self,
        tx: &mut Tx,
        organization: Id<Organization>,
        invitations: usize,
        now: Timestamp,
    ) -> Outcome<()> {
        let limit = self.settings().invitation_limit;
        if limit == 0 || invitations == 0 {
            return Ok(());
        }
        let invitations = i64::try_from(invitations).unwrap_or(i64::MAX);
        let subject = format!("invited {organization}");
        let (count, until) = tx
            .count_attempts(subject, invitations, now, now + RATE_LIMIT_WINDOW)
            .await?;
        if count <= i64::from(limit) {
            return Ok(());
        }
        Err(Refusal::TooManyAttempts {
            retry_after_seconds: until.since(now).as_secs().max(1),
        }
        .into())
    }
}
