//! JSON views of invitations. Only those that return the link have its token.

use freehold_app::{
    InvitationDetails, InvitationRecord, JoinedWorkspace, OwnInvitation, SentInvitation, UserRecord,
};
use freehold_domain::{
    Id, Invitation, InvitationStatus, Organization, Project, Refusal, Timestamp, User, Workspace,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::response::SecretView;

/// An object with the link, or `true` if the link was sent by email.
#[derive(Debug, ToSchema)]
pub(super) struct InviteResponse<'a> {
    #[schema(ignore)]
    mailed: bool,
    /// The link for the invitee; null in a dry run.
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

/// An invitation that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SentInvitationView<'a> {
    /// The invitation's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    /// When the invitation expires.
    expires_at: String,
    /// `email`: the link was sent by email; `link`: the link is in `url`.
    delivery: &'static str,
    /// The link for the invitee.
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

/// The response to an accepted invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationMessage {
    /// Always `Added user to workspace`.
    message: &'static str,
}

impl InvitationMessage {
    pub(super) const JOINED: Self = Self {
        message: "Added user to workspace",
    };
}

/// The membership that an accepted invitation created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcceptedInvitationView<'a> {
    /// Always `Added user to workspace`.
    message: &'static str,
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    /// The workspace's id.
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The id of the workspace's default project.
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Id<Project>>,
    /// The role of the new member.
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

/// An invitation that was revoked or declined.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClosedInvitationView {
    /// The invitation's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    /// `revoked` or `declined`.
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

/// The issuer of an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationIssuerView<'a> {
    /// The issuer's user id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    /// The issuer's name.
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

/// An invitation as members who may invite see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationView<'a> {
    /// The invitation's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    /// The invitee's address.
    email: &'a str,
    /// The role that the invitee gets.
    role: &'a str,
    /// The id of the workspace.
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// `pending`, `expired`, `accepted`, `declined` or `revoked`.
    status: &'static str,
    /// When the invitation was created.
    created_at: Option<String>,
    /// When the invitation expires.
    expires_at: Option<String>,
    /// When the invitation was last sent by email; null if it never was.
    sent_at: Option<String>,
    /// The issuer. Null for an operator, and if the sender's account was deleted.
    issuer: Option<InvitationIssuerView<'a>>,
    /// Whether the invitation can be accepted now.
    valid: bool,
    /// Why a pending invitation is not valid: `issuer_not_member`, `issuer_demoted` or
    /// `role_invalid`.
    invalid_reason: Option<&'static str>,
}

impl<'a> From<&'a InvitationDetails> for InvitationView<'a> {
    fn from(details: &'a InvitationDetails) -> Self {
        let InvitationDetails {
            invitation,
            status,
            issuer,
            invalid,
        } = details;
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

/// Returns the code of the refusal with which accepting the invitation would fail, without its
/// prefix.
fn invalid_reason_code(refusal: &Refusal) -> &'static str {
    let code = refusal.code();
    code.strip_prefix("invite_").unwrap_or(code)
}

/// A page of an organization's invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationsView<'a> {
    /// The invitations, newest first.
    invitations: Vec<InvitationView<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next: Option<String>,
}

impl<'a> InvitationsView<'a> {
    pub(super) fn of(items: &'a [InvitationDetails], next: Option<String>) -> Self {
        let invitations = items.iter().map(InvitationView::from).collect();
        Self { invitations, next }
    }
}

/// The organization or workspace of an invitation.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationScopeView<'a> {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    id: uuid::Uuid,
    /// The display name.
    name: Option<&'a str>,
}

/// An invitation as the invitee sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnInvitationView<'a> {
    /// The invitation's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    /// The organization.
    organization: InvitationScopeView<'a>,
    /// The workspace.
    workspace: InvitationScopeView<'a>,
    /// The role that the invitee gets.
    role: &'a str,
    /// When the invitation was created.
    created_at: Option<String>,
    /// When the invitation expires.
    expires_at: Option<String>,
    /// The issuer. Null for an operator, and if the sender's account was deleted.
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

/// A page of the caller's own invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnInvitationsView<'a> {
    /// The invitations, newest first.
    invitations: Vec<OwnInvitationView<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next: Option<String>,
}

impl<'a> OwnInvitationsView<'a> {
    pub(super) fn of(items: &'a [OwnInvitation], next: Option<String>) -> Self {
        let invitations = items.iter().map(OwnInvitationView::from).collect();
        Self { invitations, next }
    }
}
