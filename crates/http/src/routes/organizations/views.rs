//! JSON views of organizations. Records are destructured, so that a new field does not compile
//! until a view shows or ignores it.

use freehold_app::{
    CreatedOrganization, ListedOrganization, OrganizationDetails, OrganizationRecord, Transferred,
};
use freehold_domain::{Id, Organization, Timestamp, User, Workspace};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::workspace_views::{RoleDescriptions, WorkspaceView};

/// The properties of an organization that all views of it have.
#[derive(Debug, Serialize, ToSchema)]
struct OrganizationFields<'a> {
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    /// A name for URLs, unique in the deployment. Null until it is set.
    slug: Option<&'a str>,
    /// The display name.
    name: Option<&'a str>,
    /// What the organization is for.
    description: Option<&'a str>,
    /// Switches by name, such as `is_demo`.
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    /// Labels of client programs.
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    /// Notes of client programs.
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    /// The user id of the owner.
    #[schema(value_type = String, format = "uuid")]
    owner_id: Id<User>,
}

impl<'a> From<&'a OrganizationRecord> for OrganizationFields<'a> {
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
        }
    }
}

/// An organization in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedOrganizationView<'a> {
    #[serde(flatten)]
    organization: OrganizationFields<'a>,
    /// Always empty; present for compatibility.
    #[schema(value_type = Vec<Object>)]
    members: [(); 0],
    /// Always empty; present for compatibility.
    #[schema(value_type = Vec<Object>)]
    invitations: [(); 0],
    /// The ids of the workspaces that the caller is a member of.
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
            organization: OrganizationFields {
                id: *id,
                slug: slug.as_deref(),
                name: name.as_deref(),
                description: description.as_deref(),
                flags: flags.as_ref(),
                tags: tags.as_ref(),
                meta: meta.as_ref(),
                owner_id: *owner,
            },
            members: [],
            invitations: [],
            workspaces,
        }
    }
}

/// An organization with its default workspace and the members of that workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganizationDetailsView<'a> {
    #[serde(flatten)]
    organization: OrganizationFields<'a>,
    /// Always empty: `default_workspace` has the members.
    #[schema(value_type = Vec<Object>)]
    members: [(); 0],
    /// Always empty: the members of `default_workspace` include the invitees.
    #[schema(value_type = Vec<Object>)]
    invitations: [(); 0],
    /// The id of the default workspace, if there is one.
    #[schema(value_type = Vec<String>)]
    workspaces: Vec<Id<Workspace>>,
    /// The default workspace, if there is one.
    default_workspace: Option<WorkspaceView<'a>>,
}

impl<'a> OrganizationDetailsView<'a> {
    pub(super) fn new(details: &'a OrganizationDetails, roles: &'a RoleDescriptions<'a>) -> Self {
        let OrganizationDetails {
            organization,
            workspace,
        } = details;
        Self {
            organization: organization.into(),
            members: [],
            invitations: [],
            workspaces: workspace
                .iter()
                .map(|details| details.workspace.id)
                .collect(),
            default_workspace: workspace
                .as_ref()
                .map(|details| WorkspaceView::new(details, roles)),
        }
    }
}

/// An organization that was just created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedOrganizationView<'a> {
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    /// The display name.
    name: Option<&'a str>,
    /// What the organization is for.
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
    #[serde(flatten)]
    organization: OrganizationFields<'a>,
    /// When the organization was created.
    created_at: Option<String>,
    /// When the organization was last changed.
    updated_at: Option<String>,
    /// Always null: a deleted organization is not returned.
    deleted_at: Option<String>,
    /// The user who created the organization.
    #[schema(value_type = Option<String>, format = "uuid")]
    created_by_id: Option<Id<User>>,
    /// The user who last changed the organization.
    #[schema(value_type = Option<String>, format = "uuid")]
    updated_by_id: Option<Id<User>>,
    /// Always null.
    #[schema(value_type = Option<String>, format = "uuid")]
    deleted_by_id: Option<Id<User>>,
}

impl<'a> From<&'a OrganizationRecord> for OrganizationView<'a> {
    fn from(organization: &'a OrganizationRecord) -> Self {
        Self {
            organization: organization.into(),
            created_at: organization.created_at.map(Timestamp::iso_offset),
            updated_at: organization.updated_at.map(Timestamp::iso_offset),
            deleted_at: None,
            created_by_id: organization.created_by,
            updated_by_id: organization.updated_by,
            deleted_by_id: None,
        }
    }
}

/// The owner of an organization after a transfer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnershipView {
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    /// The user id of the new owner.
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

/// The response to the deletion of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletedOrganizationView {
    /// Always `Organization deleted successfully`.
    detail: &'static str,
}

impl DeletedOrganizationView {
    pub(super) const DELETED: Self = Self {
        detail: "Organization deleted successfully",
    };
}
