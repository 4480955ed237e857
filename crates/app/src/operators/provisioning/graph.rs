//! What operators ask to be made: people, organizations and what is in them,
//! as one request has it. Nothing here is checked yet but the shape.
//!
//! A graph is one account of the answer. Its parts name each other by the refs
//! that the request chose, and what is there already by id, slug or address.

use freehold_domain::Timestamp;
use secrecy::SecretString;

/// Parts of a graph by their refs, in the order of the request.
pub type Parts<T> = Vec<(String, T)>;

/// How a request names something. Texts as they were written: what they lead
/// to, and what is said if they do not, depends on the place in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnparsedReference {
    /// A part of the same graph.
    Ref(String),
    /// A row, by its id.
    Id(String),
    /// An organization.
    Slug(String),
    /// A user.
    Email(String),
}

/// Everything that is to be made together.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Where the graph stands in its request, before the names of its parts:
    /// empty, or `accounts.u1.`; for paths in errors.
    pub path_prefix: String,
    /// What is made of it.
    pub options: GraphOptions,
    /// People who are there already and belong to the answer, by id or
    /// address. They come before all others.
    pub existing_users: Parts<UnparsedReference>,
    /// People. The first one owns what nobody is named for.
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

/// Which parts of a graph count, and what becomes of people who are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphOptions {
    /// Whether a user who is there already is taken as they are, or stands in
    /// the way of the whole request.
    pub existing: ExistingUserPolicy,
    /// Whether logins are made.
    pub identities: bool,
    /// Whether API keys are made.
    pub api_keys: bool,
    /// Whether the answer holds their texts.
    pub return_key_values: bool,
    /// Whether new projects begin with content, if there is a user in the
    /// graph to whom it can be attributed.
    pub seeds: bool,
    /// Whether a login that cannot be made refuses the whole request, instead
    /// of being told of beside what was made.
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

/// What becomes of a user who is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingUserPolicy {
    /// They are who is meant.
    Reuse,
    /// [`Refusal::AccountExists`](freehold_domain::Refusal::AccountExists).
    Refuse,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDraft {
    /// Their address.
    pub email: String,
    /// What others see.
    pub username: Option<String>,
    /// What they are called; what others see if no user name is given. The
    /// address's local part if nothing is said at all.
    pub name: Option<String>,
}

/// A login.
#[derive(Clone, Debug)]
pub struct IdentityDraft {
    /// Whose; if nobody is named, the only user's of the graph, else whose
    /// address it is.
    pub user: Option<UnparsedReference>,
    /// `email:password` and the like.
    pub method: String,
    /// The name at whoever vouches; for e-mail the address.
    pub subject: Option<String>,
    /// The address, if it is not the subject.
    pub email: Option<String>,
    /// In clear; hashed before anything is written.
    pub password: Option<SecretString>,
    /// A hash made elsewhere, in one of the forms that `auth::hashing` reads. Not
    /// together with `password`.
    pub password_hash: Option<SecretString>,
    /// Whether it is known that the address is theirs.
    pub verified: Option<bool>,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationDraft {
    /// Its name.
    pub name: String,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Who owns it; the first user of the graph if nobody is named.
    pub owner: Option<UnparsedReference>,
    /// A plan by its name, for whoever knows plans.
    pub plan: Option<String>,
    /// Whether it is made with a workspace and a project of its own that are
    /// no parts of the graph but of the scaffold: then its first workspace is
    /// of the type `default`.
    pub scaffold: bool,
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceDraft {
    /// Its name.
    pub name: String,
    /// Where.
    pub organization: UnparsedReference,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectDraft {
    /// Its name.
    pub name: String,
    /// Where; has to be the workspace's.
    pub organization: UnparsedReference,
    /// Where.
    pub workspace: UnparsedReference,
    /// Whether it becomes the default of its workspace. The first one is.
    pub is_default: Option<bool>,
}

/// Somebody's place in an organization, a workspace or a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipDraft {
    /// Where.
    pub scope: UnparsedReference,
    /// Who.
    pub user: UnparsedReference,
    /// As what.
    pub role: String,
}

/// A program's credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyDraft {
    /// For which project.
    pub project: UnparsedReference,
    /// In whose name.
    pub user: UnparsedReference,
    /// What it is called.
    pub name: Option<String>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}
