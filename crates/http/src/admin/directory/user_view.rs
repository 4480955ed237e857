//! A person as operators see them: what hangs on what is shown by nesting it.

use freehold_app::{
    AccountDetails, AccountRecord, InvitationRecord, KeyDetails, LoginDetails, UserOrganization,
    UserProject, UserWorkspace,
};
use freehold_domain::{
    ApiKey, Id, Identity, Invitation, Organization, Project, Timestamp, User, Workspace,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::search::UserSummaryView;

/// A person and all that hangs on them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperatorUserView<'a> {
    user: UserSummaryView<'a>,
    /// Whether they have a password.
    password: bool,
    identities: Vec<IdentityDetailsView<'a>>,
    /// How many sessions are open.
    sessions: i64,
    organizations: Vec<OrganizationMembershipView<'a>>,
    keys: Vec<ApiKeyDetailsView<'a>>,
    /// The open ones for their address.
    invitations: Vec<OpenInvitationView<'a>>,
    /// Whether one of the lists goes on.
    truncated: bool,
}

impl<'a> From<&'a AccountDetails> for OperatorUserView<'a> {
    fn from(file: &'a AccountDetails) -> Self {
        let AccountDetails {
            account:
                AccountRecord {
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
        } = file;
        let organizations = organizations.iter();
        Self {
            user: user.into(),
            password: *has_password,
            identities: logins.iter().map(IdentityDetailsView::from).collect(),
            sessions: *sessions,
            organizations: organizations
                .map(|it| OrganizationMembershipView::of(it, file))
                .collect(),
            keys: keys.iter().map(ApiKeyDetailsView::from).collect(),
            invitations: invitations.iter().map(OpenInvitationView::from).collect(),
            truncated: *truncated,
        }
    }
}

/// A way in which somebody can sign in.
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

/// What somebody is in an organization.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationMembershipView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    role: &'a str,
    /// Whether it is theirs.
    owner: bool,
    workspaces: Vec<WorkspaceMembershipView<'a>>,
}

impl<'a> OrganizationMembershipView<'a> {
    fn of(part: &'a UserOrganization, file: &'a AccountDetails) -> Self {
        let UserOrganization {
            id,
            slug,
            name,
            owner,
            role,
        } = part;
        let workspaces = file.workspaces.iter();
        let workspaces = workspaces.filter(|it| it.organization == *id);
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            role,
            owner: *owner == file.account.user.user.id,
            workspaces: workspaces
                .map(|it| WorkspaceMembershipView::of(it, file))
                .collect(),
        }
    }
}

/// What somebody is in a workspace.
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
    fn of(part: &'a UserWorkspace, file: &'a AccountDetails) -> Self {
        let UserWorkspace {
            id,
            organization: _,
            name,
            role,
        } = part;
        let projects = file.projects.iter().filter(|it| it.workspace == *id);
        Self {
            id: *id,
            name: name.as_deref(),
            role,
            projects: projects.map(ProjectMembershipView::from).collect(),
        }
    }
}

/// What somebody is in a project.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectMembershipView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Project>,
    name: &'a str,
    role: &'a str,
    is_default: bool,
}

impl<'a> From<&'a UserProject> for ProjectMembershipView<'a> {
    fn from(part: &'a UserProject) -> Self {
        let UserProject {
            id,
            workspace: _,
            name,
            is_default,
            role,
        } = part;
        Self {
            id: *id,
            name,
            role,
            is_default: *is_default,
        }
    }
}

/// A key, by the part that may be shown.
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

/// An invitation that nobody has answered.
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
    /// Who sent it last; nobody is an operator.
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
