//! The details of one user or one organization, for operators: logins,
//! memberships on every level, keys, invitations, and counts.
//!
//! Each list has a limit. Not here: searching (`search`), and the queries of
//! decisions (`members::context`, `access::callers`).

use freehold_domain::{ApiKey, Id, Identity, Organization, Project, Timestamp, User, Workspace};

use crate::engine::json_list::ids;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};
use crate::invitations::issue::InvitationRecord;
use crate::operators::search::UserSummary;
use crate::organizations::read::OrganizationRecord;

row_types! {
    /// A user, whether they have a password, and the number of open sessions.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserWithCounts {
        /// The user.
        pub user: UserSummary,
        /// Whether they have a password.
        pub has_password: bool = "EXISTS (SELECT 1 FROM passwords p WHERE p.user_id = u.id)",
        /// How many sessions are open.
        pub sessions: i64 =
            "(SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > $2)",
    }

    /// A login method of a user.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LoginDetails {
        /// Its id.
        pub id: Id<Identity> = "id",
        /// The method, for example `email:password`.
        pub method: String = "method",
        /// The user at the method; for a password the normalized email address.
        pub subject: String = "subject",
        /// When it was created.
        pub created_at: Option<Timestamp> = "created_at",
    }

    /// A user's membership of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserOrganization {
        /// The organization.
        pub id: Id<Organization> = "o.id",
        /// Its name in URLs.
        pub slug: Option<String> = "o.slug",
        /// Its name.
        pub name: Option<String> = "o.name",
        /// The owner.
        pub owner: Id<User> = "o.owner_id",
        /// The user's role, as stored.
        pub role: String = "m.role",
    }

    /// A user's membership of a workspace.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserWorkspace {
        /// The workspace.
        pub id: Id<Workspace> = "w.id",
        /// Its organization.
        pub organization: Id<Organization> = "w.organization_id",
        /// Its name.
        pub name: Option<String> = "w.name",
        /// The user's role, as stored.
        pub role: String = "m.role",
    }

    /// A user's membership of a project.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserProject {
        /// The project.
        pub id: Id<Project> = "p.id",
        /// Its workspace.
        pub workspace: Id<Workspace> = "p.workspace_id",
        /// Its name.
        pub name: String = "p.project_name",
        /// Whether it is the default project of its workspace.
        pub is_default: bool = "coalesce(p.is_default, FALSE)",
        /// The user's role, as stored.
        pub role: String = "m.role",
    }

    /// An API key without its secret.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KeyDetails {
        /// Its id.
        pub id: Id<ApiKey> = "k.id",
        /// The part that may be shown.
        pub prefix: String = "k.prefix",
        /// The name that an operator gave it.
        pub name: Option<String> = "k.name",
        /// Its project.
        pub project: Id<Project> = "k.project_id",
        /// When it was created.
        pub created_at: Option<Timestamp> = "k.created_at",
        /// When it was last used, to the minute.
        pub last_used_at: Option<Timestamp> = "k.last_used_at",
        /// When it expires.
        pub expires_at: Option<Timestamp> = "k.expiration_date",
    }

    /// A workspace of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct WorkspaceSummary {
        /// Its id.
        pub id: Id<Workspace> = "w.id",
        /// Its name.
        pub name: Option<String> = "w.name",
        /// Its kind, a text that its creator chose.
        pub kind: Option<String> = "w.type",
        /// Its description.
        pub description: Option<String> = "w.description",
        /// How many members it has.
        pub members: i64 =
            "(SELECT count(*) FROM workspace_members m WHERE m.workspace_id = w.id)",
    }

    /// A project of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ProjectSummary {
        /// Its id.
        pub id: Id<Project> = "p.id",
        /// Its workspace.
        pub workspace: Id<Workspace> = "p.workspace_id",
        /// Its name.
        pub name: String = "p.project_name",
        /// Whether it is the default project of its workspace.
        pub is_default: bool = "coalesce(p.is_default, FALSE)",
        /// How many members it has.
        pub members: i64 =
            "(SELECT count(*) FROM project_members m WHERE m.project_id = p.id)",
    }

    /// The display name of a user.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MemberDisplayName {
        /// The user.
        pub user: Id<User> = "u.id",
        /// The display name, or else the email address.
        pub name: String = "coalesce(u.username, u.email)",
    }
}

