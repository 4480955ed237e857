//! Invitations as the API shows them. What a link holds is in none of them but those that hand the
//! link over.

use freehold_app::{
    InvitationDetails, InvitationRecord, JoinedWorkspace, OwnInvitation, SentInvitation, UserRecord,
};
use freehold_domain::{
    Id, Invitation, InvitationStatus, Organization, Project, Refusal, Timestamp, User, Workspace,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::response::SecretView;

/// What the contract answers: an object with the link, or `true` when a letter brings it.
#[derive(Debug, ToSchema)]
pub(super) struct InviteResponse<'a> {
    #[schema(ignore)]
    mailed: bool,
    /// The link to pass on; null in a rehearsal.
    #[schema(value_type = Option<String>)]
    url: Option<SecretView<'a>>,
}

impl<'a> From<&'a SentInvitation> for InviteResponse<'a> {
    fn from(sent: &'a SentInvitation) -> Self {
        Self {
            mailed: sent.mailed,
            url: sent.url.as_ref().map(SecretView),
        }
    }
}

impl Serialize for InviteResponse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.mailed {
            return serializer.serialize_bool(true);
        }
        serde_json::json!({ "url": self.url }).serialize(serializer)
    }
}

/// An invitation on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentInvitationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    expires_at: String,
    /// `email`: a letter brings the link; `link`: it is here, to be passed on.
    delivery: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    url: Option<SecretView<'a>>,
}

impl<'a> From<&'a SentInvitation> for SentInvitationView<'a> {
    fn from(sent: &'a SentInvitation) -> Self {
        let SentInvitation {
            id,
            expires_at,
            mailed,
            url,
        } = sent;
        Self {
            id: *id,
            expires_at: expires_at.iso_z(),
            delivery: if *mailed { "email" } else { "link" },
            url: url.as_ref().map(SecretView),
        }
    }
}

/// That something was done, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationMessage {
    message: &'static str,
}

impl InvitationMessage {
    pub(super) const JOINED: Self = Self {
        message: "Added user to workspace",
    };
}

/// Where somebody is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcceptedInvitationView<'a> {
    message: &'static str,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Id<Project>>,
    role: &'a str,
}

impl<'a> From<&'a JoinedWorkspace> for AcceptedInvitationView<'a> {
    fn from(joined: &'a JoinedWorkspace) -> Self {
        let JoinedWorkspace {
            organization,
            workspace,
            project,
            role,
        } = joined;
        Self {
            message: InvitationMessage::JOINED.message,
            organization_id: *organization,
            workspace_id: *workspace,
            project_id: *project,
            role,
        }
    }
}

/// An invitation that came to its end.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClosedInvitationView {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    status: &'static str,
}

impl ClosedInvitationView {
    pub(super) const fn revoked(id: Id<Invitation>) -> Self {
        let status = "revoked";
        Self { id, status }
    }

    pub(super) const fn declined(id: Id<Invitation>) -> Self {
        let status = "declined";
        Self { id, status }
    }
}

/// Who sent an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationIssuerView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    username: Option<&'a str>,
}

impl<'a> From<&'a UserRecord> for InvitationIssuerView<'a> {
    fn from(user: &'a UserRecord) -> Self {
        Self {
            id: user.id,
            username: user.username.as_deref(),
        }
    }
}

/// An invitation as those see it who manage members.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    email: &'a str,
    role: &'a str,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// `pending`, `expired`, `accepted`, `declined` or `revoked`.
    status: &'static str,
    created_at: Option<String>,
    expires_at: Option<String>,
    /// When a letter was last sent; never, where the link was handed over.
    sent_at: Option<String>,
    /// Nobody when it was an operator, or when the account is gone.
    issuer: Option<InvitationIssuerView<'a>>,
    /// Whether it could be accepted now.
    valid: bool,
    /// Why not, of one that is pending: `issuer_gone`, `issuer_demoted` or `role_invalid`.
    invalid_reason: Option<&'static str>,
}

impl<'a> From<&'a InvitationDetails> for InvitationView<'a> {
    fn from(file: &'a InvitationDetails) -> Self {
        let InvitationDetails {
            invitation,
            status,
            issuer,
            invalid,
        } = file;
        let InvitationRecord {
            id,
            email,
            role,
            status: _,
            workspace,
            organization: _,
            project: _,
            expires_at,
            generation: _,
            issuer: _,
            mailed: _,
            sent_at,
            created_at,
        } = invitation;
        let pending = *status == InvitationStatus::Pending;
        Self {
            id: *id,
            email,
            role,
            workspace_id: *workspace,
            status: status.as_str(),
            created_at: created_at.map(Timestamp::iso_z),
            expires_at: expires_at.map(Timestamp::iso_z),
            sent_at: sent_at.map(Timestamp::iso_z),
            issuer: issuer.as_ref().map(InvitationIssuerView::from),
            valid: pending && invalid.is_none(),
            invalid_reason: invalid.as_ref().map(invalid_reason_code),
        }
    }
}

/// The code of the refusal that whoever accepts it would meet, in the list's words.
fn invalid_reason_code(refusal: &Refusal) -> &'static str {
    let code = refusal.code();
    code.strip_prefix("invite_").unwrap_or(code)
}

/// A page of an organization's invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationsView<'a> {
    invitations: Vec<InvitationView<'a>>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

impl<'a> InvitationsView<'a> {
    pub(super) fn of(items: &'a [InvitationDetails], next: Option<String>) -> Self {
        let invitations = items.iter().map(InvitationView::from).collect();
        Self { invitations, next }
    }
}

/// Where an invitation leads.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationScopeView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: uuid::Uuid,
    name: Option<&'a str>,
}

/// An invitation as the invited person sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnInvitationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    organization: InvitationScopeView<'a>,
    workspace: InvitationScopeView<'a>,
    role: &'a str,
    created_at: Option<String>,
    expires_at: Option<String>,
    issuer: Option<InvitationIssuerView<'a>>,
}

impl<'a> From<&'a OwnInvitation> for OwnInvitationView<'a> {
    fn from(own: &'a OwnInvitation) -> Self {
        let OwnInvitation {
            invitation,
            organization_name,
            workspace_name,
            issuer,
        } = own;
        Self {
            id: invitation.id,
            organization: InvitationScopeView {
                id: invitation.organization.uuid(),
                name: organization_name.as_deref(),
            },
            workspace: InvitationScopeView {
                id: invitation.workspace.uuid(),
                name: workspace_name.as_deref(),
            },
            role: &invitation.role,
            created_at: invitation.created_at.map(Timestamp::iso_z),
            expires_at: invitation.expires_at.map(Timestamp::iso_z),
            issuer: issuer.as_ref().map(InvitationIssuerView::from),
        }
    }
}

/// A page of the invitations that somebody has got.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnInvitationsView<'a> {
    invitations: Vec<OwnInvitationView<'a>>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
}

impl<'a> OwnInvitationsView<'a> {
    pub(super) fn of(items: &'a [OwnInvitation], next: Option<String>) -> Self {
        let invitations = items.iter().map(OwnInvitationView::from).collect();
        Self { invitations, next }
    }
}
