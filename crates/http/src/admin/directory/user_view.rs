//! The view of a user for operators: projects are nested in workspaces, workspaces in organizations.

use freehold_app::{
    AccountDetails, InvitationRecord, KeyDetails, LoginDetails, UserOrganization, UserProject,
    UserWithCounts, UserWorkspace,
};
use freehold_domain::{
    ApiKey, Id, Identity, Invitation, Organization, Project, Timestamp, User, Workspace,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::search::UserSummaryView;

/// A user with their logins, memberships, API keys and invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperatorUserView<'a> {
    user: UserSummaryView<'a>,
    /// Whether the user has a password.
    password: bool,
    identities: Vec<IdentityDetailsView<'a>>,
    /// Number of open sessions.
    sessions: i64,
    organizations: Vec<OrganizationMembershipView<'a>>,
    keys: Vec<ApiKeyDetailsView<'a>>,
    /// The open invitations for the user's email address.
    invitations: Vec<OpenInvitationView<'a>>,
    /// Whether one of the lists has more items than are included.
    truncated: bool,
}

impl<'a> From<&'a AccountDetails> for OperatorUserView<'a> {
    fn from(details: &'a AccountDetails) -> Self {
        let AccountDetails {
            account:
                UserWithCounts {
                    user,
                    has_password,
                    sessions,
                },
            logins,
            organizations,
            workspaces: _,
            projects: _,
            keys,
            invitations,
            truncated,
        } = details;
        let organizations = organizations.iter();
        Self {
            user: user.into(),
            password: *has_password,
            identities: logins.iter().map(IdentityDetailsView::from).collect(),
            sessions: *sessions,
            organizations: organizations
                .map(|organization| OrganizationMembershipView::of(organization, details))
                .collect(),
            keys: keys.iter().map(ApiKeyDetailsView::from).collect(),
            invitations: invitations.iter().map(OpenInvitationView::from).collect(),
            truncated: *truncated,
        }
    }
}

/// A login of a user.
#[derive(Debug, Serialize, ToSchema)]
struct IdentityDetailsView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Identity>,
    method: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

impl<'a> From<&'a LoginDetails> for IdentityDetailsView<'a> {
    fn from(login: &'a LoginDetails) -> Self {
        let LoginDetails {
            id,
            method,
            subject,
            created_at,
        } = login;
        Self {
            id: *id,
            method,
            subject,
            created_at: created_at.map(Timestamp::iso_offset),
        }
    }
}

/// A membership of an organization.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationMembershipView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    role: &'a str,
    /// Whether the user owns the organization.
    owner: bool,
    workspaces: Vec<WorkspaceMembershipView<'a>>,
}

impl<'a> OrganizationMembershipView<'a> {
    fn of(organization: &'a UserOrganization, details: &'a AccountDetails) -> Self {
        let UserOrganization {
            id,
            slug,
            name,
            owner,
            role,
        } = organization;
        let workspaces = details.workspaces.iter();
        let workspaces = workspaces.filter(|workspace| workspace.organization == *id);
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            role,
            owner: *owner == details.account.user.user.id,
            workspaces: workspaces
                .map(|workspace| WorkspaceMembershipView::of(workspace, details))
                .collect(),
        }
    }
}

/// A membership of a workspace.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceMembershipView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    role: &'a str,
    projects: Vec<ProjectMembershipView<'a>>,
}

impl<'a> WorkspaceMembershipView<'a> {
    fn of(workspace: &'a UserWorkspace, details: &'a AccountDetails) -> Self {
        let UserWorkspace {
            id,
            organization: _,
            name,
            role,
        } = workspace;
        let projects = details.projects.iter();
        let projects = projects.filter(|project| project.workspace == *id);
        Self {
            id: *id,
            name: name.as_deref(),
            role,
            projects: projects.map(ProjectMembershipView::from).collect(),
        }
    }
}

/// A membership of a project.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectMembershipView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Project>,
    name: &'a str,
    role: &'a str,
    is_default: bool,
}

impl<'a> From<&'a UserProject> for ProjectMembershipView<'a> {
    fn from(project: &'a UserProject) -> Self {
        let UserProject {
            id,
            workspace: _,
            name,
            is_default,
            role,
        } = project;
        Self {
            id: *id,
            name,
            role,
            is_default: *is_default,
        }
    }
}

/// An API key, without the secret.
#[derive(Debug, Serialize, ToSchema)]
struct ApiKeyDetailsView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<ApiKey>,
    prefix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    project_id: Id<Project>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl<'a> From<&'a KeyDetails> for ApiKeyDetailsView<'a> {
    fn from(key: &'a KeyDetails) -> Self {
        let KeyDetails {
            id,
            prefix,
            name,
            project,
            created_at,
            last_used_at,
            expires_at,
        } = key;
        Self {
            id: *id,
            prefix,
            name: name.as_deref(),
            project_id: *project,
            created_at: created_at.map(Timestamp::iso_offset),
            last_used_at: last_used_at.map(Timestamp::iso_offset),
            expires_at: expires_at.map(Timestamp::iso_offset),
        }
    }
}

/// An open invitation: not accepted, declined or revoked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenInvitationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Invitation>,
    email: &'a str,
    role: &'a str,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The user who sent it last; absent if an operator did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    issuer_id: Option<Id<User>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

impl<'a> From<&'a InvitationRecord> for OpenInvitationView<'a> {
    fn from(invitation: &'a InvitationRecord) -> Self {
        let InvitationRecord {
            id,
            email,
            role,
            status: _,
            workspace,
            organization,
            project: _,
            expires_at,
            generation: _,
            issuer,
            mailed: _,
            sent_at: _,
            created_at,
        } = invitation;
        Self {
            id: *id,
            email,
            role,
            organization_id: *organization,
            workspace_id: *workspace,
            issuer_id: *issuer,
            expires_at: expires_at.map(Timestamp::iso_offset),
            created_at: created_at.map(Timestamp::iso_offset),
        }
    }
}