statements! {
    rows UserWithCounts, LoginDetails, UserOrganization, UserWorkspace, UserProject, KeyDetails,
        InvitationRecord, OrganizationRecord, WorkspaceSummary, ProjectSummary, MemberDisplayName;

    ACCOUNT = "SELECT {UserWithCounts} FROM users u WHERE u.id = $1";
    IDENTITIES = "
        SELECT {LoginDetails} FROM user_identities
         WHERE user_id = $1
         ORDER BY created_at NULLS FIRST, id LIMIT $2";
    ORGANIZATIONS = "
        SELECT {UserOrganization}
          FROM organization_members m
          JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = $1
         ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    WORKSPACES = "
        SELECT {UserWorkspace}
          FROM workspace_members m
          JOIN workspaces w ON w.id = m.workspace_id
         WHERE m.user_id = $1
         ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    PROJECTS = "
        SELECT {UserProject}
          FROM project_members m
          JOIN projects p ON p.id = m.project_id
         WHERE m.user_id = $1
         ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    // Through the memberships: each key belongs to one.
    KEYS = "
        SELECT {KeyDetails}
          FROM project_members m
          JOIN api_keys k ON k.project_id = m.project_id AND k.created_by_id = m.user_id
         WHERE m.user_id = $1
         ORDER BY k.created_at NULLS FIRST, k.id LIMIT $2";
    OPEN_FOR = "
        SELECT {InvitationRecord} FROM project_invitations i
         WHERE i.email = $1 AND i.status = 'pending'
           AND (i.expiration_date IS NULL OR i.expiration_date > $2)
         ORDER BY i.id LIMIT $3";
    OPEN_IN = "
        SELECT {InvitationRecord} FROM project_invitations i
         WHERE i.organization_id = $1 AND i.status = 'pending'
           AND (i.expiration_date IS NULL OR i.expiration_date > $2)
         ORDER BY i.id LIMIT $3";
    ORGANIZATION = "SELECT {OrganizationRecord} FROM organizations o WHERE o.id = $1";
    WORKSPACES_IN = "
        SELECT {WorkspaceSummary} FROM workspaces w
         WHERE w.organization_id = $1
         ORDER BY w.created_at NULLS FIRST, w.id LIMIT $2";
    PROJECTS_IN = "
        SELECT {ProjectSummary} FROM projects p
         WHERE p.organization_id = $1
         ORDER BY p.created_at NULLS FIRST, p.id LIMIT $2";
    NAMES_IN = "
        SELECT {MemberDisplayName}
          FROM organization_members m
          JOIN users u ON u.id = m.user_id
         WHERE m.organization_id = $1 AND m.user_id IN {ids $2}";
    COUNT_API_KEYS_IN = "
        SELECT count(*) FROM projects p JOIN api_keys k ON k.project_id = p.id
         WHERE p.organization_id = $1";
}

/// Details of a user.
impl Store {
    /// Returns a user, whether they have a password, and the number of open sessions.
    pub async fn account(&self, id: Id<User>, now: Timestamp) -> Result<Option<UserWithCounts>> {
        self.read_one(&ACCOUNT, values![id, now], FromRow::read)
            .await
    }

    /// Returns the login methods of a user, oldest first.
    pub async fn login_details(&self, id: Id<User>, limit: i64) -> Result<Vec<LoginDetails>> {
        self.read(&IDENTITIES, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the organizations of a user, oldest membership first.
    pub async fn organizations_of_user(
        &self,
        id: Id<User>,
        limit: i64,
    ) -> Result<Vec<UserOrganization>> {
        self.read(&ORGANIZATIONS, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the workspaces of a user, oldest membership first.
    pub async fn workspaces_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<UserWorkspace>> {
        self.read(&WORKSPACES, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the projects of a user, oldest membership first.
    pub async fn projects_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<UserProject>> {
        self.read(&PROJECTS, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the API keys of a user, oldest first, including hidden ones.
    pub async fn api_keys_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<KeyDetails>> {
        self.read(&KEYS, values![id, limit], FromRow::read).await
    }

    /// Returns the open invitations to a normalized email address.
    pub async fn open_invitations_for(
        &self,
        email: &str,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<InvitationRecord>> {
        let values = values![email.to_owned(), now, limit];
        self.read(&OPEN_FOR, values, FromRow::read).await
    }
}

/// Details of an organization.
impl Store {
    /// Returns the organization with this id.
    pub async fn organization(&self, id: Id<Organization>) -> Result<Option<OrganizationRecord>> {
        self.read_one(&ORGANIZATION, values![id], FromRow::read)
            .await
    }

    /// Returns the workspaces of an organization, oldest first.
    pub async fn workspaces_of_organization(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<WorkspaceSummary>> {
        self.read(&WORKSPACES_IN, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the projects of an organization, oldest first.
    pub async fn projects_of_organization(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<ProjectSummary>> {
        self.read(&PROJECTS_IN, values![id, limit], FromRow::read)
            .await
    }

    /// Returns the display names of those of these users who are members.
    pub async fn member_display_names(
        &self,
        id: Id<Organization>,
        member_ids: &[Id<User>],
    ) -> Result<Vec<MemberDisplayName>> {
        let values = values![id, ids(member_ids)];
        self.read(&NAMES_IN, values, FromRow::read).await
    }

    /// Counts the API keys of an organization's projects.
    pub async fn count_api_keys_in(&self, id: Id<Organization>) -> Result<i64> {
        let count = self.read_one(&COUNT_API_KEYS_IN, values![id], |row| row.get(0));
        Ok(count.await?.unwrap_or(0))
    }

    /// Returns the open invitations to an organization, oldest first.
    pub async fn open_invitations_in(
        &self,
        id: Id<Organization>,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<InvitationRecord>> {
        self.read(&OPEN_IN, values![id, now, limit], FromRow::read)
            .await
    }
}
