//! All there is of one person or one organization, for operators who look it
//! up: logins, memberships on every level, keys, invitations, and how many.
//!
//! Each list is cut at a number that the caller says. Not here: finding them
//! (`search`), and what a decision reads (`members::context`,
//! `access::callers`).

use freehold_domain::{ApiKey, Id, Identity, Organization, Project, Timestamp, User, Workspace};

use crate::accounts::users::{USER_WIDTH, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};
use crate::invitations::issue::{InvitationRecord, invitation_columns, read_invitation};
use crate::operators::search::UserSummary;
use crate::organizations::read::{OrganizationRecord, organization_columns, read_organization};

/// A person, and what there is one of or what is only counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub user: UserSummary,
    /// Whether they have a password.
    pub has_password: bool,
    /// How many sessions are open.
    pub sessions: i64,
}

/// A way in which somebody can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginDetails {
    /// Its id.
    pub id: Id<Identity>,
    /// Such as `email:password`.
    pub method: String,
    /// Who they are there.
    pub subject: String,
    /// Since when.
    pub created_at: Option<Timestamp>,
}

/// What somebody is in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserOrganization {
    /// Which.
    pub id: Id<Organization>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Who owns it.
    pub owner: Id<User>,
    /// Their role, as stored.
    pub role: String,
}

/// What somebody is in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWorkspace {
    /// Which.
    pub id: Id<Workspace>,
    /// The organization around it.
    pub organization: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// Their role, as stored.
    pub role: String,
}

/// What somebody is in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserProject {
    /// Which.
    pub id: Id<Project>,
    /// The workspace around it.
    pub workspace: Id<Workspace>,
    /// Its name.
    pub name: String,
    /// Whether it is the one that its workspace opens with.
    pub is_default: bool,
    /// Their role, as stored.
    pub role: String,
}

/// A key, without what makes it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDetails {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// What an operator calls it.
    pub name: Option<String>,
    /// For which project it is.
    pub project: Id<Project>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A workspace of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceSummary {
    /// Which.
    pub id: Id<Workspace>,
    /// Its name.
    pub name: Option<String>,
    /// What its maker calls this kind of workspace.
    pub kind: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How many people are in it.
    pub members: i64,
}

/// A project of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSummary {
    /// Which.
    pub id: Id<Project>,
    /// The workspace around it.
    pub workspace: Id<Workspace>,
    /// Its name.
    pub name: String,
    /// Whether it is the one that its workspace opens with.
    pub is_default: bool,
    /// How many people are in it.
    pub members: i64,
}

/// What others see of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDisplayName {
    /// Who.
    pub user: Id<User>,
    /// Their name, or else their address.
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
    // There is no key without a membership, so they are found by it.
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
    // `$2` is a list of users, as text.
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

fn read_account(row: &Row<'_>) -> Result<AccountRecord> {
    Ok(AccountRecord {
        user: UserSummary {
            user: read_user(row, 0)?,
            email_verified_at: row.get(USER_WIDTH)?,
        },
        has_password: row.get(USER_WIDTH + 1)?,
        sessions: row.get(USER_WIDTH + 2)?,
    })
}

/// Of a person.
impl Store {
    /// The account itself.
    pub async fn account(&self, id: Id<User>, now: Timestamp) -> Result<Option<AccountRecord>> {
        self.read_one(&ACCOUNT, values![id, now], read_account)
            .await
    }

    /// The logins, oldest first.
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

    /// The organizations, oldest membership first.
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

    /// The workspaces, oldest membership first.
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

    /// The projects, oldest membership first.
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

    /// The keys, oldest first; also those that the person is not shown.
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

    /// The open invitations for an address, as it is kept.
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

/// Of an organization.
impl Store {
    /// The organization with this id.
    pub async fn organization(&self, id: Id<Organization>) -> Result<Option<OrganizationRecord>> {
        self.read_one(&ORGANIZATION, values![id], read_organization)
            .await
    }

    /// The workspaces, oldest first.
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

    /// The projects, oldest first.
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

    /// What others see of these people, as far as they are in it.
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

    /// How many keys there are for its projects.
    pub async fn count_api_keys_in(&self, id: Id<Organization>) -> Result<i64> {
        let count = self.read_one(&COUNT_API_KEYS_IN, values![id], |row| row.get(0));
        Ok(count.await?.unwrap_or(0))
    }

    /// The open invitations to it, oldest first.
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
