//! Invitations: asking one address into one workspace. Issuing and sending
//! again are in [`issue`], taking back in [`revoke`], accepting by the link
//! in [`accept`], lists in [`list`], what the invited person does without the
//! link in [`inbox`], many at once in [`bulk`], and links for several people in
//! [`links`].
//!
//! Whatever concerns the members of an organization holds the organization
//! first, so an invitation that was read under that is the one that is changed.

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
    CreatedInvitationLink, InvitationLinkDetails, InvitationLinkExpiry, InvitationLinkState,
    NewInvitationLink,
};
pub use list::{InvitationDetails, InvitationPage, InvitationQuery, OwnInvitation};
pub use revoke::InvitationReference;
pub(crate) use token::{InvitationLinkData, InvitationTokens, invitation_link};

/// How long an invitation is good.
pub(crate) const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The window in which those who are invited are counted.
const RATE_LIMIT_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// An invitation that was just sent, or has to be handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentInvitation {
    /// Which.
    pub id: Id<Invitation>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether a letter brings the link.
    pub mailed: bool,
    /// The link, where no mailer sends it. A rehearsal has none.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
}

/// Where somebody is now, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedWorkspace {
    /// The organization.
    pub organization: Id<Organization>,
    /// The workspace of it.
    pub workspace: Id<Workspace>,
    /// The workspace's default project.
    pub project: Option<Id<Project>>,
    /// Their role there.
    pub role: String,
}

impl App {
    /// Counts people whom an organization invites, in the transaction that
    /// invites them: who was refused does not count.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`] beyond what the operator allows in a day.
    pub(crate) async fn count_invitations(
        &self,
        tx: &mut Tx,
        organization: Id<Organization>,
        people: usize,
        now: Timestamp,
    ) -> Outcome<()> {
        let limit = self.settings().invitation_limit;
        if limit == 0 || people == 0 {
            return Ok(());
        }
        let people = i64::try_from(people).unwrap_or(i64::MAX);
        let subject = format!("invited {organization}");
        let (count, until) = tx
            .count_attempts(subject, people, now, now + RATE_LIMIT_WINDOW)
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
