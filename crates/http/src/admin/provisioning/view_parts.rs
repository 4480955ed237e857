//! Views of the objects of an account: users, logins, organizations, …

use freehold_app::UserRecord;
use freehold_app::provisioning::{
    ApiKeyView, IdentityView, MembershipView, OrganizationView, ProjectView, WorkspaceView,
};
use freehold_domain::{
    ApiKey, Id, Identity, Level, Membership, Organization, Project, Timestamp, User, Workspace,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::response::SecretView;

/// A user who was created or already existed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountUser<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// The same as `username`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a UserRecord> for AccountUser<'a> {
    fn from(user: &'a UserRecord) -> Self {
        let UserRecord {
            id,
            uid,
            email,
            username,
            created_at,
            updated_at,
        } = user;
        Self {
            id: *id,
            uid: uid.as_deref(),
            email,
            username: username.as_deref(),
            name: username.as_deref(),
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
        }
    }
}

/// A login that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountIdentity<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Identity>,
    #[schema(value_type = String, format = "uuid")]
    user_id: Id<User>,
    method: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// Always `created`.
    status: &'static str,
    verified: bool,
}

impl<'a> From<&'a IdentityView> for AccountIdentity<'a> {
    fn from(identity: &'a IdentityView) -> Self {
        let IdentityView {
            id,
            user,
            method,
            subject,
            email,
            verified,
        } = identity;
        Self {
            id: *id,
            user_id: *user,
            method,
            subject,
            email: email.as_deref(),
            status: "created",
            verified: *verified,
        }
    }
}

/// An organization that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountOrganization<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    owner_user_id: Id<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a OrganizationView> for AccountOrganization<'a> {
    fn from(organization: &'a OrganizationView) -> Self {
        let OrganizationView {
            id,
            name,
            slug,
            owner,
            created_at,
            updated_at,
        } = organization;
        Self {
            id: *id,
            name: name.as_deref(),
            slug: slug.as_deref(),
            owner_user_id: *owner,
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
        }
    }
}

/// A workspace that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountWorkspace<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a WorkspaceView> for AccountWorkspace<'a> {
    fn from(workspace: &'a WorkspaceView) -> Self {
        let WorkspaceView {
            id,
            name,
            organization,
            created_at,
            updated_at,
        } = workspace;
        Self {
            id: *id,
            name: name.as_deref(),
            organization_id: *organization,
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
        }
    }
}

/// A project that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountProject<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Project>,
    name: &'a str,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    is_default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl<'a> From<&'a ProjectView> for AccountProject<'a> {
    fn from(project: &'a ProjectView) -> Self {
        let ProjectView {
            id,
            name,
            organization,
            workspace,
            is_default,
            created_at,
            updated_at,
        } = project;
        Self {
            id: *id,
            name,
            organization_id: *organization,
            workspace_id: *workspace,
            is_default: *is_default,
            created_at: created_at.map(Timestamp::iso_offset),
            updated_at: updated_at.map(Timestamp::iso_offset),
        }
    }
}

/// A membership that was created or updated. Exactly one of `organization_id`, `workspace_id` and
/// `project_id` is present.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountMembership<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Membership>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<Uuid>,
    #[schema(value_type = String, format = "uuid")]
    user_id: Id<User>,
    role: &'a str,
}

impl<'a> AccountMembership<'a> {
    pub(super) fn of(level: Level, membership: &'a MembershipView) -> Self {
        let MembershipView {
            id,
            scope_id,
            user,
            role,
        } = membership;
        let scope_id_at = |other: Level| (level == other).then_some(*scope_id);
        Self {
            id: *id,
            organization_id: scope_id_at(Level::Organization),
            workspace_id: scope_id_at(Level::Workspace),
            project_id: scope_id_at(Level::Project),
            user_id: *user,
            role,
        }
    }
}

/// An API key that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountApiKey<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<ApiKey>,
    prefix: &'a str,
    #[schema(value_type = String, format = "uuid")]
    project_id: Id<Project>,
    #[schema(value_type = String, format = "uuid")]
    user_id: Id<User>,
    /// The key itself, with `return_api_keys` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    value: Option<SecretView<'a>>,
}

impl<'a> From<&'a ApiKeyView> for AccountApiKey<'a> {
    fn from(key: &'a ApiKeyView) -> Self {
        let ApiKeyView {
            id,
            prefix,
            project,
            user,
            value,
        } = key;
        Self {
            id: *id,
            prefix,
            project_id: *project,
            user_id: *user,
            value: value.as_ref().map(SecretView),
        }
    }
}
