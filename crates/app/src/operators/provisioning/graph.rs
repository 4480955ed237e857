//! What operators ask to create: users, organizations and their contents, as
//! sent in a request. Only the shape has been checked.
//!
//! A graph becomes one account of the response. Its parts refer to each other
//! by the refs of the request, and to existing entities by id, slug or address.

use freehold_domain::Timestamp;
use secrecy::SecretString;

/// Parts of a graph by their refs, in the order of the request.
pub type Parts<T> = Vec<(String, T)>;

/// A reference in a request, unparsed: its meaning, and the error if it is
/// invalid, depend on the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnparsedReference {
    /// A part of the same graph, by its ref.
    Ref(String),
    /// An existing entity, by its id.
    Id(String),
    /// An organization, by its slug.
    Slug(String),
    /// A user, by their address.
    Email(String),
}

/// Everything that is created together.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The path of the graph in the request, for error texts: empty, or for
    /// example `accounts.u1.`.
    pub path_prefix: String,
    /// The options.
    pub options: GraphOptions,
    /// Existing users who are part of the response, by id or address. They come
    /// before the new ones.
    pub existing_users: Parts<UnparsedReference>,
    /// Users. The first one owns the organizations without an owner.
    pub users: Parts<UserDraft>,
    /// Logins.
    pub identities: Parts<IdentityDraft>,
    /// Organizations.
    pub organizations: Parts<OrganizationDraft>,
    /// Workspaces.
    pub workspaces: Parts<WorkspaceDraft>,
    /// Projects.
    pub projects: Parts<ProjectDraft>,
    /// Memberships of organizations.
    pub organization_members: Parts<MembershipDraft>,
    /// Memberships of workspaces.
    pub workspace_members: Parts<MembershipDraft>,
    /// Memberships of projects.
    pub project_members: Parts<MembershipDraft>,
    /// API keys.
    pub api_keys: Parts<ApiKeyDraft>,
}

/// Which parts of a graph are created, and how existing users are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphOptions {
    /// How a user who exists already is treated.
    pub existing: ExistingUserPolicy,
    /// Whether logins are created.
    pub identities: bool,
    /// Whether API keys are created.
    pub api_keys: bool,
    /// Whether the response contains the secrets of API keys.
    pub return_key_values: bool,
    /// Whether new projects get initial content, if the graph has a user who
    /// can be its author.
    pub seeds: bool,
    /// Whether a login that cannot be created refuses the whole request.
    /// Otherwise it is reported as an error beside the created parts.
    pub strict: bool,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            existing: ExistingUserPolicy::Reuse,
            identities: false,
            api_keys: false,
            return_key_values: false,
            seeds: true,
            strict: false,
        }
    }
}

/// How a user who exists already is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingUserPolicy {
    /// The existing user is used.
    Reuse,
    /// The request is refused with
    /// [`Refusal::AccountExists`](freehold_domain::Refusal::AccountExists).
    Refuse,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDraft {
    /// The address.
    pub email: String,
    /// The display name.
    pub username: Option<String>,
    /// The full name; the display name if `username` is absent. If both are
    /// absent, the local part of the address is used.
    pub name: Option<String>,
}

/// A login.
#[derive(Clone, Debug)]
pub struct IdentityDraft {
    /// The user; default: the only user of the graph, or else the user with the
    /// login's address.
    pub user: Option<UnparsedReference>,
    /// The method, such as `email:password`.
    pub method: String,
    /// The subject at the identity provider; for email the address.
    pub subject: Option<String>,
    /// The address, if it is not the subject.
    pub email: Option<String>,
    /// The password in clear text; it is hashed before anything is written.
    pub password: Option<SecretString>,
    /// An imported hash in one of the formats that `auth::hashing` reads.
    /// Excludes `password`.
    pub password_hash: Option<SecretString>,
    /// Whether the address is verified.
    pub verified: Option<bool>,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationDraft {
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: Option<String>,
    /// The owner; default: the first user of the graph.
    pub owner: Option<UnparsedReference>,
    /// The name of a plan, for an extension that has plans.
    pub plan: Option<String>,
    /// Whether a default workspace and project are created with it that are not
    /// parts of the graph; its first workspace then has the type `default`.
    pub scaffold: bool,
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceDraft {
    /// The name.
    pub name: String,
    /// The organization.
    pub organization: UnparsedReference,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectDraft {
    /// The name.
    pub name: String,
    /// The organization; has to be the workspace's.
    pub organization: UnparsedReference,
    /// The workspace.
    pub workspace: UnparsedReference,
    /// Whether it becomes the default project of its workspace. The first
    /// project of a workspace does in any case.
    pub is_default: Option<bool>,
}

/// A membership of an organization, a workspace or a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipDraft {
    /// The organization, workspace or project.
    pub scope: UnparsedReference,
    /// The user.
    pub user: UnparsedReference,
    /// The role.
    pub role: String,
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyDraft {
    /// The project.
    pub project: UnparsedReference,
    /// The user on whose behalf it acts.
    pub user: UnparsedReference,
    /// The name.
    pub name: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}
