//! The details of one user or one organization, for operators: logins,
//! memberships on every level, keys, invitations, and counts.
//!
//! Each list has a limit. Not here: searching (`search`), and the queries of
//! decisions (`members::context`, `access::callers`).

use freehold_domain::{ApiKey, Id, Identity, Organization, Project, Timestamp, User, Workspace};

use crate::accounts::users::{USER_WIDTH, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};
use crate::invitations::issue::{InvitationRecord, invitation_columns, read_invitation};
use crate::operators::search::UserSummary;
use crate::organizations::read::{OrganizationRecord, organization_columns, read_organization};

/// A user, whether they have a password, and the number of open sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWithCounts {
    /// The user.
    pub user: UserSummary,
    /// Whether they have a password.
    pub has_password: bool,
    /// How many sessions are open.
    pub sessions: i64,
}

/// A login method of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginDetails {
    /// Its id.
    pub id: Id<Identity>,
    /// The method, for example `email:password`.
    pub method: String,
    /// The user at the method; for a password the normalized email address.
    pub subject: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// A user's membership of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserOrganization {
    /// The organization.
    pub id: Id<Organization>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The owner.
    pub owner: Id<User>,
    /// The user's role, as stored.
    pub role: String,
}

/// A user's membership of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWorkspace {
    /// The workspace.
    pub id: Id<Workspace>,
    /// Its organization.
    pub organization: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// The user's role, as stored.
    pub role: String,
}

/// A user's membership of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProject {
    /// The project.
    pub id: Id<Project>,
    /// Its workspace.
    pub workspace: Id<Workspace>,
    /// Its name.
    pub name: String,
    /// Whether it is the default project of its workspace.
    pub is_default: bool,
    /// The user's role, as stored.
    pub role: String,
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDetails {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// The name that an operator gave it.
    pub name: Option<String>,
    /// Its project.
    pub project: Id<Project>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// A workspace of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSummary {
    /// Its id.
    pub id: Id<Workspace>,
    /// Its name.
    pub name: Option<String>,
    /// Its kind, a text that its creator chose.
    pub kind: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// How many members it has.
    pub members: i64,
}

/// A project of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSummary {
    /// Its id.
    pub id: Id<Project>,
    /// Its workspace.
    pub workspace: Id<Workspace>,
    /// Its name.
    pub name: String,
    /// Whether it is the default project of its workspace.
    pub is_default: bool,
    /// How many members it has.
    pub members: i64,
}

/// The display name of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDisplayName {
    /// The user.
    pub user: Id<User>,
    /// The display name, or else the email address.
    pub name: String,
}

