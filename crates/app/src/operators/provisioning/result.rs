//! The result of a graph, as stored with the idempotency key.

use freehold_domain::{
    ApiKey, Id, Identity, Membership, Organization, Project, Timestamp, User, Workspace,
};
use freehold_store::UserRecord;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::graph::Parts;
use crate::command::sealed_secret;

/// The parts of a graph after the command, by the refs of the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProvisionedAccount {
    /// Users, created or existing.
    pub users: Parts<UserRecord>,
    /// Logins.
    pub identities: Parts<IdentityView>,
    /// Organizations.
    pub organizations: Parts<OrganizationView>,
    /// Workspaces.
    pub workspaces: Parts<WorkspaceView>,
    /// Projects.
    pub projects: Parts<ProjectView>,
    /// Memberships of organizations.
    pub organization_members: Parts<MembershipView>,
    /// Memberships of workspaces.
    pub workspace_members: Parts<MembershipView>,
    /// Memberships of projects.
    pub project_members: Parts<MembershipView>,
    /// API keys.
    pub api_keys: Parts<ApiKeyView>,
    /// The parts that could not be created, although the rest was.
    pub errors: Vec<ItemError>,
}

/// A created login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityView {
    /// Its id.
    pub id: Id<Identity>,
    /// The user.
    pub user: Id<User>,
    /// The stored method: `email:password`.
    pub method: String,
    /// The subject at the identity provider.
    pub subject: String,
    /// The email address.
    pub email: Option<String>,
    /// Whether the address is verified.
    pub verified: bool,
}

/// A created organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// Its id.
    pub id: Id<Organization>,
    /// The name.
    pub name: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// The owner.
    pub owner: Id<User>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A created workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceView {
    /// Its id.
    pub id: Id<Workspace>,
    /// The name.
    pub name: Option<String>,
    /// The organization.
    pub organization: Id<Organization>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A created project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    /// Its id.
    pub id: Id<Project>,
    /// The name.
    pub name: String,
    /// The organization.
    pub organization: Id<Organization>,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// Whether it is the default project of its workspace.
    pub is_default: bool,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A membership that was created or has the requested role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipView {
    /// Its id.
    pub id: Id<Membership>,
    /// The id of the organization, workspace or project.
    pub scope_id: Uuid,
    /// The user.
    pub user: Id<User>,
    /// The role.
    pub role: String,
}

/// A created API key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKeyView {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The prefix, which is not secret.
    pub prefix: String,
    /// The project.
    pub project: Id<Project>,
    /// The user on whose behalf it acts.
    pub user: Id<User>,
    /// The secret text, if the request asked for it.
    #[serde(with = "sealed_secret::optional")]
    pub value: Option<SecretString>,
}

impl PartialEq for ApiKeyView {
    fn eq(&self, other: &Self) -> bool {
        let value = |view: &Self| {
            view.value
                .as_ref()
                .map(|value| value.expose_secret().to_owned())
        };
        (self.id, &self.prefix, self.project, self.user)
            == (other.id, &other.prefix, other.project, other.user)
            && value(self) == value(other)
    }
}

/// A part that could not be created, although the rest was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemError {
    /// A stable code.
    pub code: String,
    /// A message in English.
    pub message: String,
    /// The part and its values.
    pub details: serde_json::Value,
}
