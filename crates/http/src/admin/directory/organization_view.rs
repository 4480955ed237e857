//! The view of an organization for operators.

use freehold_app::{
    OrganizationContents, OrganizationMember, OrganizationRecord, ProjectSummary, WorkspaceSummary,
};
use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::search::OrganizationOwnerView;
use super::user_view::OpenInvitationView;

/// An organization with its members, workspaces, projects and invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperatorOrganizationView<'a> {
    organization: OrganizationAttributesView<'a>,
    members: Vec<OrganizationMemberView<'a>>,
    workspaces: Vec<WorkspaceDetailsView<'a>>,
    /// Number of API keys of its projects.
    keys: i64,
    /// The open invitations.
    invitations: Vec<OpenInvitationView<'a>>,
    /// Whether one of the lists has more items than are included.
    truncated: bool,
}

/// The attributes of the organization.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationAttributesView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    owner: OrganizationOwnerView<'a>,
    /// Number of members.
    members: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a OrganizationContents> for OperatorOrganizationView<'a> {
    fn from(contents: &'a OrganizationContents) -> Self {
        let OrganizationContents {
            organization,
            summary,
            members,
            workspaces,
            projects: _,
            keys,
            invitations,
            truncated,
        } = contents;
        let OrganizationRecord {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            owner: _,
            created_at,
            updated_at,
            created_by: _,
            updated_by: _,
        } = organization;
        let workspaces = workspaces.iter();
        Self {
            organization: OrganizationAttributesView {
                id: *id,
                slug: slug.as_deref(),
                name: name.as_deref(),
                description: description.as_deref(),
                flags: flags.as_ref(),
                tags: tags.as_ref(),
                meta: meta.as_ref(),
                owner: summary.into(),
                members: summary.members,
                created_at: created_at.map(Timestamp::iso_offset),
                updated_at: updated_at.map(Timestamp::iso_offset),
            },
            members: members.iter().map(OrganizationMemberView::from).collect(),
            workspaces: workspaces
                .map(|workspace| WorkspaceDetailsView::of(workspace, contents))
                .collect(),
            keys: *keys,
            invitations: invitations.iter().map(OpenInvitationView::from).collect(),
            truncated: *truncated,
        }
    }
}

/// A member of an organization.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationMemberView<'a> {
    /// Id of the user.
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    role: &'a str,
}

impl<'a> From<&'a OrganizationMember> for OrganizationMemberView<'a> {
    fn from(member: &'a OrganizationMember) -> Self {
        let OrganizationMember {
            user,
            email,
            username,
            role,
        } = member;
        Self {
            id: *user,
            email,
            username: username.as_deref(),
            role,
        }
    }
}

/// A workspace with its projects.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceDetailsView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// Number of members.
    members: i64,
    projects: Vec<ProjectDetailsView<'a>>,
}

impl<'a> WorkspaceDetailsView<'a> {
    fn of(workspace: &'a WorkspaceSummary, contents: &'a OrganizationContents) -> Self {
        let WorkspaceSummary {
            id,
            name,
            kind,
            description,
            members,
        } = workspace;
        let projects = contents
            .projects
            .iter()
            .filter(|project| project.workspace == *id);
        Self {
            id: *id,
            name: name.as_deref(),
            r#type: kind.as_deref(),
            description: description.as_deref(),
            members: *members,
            projects: projects.map(ProjectDetailsView::from).collect(),
        }
    }
}

/// A project of a workspace.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectDetailsView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Project>,
    name: &'a str,
    is_default: bool,
    /// Number of members.
    members: i64,
}

impl<'a> From<&'a ProjectSummary> for ProjectDetailsView<'a> {
    fn from(project: &'a ProjectSummary) -> Self {
        let ProjectSummary {
            id,
            workspace: _,
            name,
            is_default,
            members,
        } = project;
        Self {
            id: *id,
            name,
            is_default: *is_default,
            members: *members,
        }
    }
}
