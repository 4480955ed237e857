//! What became of a graph: the answer, as it is kept for whoever asks again.

use freehold_domain::{
    ApiKey, Id, Identity, Membership, Organization, Project, Timestamp, User, Workspace,
};
use freehold_store::UserRecord;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::graph::Parts;
use crate::command::sealed_secret;

/// A graph's parts as they are now, under the refs of the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProvisionedAccount {
    /// People, made or found.
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
    /// What could not be made although the rest was.
    pub errors: Vec<ItemError>,
}

/// A login that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityView {
    /// Its id.
    pub id: Id<Identity>,
    /// Whose.
    pub user: Id<User>,
    /// `email:password`, as it is on record.
    pub method: String,
    /// The name at whoever vouches.
    pub subject: String,
    /// The address.
    pub email: Option<String>,
    /// Whether it is known that the address is theirs.
    pub verified: bool,
}

/// An organization that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Who owns it.
    pub owner: Id<User>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A workspace that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceView {
    /// Its id.
    pub id: Id<Workspace>,
    /// Its name.
    pub name: Option<String>,
    /// Where it is.
    pub organization: Id<Organization>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A project that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectView {
    /// Its id.
    pub id: Id<Project>,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub organization: Id<Organization>,
    /// Where it is.
    pub workspace: Id<Workspace>,
    /// Whether it is its workspace's default.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A membership that was made, or has the role that was asked for now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipView {
    /// Its id.
    pub id: Id<Membership>,
    /// Of what: an organization, a workspace or a project.
    pub scope_id: Uuid,
    /// Whose.
    pub user: Id<User>,
    /// As what.
    pub role: String,
}

/// An API key that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKeyView {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// For which project.
    pub project: Id<Project>,
    /// In whose name.
    pub user: Id<User>,
    /// Its text, if it was to be shown.
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

/// Something that could not be made although the rest was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemError {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// What it is about.
    pub details: serde_json::Value,
}
