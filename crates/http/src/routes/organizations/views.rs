//! Organizations as the API shows them. Each view takes its thing apart by name, so that a new
//! field has to be shown or withheld on purpose.

use freehold_app::{
    CreatedOrganization, ListedOrganization, OrganizationDetails, OrganizationRecord, Transferred,
};
use freehold_domain::{Id, Organization, Timestamp, User, Workspace};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::workspace_views::{RoleDescriptions, WorkspaceView};

/// An organization in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedOrganizationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    slug: Option<&'a str>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    #[schema(value_type = String, format = "uuid")]
    owner_id: Id<User>,
    /// Always empty: old clients look for it.
    #[schema(value_type = Vec<Object>)]
    members: [(); 0],
    /// Always empty: old clients look for it.
    #[schema(value_type = Vec<Object>)]
    invitations: [(); 0],
    /// The workspaces that the caller is in.
    #[schema(value_type = Vec<String>)]
    workspaces: &'a [Id<Workspace>],
}

impl<'a> From<&'a ListedOrganization> for ListedOrganizationView<'a> {
    fn from(organization: &'a ListedOrganization) -> Self {
        let ListedOrganization {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            owner,
            workspaces,
        } = organization;
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            description: description.as_deref(),
            flags: flags.as_ref(),
            tags: tags.as_ref(),
            meta: meta.as_ref(),
            owner_id: *owner,
            members: [],
            invitations: [],
            workspaces,
        }
    }
}

/// An organization with its default workspace and the people in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganizationDetailsView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    slug: Option<&'a str>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    #[schema(value_type = String, format = "uuid")]
    owner_id: Id<User>,
    /// Always empty: the members are those of the default workspace.
    #[schema(value_type = Vec<Object>)]
    members: [(); 0],
    /// Always empty: open invitations are members in waiting.
    #[schema(value_type = Vec<Object>)]
    invitations: [(); 0],
    /// The id of the default workspace, if there is one.
    #[schema(value_type = Vec<String>)]
    workspaces: Vec<Id<Workspace>>,
    default_workspace: Option<WorkspaceView<'a>>,
}

impl<'a> OrganizationDetailsView<'a> {
    pub(super) fn new(details: &'a OrganizationDetails, roles: &'a RoleDescriptions<'a>) -> Self {
        let OrganizationDetails {
            organization,
            workspace,
        } = details;
        let OrganizationRecord {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            owner,
            created_at: _,
            updated_at: _,
            created_by: _,
            updated_by: _,
        } = organization;
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            description: description.as_deref(),
            flags: flags.as_ref(),
            tags: tags.as_ref(),
            meta: meta.as_ref(),
            owner_id: *owner,
            members: [],
            invitations: [],
            workspaces: workspace.iter().map(|it| it.workspace.id).collect(),
            default_workspace: workspace
                .as_ref()
                .map(|workspace| WorkspaceView::new(workspace, roles)),
        }
    }
}

/// An organization that was just founded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedOrganizationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    name: Option<&'a str>,
    description: Option<&'a str>,
}

impl<'a> From<&'a CreatedOrganization> for CreatedOrganizationView<'a> {
    fn from(organization: &'a CreatedOrganization) -> Self {
        let CreatedOrganization {
            id,
            name,
            description,
        } = organization;
        Self {
            id: *id,
            name: name.as_deref(),
            description: description.as_deref(),
        }
    }
}

/// An organization as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganizationView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    slug: Option<&'a str>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    #[schema(value_type = String, format = "uuid")]
    owner_id: Id<User>,
    created_at: Option<String>,
    updated_at: Option<String>,
    /// Always null: a deleted organization is gone.
    deleted_at: Option<String>,
    #[schema(value_type = Option<String>, format = "uuid")]
    created_by_id: Option<Id<User>>,
    #[schema(value_type = Option<String>, format = "uuid")]
    updated_by_id: Option<Id<User>>,
    /// Always null.
    #[schema(value_type = Option<String>, format = "uuid")]
    deleted_by_id: Option<Id<User>>,
}

impl<'a> From<&'a OrganizationRecord> for OrganizationView<'a> {
    fn from(organization: &'a OrganizationRecord) -> Self {
        let OrganizationRecord {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            owner,
            created_at,
            updated_at,
            created_by,
            updated_by,
        } = organization;
        Self {
            id: *id,
            slug: slug.as_deref(),
            name: name.as_deref(),
            description: description.as_deref(),
            flags: flags.as_ref(),
            tags: tags.as_ref(),
            meta: meta.as_ref(),
            owner_id: *owner,
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
            deleted_at: None,
            created_by_id: *created_by,
            updated_by_id: *updated_by,
            deleted_by_id: None,
        }
    }
}

/// Whose an organization is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnershipView {
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    owner_id: Id<User>,
}

impl From<&Transferred> for OwnershipView {
    fn from(transferred: &Transferred) -> Self {
        let Transferred {
            organization,
            owner,
        } = transferred;
        Self {
            organization_id: *organization,
            owner_id: *owner,
        }
    }
}

/// That an organization is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletedOrganizationView {
    detail: &'static str,
}

impl DeletedOrganizationView {
    pub(super) const DONE: Self = Self {
        detail: "Organization deleted successfully",
    };
}