statements! {
    ACCOUNT = concat!("SELECT ", user_columns!(), ", u.email_verified_at,
            EXISTS (SELECT 1 FROM passwords p WHERE p.user_id = u.id),
            (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.expires_at > $2)
       FROM users u WHERE u.id = $1");
    IDENTITIES = "SELECT id, method, subject, created_at FROM user_identities
      WHERE user_id = $1 ORDER BY created_at NULLS FIRST, id LIMIT $2";
    ORGANIZATIONS = "SELECT o.id, o.slug, o.name, o.owner_id, m.role
       FROM organization_members m
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.user_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    WORKSPACES = "SELECT w.id, w.organization_id, w.name, m.role
       FROM workspace_members m
       JOIN workspaces w ON w.id = m.workspace_id
      WHERE m.user_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    PROJECTS = "SELECT p.id, p.workspace_id, p.project_name, coalesce(p.is_default, FALSE), m.role
       FROM project_members m
       JOIN projects p ON p.id = m.project_id
      WHERE m.user_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id LIMIT $2";
    // Through the memberships: each key belongs to one.
    KEYS = "SELECT k.id, k.prefix, k.name, k.project_id, k.created_at, k.last_used_at, k.expiration_date
       FROM project_members m
       JOIN api_keys k ON k.project_id = m.project_id AND k.created_by_id = m.user_id
      WHERE m.user_id = $1
      ORDER BY k.created_at NULLS FIRST, k.id LIMIT $2";
    OPEN_FOR = concat!("SELECT ", invitation_columns!(), " FROM project_invitations i
      WHERE i.email = $1 AND i.status = 'pending'
        AND (i.expiration_date IS NULL OR i.expiration_date > $2)
      ORDER BY i.id LIMIT $3");
    OPEN_IN = concat!("SELECT ", invitation_columns!(), " FROM project_invitations i
      WHERE i.organization_id = $1 AND i.status = 'pending'
        AND (i.expiration_date IS NULL OR i.expiration_date > $2)
      ORDER BY i.id LIMIT $3");
    ORGANIZATION = concat!("SELECT ", organization_columns!(), " FROM organizations o WHERE o.id = $1");
    WORKSPACES_IN = "SELECT w.id, w.name, w.type, w.description,
            (SELECT count(*) FROM workspace_members m WHERE m.workspace_id = w.id)
       FROM workspaces w WHERE w.organization_id = $1
      ORDER BY w.created_at NULLS FIRST, w.id LIMIT $2";
    PROJECTS_IN = "SELECT p.id, p.workspace_id, p.project_name, coalesce(p.is_default, FALSE),
            (SELECT count(*) FROM project_members m WHERE m.project_id = p.id)
       FROM projects p WHERE p.organization_id = $1
      ORDER BY p.created_at NULLS FIRST, p.id LIMIT $2";
    // `$2` is a JSON list of user ids.
    NAMES_IN = "SELECT u.id, coalesce(u.username, u.email) FROM organization_members m
       JOIN users u ON u.id = m.user_id
      WHERE m.organization_id = $1
        AND m.user_id IN (SELECT unhex(value) FROM json_each($2))",
        postgres = "SELECT u.id, coalesce(u.username, u.email) FROM organization_members m
       JOIN users u ON u.id = m.user_id
      WHERE m.organization_id = $1
        AND m.user_id IN (SELECT jsonb_array_elements_text($2)::uuid)";
    COUNT_API_KEYS_IN = "SELECT count(*) FROM projects p JOIN api_keys k ON k.project_id = p.id
      WHERE p.organization_id = $1";
}

fn read_account(row: &Row<'_>) -> Result<UserWithCounts> {
    Ok(UserWithCounts {
        user: UserSummary {
            user: read_user(row, 0)?,
            email_verified_at: row.get(USER_WIDTH)?,
        },
        has_password: row.get(USER_WIDTH + 1)?,
        sessions: row.get(USER_WIDTH + 2)?,
    })
}

/// Details of a user.
impl Store {
    /// Returns a user, whether they have a password, and the number of open sessions.
    pub async fn account(&self, id: Id<User>, now: Timestamp) -> Result<Option<UserWithCounts>> {
        self.read_one(&ACCOUNT, values![id, now], read_account)
            .await
    }

    /// Returns the login methods of a user, oldest first.
    pub async fn login_details(&self, id: Id<User>, limit: i64) -> Result<Vec<LoginDetails>> {
        self.read(&IDENTITIES, values![id, limit], |row| {
            Ok(LoginDetails {
                id: row.get(0)?,
                method: row.get(1)?,
                subject: row.get(2)?,
                created_at: row.get(3)?,
            })
        })
        .await
    }

    /// Returns the organizations of a user, oldest membership first.
    pub async fn organizations_of_user(
        &self,
        id: Id<User>,
        limit: i64,
    ) -> Result<Vec<UserOrganization>> {
        self.read(&ORGANIZATIONS, values![id, limit], |row| {
            Ok(UserOrganization {
                id: row.get(0)?,
                slug: row.get(1)?,
                name: row.get(2)?,
                owner: row.get(3)?,
                role: row.get(4)?,
            })
        })
        .await
    }

    /// Returns the workspaces of a user, oldest membership first.
    pub async fn workspaces_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<UserWorkspace>> {
        self.read(&WORKSPACES, values![id, limit], |row| {
            Ok(UserWorkspace {
                id: row.get(0)?,
                organization: row.get(1)?,
                name: row.get(2)?,
                role: row.get(3)?,
            })
        })
        .await
    }

    /// Returns the projects of a user, oldest membership first.
    pub async fn projects_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<UserProject>> {
        self.read(&PROJECTS, values![id, limit], |row| {
            Ok(UserProject {
                id: row.get(0)?,
                workspace: row.get(1)?,
                name: row.get(2)?,
                is_default: row.get(3)?,
                role: row.get(4)?,
            })
        })
        .await
    }

    /// Returns the API keys of a user, oldest first, including hidden ones.
    pub async fn api_keys_of_user(&self, id: Id<User>, limit: i64) -> Result<Vec<KeyDetails>> {
        self.read(&KEYS, values![id, limit], |row| {
            Ok(KeyDetails {
                id: row.get(0)?,
                prefix: row.get(1)?,
                name: row.get(2)?,
                project: row.get(3)?,
                created_at: row.get(4)?,
                last_used_at: row.get(5)?,
                expires_at: row.get(6)?,
            })
        })
        .await
    }

    /// Returns the open invitations to a normalized email address.
    pub async fn open_invitations_for(
        &self,
        email: &str,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<InvitationRecord>> {
        let values = values![email.to_owned(), now, limit];
        self.read(&OPEN_FOR, values, read_invitation).await
    }
}

/// Details of an organization.
impl Store {
    /// Returns the organization with this id.
    pub async fn organization(&self, id: Id<Organization>) -> Result<Option<OrganizationRecord>> {
        self.read_one(&ORGANIZATION, values![id], read_organization)
            .await
    }

    /// Returns the workspaces of an organization, oldest first.
    pub async fn workspaces_of_organization(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<WorkspaceSummary>> {
        self.read(&WORKSPACES_IN, values![id, limit], |row| {
            Ok(WorkspaceSummary {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                description: row.get(3)?,
                members: row.get(4)?,
            })
        })
        .await
    }

    /// Returns the projects of an organization, oldest first.
    pub async fn projects_of_organization(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<ProjectSummary>> {
        self.read(&PROJECTS_IN, values![id, limit], |row| {
            Ok(ProjectSummary {
                id: row.get(0)?,
                workspace: row.get(1)?,
                name: row.get(2)?,
                is_default: row.get(3)?,
                members: row.get(4)?,
            })
        })
        .await
    }

    /// Returns the display names of those of these users who are members.
    pub async fn member_display_names(
        &self,
        id: Id<Organization>,
        member_ids: &[Id<User>],
    ) -> Result<Vec<MemberDisplayName>> {
        let member_ids: Vec<String> = member_ids
            .iter()
            .map(|user| user.uuid().simple().to_string())
            .collect();
        let values = values![id, serde_json::Value::from(member_ids)];
        self.read(&NAMES_IN, values, |row| {
            Ok(MemberDisplayName {
                user: row.get(0)?,
                name: row.get(1)?,
            })
        })
        .await
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
        self.read(&OPEN_IN, values![id, now, limit], read_invitation)
            .await
    }
}
