//! Authentication: one indexed query from a credential to a user, their scope and
//! their role in it.
//!
//! Nothing is cached, so a revocation takes effect with the next request.

use freehold_domain::{
    ApiKey, HashedApiKey, Id, Organization, Project, Session, Timestamp, User, Workspace,
};
use uuid::Uuid;

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};
use crate::organizations::read::{ListedOrganization, listed_columns, listed_joins, read_listed};

/// A project and a user's role in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRecord {
    /// The project.
    pub project: Id<Project>,
    /// Its workspace.
    pub workspace: Id<Workspace>,
    /// Its organization.
    pub organization: Id<Organization>,
    /// The organization's name.
    pub organization_name: Option<String>,
    /// The organization's owner.
    pub owner: Id<User>,
    /// The role in the project, as stored; the role catalog defines what it
    /// grants.
    pub role: Option<String>,
    /// Whether the user is a member of the workspace.
    pub is_workspace_member: bool,
}

/// What is needed to verify an API key.
#[derive(Clone, Debug)]
pub struct ApiKeyCredential {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The prefix with the hash of the secret.
    pub hashed: HashedApiKey,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// An API key and the user who owns it.
#[derive(Clone, Debug)]
pub struct ApiKeyCaller {
    /// The API key.
    pub key: ApiKeyCredential,
    /// The user.
    pub user: UserRecord,
    /// The project of the key.
    pub scope: ScopeRecord,
}

/// A user and a project.
#[derive(Clone, Debug)]
pub struct UserInProject {
    /// The user.
    pub user: UserRecord,
    /// The project; without a role if the user is not a member.
    pub scope: ScopeRecord,
}

/// A session and its user.
#[derive(Clone, Debug)]
pub struct SessionCaller {
    /// The id of the session.
    pub session: Id<Session>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The user.
    pub user: UserRecord,
    /// The scope of the request, if it was found.
    pub scope: Option<ScopeRecord>,
}

macro_rules! scope_columns {
    () => {
        "p.id, p.workspace_id, p.organization_id, o.name, o.owner_id, pm.role, nullif(wm.role, 'none')"
    };
}

fn read_scope(row: &Row<'_>, first: usize) -> Result<Option<ScopeRecord>> {
    let Some(project) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(ScopeRecord {
        project,
        workspace: row.get(first + 1)?,
        organization: row.get(first + 2)?,
        organization_name: row.get(first + 3)?,
        owner: row.get(first + 4)?,
        role: row.get(first + 5)?,
        is_workspace_member: row.get::<Option<String>>(first + 6)?.is_some(),
    }))
}

const KEY_COLUMNS: usize = 4;

fn read_credential(row: &Row<'_>) -> Result<ApiKeyCredential> {
    Ok(ApiKeyCredential {
        id: row.get(0)?,
        hashed: HashedApiKey::from_stored(row.get(1)?),
        expires_at: row.get(2)?,
        last_used_at: row.get(3)?,
    })
}

fn read_key(row: &Row<'_>) -> Result<ApiKeyCaller> {
    let scope = read_scope(row, KEY_COLUMNS + USER_WIDTH)?;
    Ok(ApiKeyCaller {
        key: read_credential(row)?,
        user: read_user(row, KEY_COLUMNS)?,
        scope: scope.ok_or(crate::StoreError::Row {
            column: KEY_COLUMNS,
            expected: "a project",
        })?,
    })
}

macro_rules! by_session {
    ($project:expr) => {
        concat!(
            "SELECT s.id, s.expires_at, ", user_columns!(), ", ", scope_columns!(), "
               FROM sessions s
               JOIN users u ON u.id = s.user_id
               LEFT JOIN projects p ON ", $project, "
               LEFT JOIN organizations o ON o.id = p.organization_id
               LEFT JOIN project_members pm ON pm.project_id = p.id AND pm.user_id = u.id
               LEFT JOIN workspace_members wm ON wm.workspace_id = p.workspace_id AND wm.user_id = u.id
              WHERE s.id = $1"
        )
    };
}

const SESSION_COLUMNS: usize = 2;

statements! {
    KEY = concat!(
        "SELECT k.id, k.hashed_key, k.expiration_date, k.last_used_at, ",
        user_columns!(), ", ",
        // A key has a project of its own, so nothing depends on the workspace.
        "p.id, p.workspace_id, p.organization_id, o.name, o.owner_id, pm.role, NULL
           FROM api_keys k
           JOIN project_members pm ON pm.project_id = k.project_id AND pm.user_id = k.created_by_id
           JOIN users u ON u.id = k.created_by_id
           JOIN projects p ON p.id = k.project_id
           JOIN organizations o ON o.id = p.organization_id
          WHERE k.prefix = $1");
    // The schema deletes a key with its owner's membership of the project, so
    // without a project only the key is read.
    KEY_AND_ORGANIZATIONS = concat!(
        "SELECT k.id, k.hashed_key, k.expiration_date, k.last_used_at, ", listed_columns!(), "
           FROM api_keys k", listed_joins!("k.created_by_id"), "
          WHERE k.prefix = $1
          ORDER BY om.created_at NULLS FIRST, om.id, lw.created_at");
    SESSION = concat!("SELECT s.id, s.expires_at, ", user_columns!(), "
       FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1");
    SESSION_IN_DEFAULT = by_session!(
        "p.is_default AND p.workspace_id = (
            SELECT d.workspace_id FROM workspace_members d
             WHERE d.user_id = u.id AND d.role <> 'none'
             ORDER BY d.created_at NULLS FIRST, d.workspace_id LIMIT 1)");
    SESSION_IN_PROJECT = by_session!("p.id = $2");
    SESSION_IN_PROJECT_OF_WORKSPACE = by_session!("p.id = $2 AND p.workspace_id = $3");
    USER_IN_PROJECT = concat!("SELECT ", user_columns!(), ", ", scope_columns!(), "
       FROM users u
       JOIN projects p ON p.id = $2
       JOIN organizations o ON o.id = p.organization_id
       LEFT JOIN project_members pm ON pm.project_id = p.id AND pm.user_id = u.id
       LEFT JOIN workspace_members wm ON wm.workspace_id = p.workspace_id AND wm.user_id = u.id
      WHERE u.id = $1");
    SESSION_IN_WORKSPACE = by_session!("p.is_default AND p.workspace_id = $2");
}

fn read_session_without_scope(row: &Row<'_>) -> Result<SessionCaller> {
    Ok(SessionCaller {
        session: row.get(0)?,
        expires_at: row.get(1)?,
        user: read_user(row, SESSION_COLUMNS)?,
        scope: None,
    })
}

fn read_session(row: &Row<'_>) -> Result<SessionCaller> {
    let scope = read_scope(row, SESSION_COLUMNS + USER_WIDTH)?;
    Ok(SessionCaller {
        scope,
        ..read_session_without_scope(row)?
    })
}

/// The scope that a request with a session asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeQuery {
    /// None: the operation needs no project.
    Unscoped,
    /// The default project of the user's oldest workspace.
    Default,
    /// This project; with a workspace, only if the project is in it.
    Project(Uuid, Option<Uuid>),
    /// The default project of this workspace.
    Workspace(Uuid),
}

impl Store {
    /// Returns the API key with this prefix. The caller compares the secret.
    pub async fn caller_by_api_key(&self, prefix: &str) -> Result<Option<ApiKeyCaller>> {
        self.read_one(&KEY, values![prefix.to_owned()], read_key)
            .await
    }

    /// Returns the API key with this prefix and its user's organizations, in one round trip.
    pub async fn caller_by_api_key_with_organizations(
        &self,
        prefix: &str,
    ) -> Result<Option<(ApiKeyCredential, Vec<ListedOrganization>)>> {
        let rows = self
            .read(&KEY_AND_ORGANIZATIONS, values![prefix.to_owned()], |row| {
                Ok((read_credential(row)?, read_listed(row, KEY_COLUMNS)?))
            })
            .await?;
        let (mut keys, listed): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        keys.truncate(1);
        Ok(keys
            .pop()
            .map(|key| (key, ListedOrganization::from_rows(listed))))
    }

    /// Returns a user and a project with the user's role, if both exist.
    pub async fn caller_in_project(
        &self,
        user: Id<User>,
        project: Id<Project>,
    ) -> Result<Option<UserInProject>> {
        let read = |row: &Row<'_>| {
            let scope = read_scope(row, USER_WIDTH)?;
            Ok(UserInProject {
                user: read_user(row, 0)?,
                scope: scope.ok_or(crate::StoreError::Row {
                    column: USER_WIDTH,
                    expected: "a project",
                })?,
            })
        };
        self.read_one(&USER_IN_PROJECT, values![user, project], read)
            .await
    }

    /// Returns the session with this id, with its scope if there is one.
    pub async fn caller_by_session(
        &self,
        session: Id<Session>,
        scope: ScopeQuery,
    ) -> Result<Option<SessionCaller>> {
        match scope {
            ScopeQuery::Unscoped => {
                self.read_one(&SESSION, values![session], read_session_without_scope)
                    .await
            }
            ScopeQuery::Default => {
                self.read_one(&SESSION_IN_DEFAULT, values![session], read_session)
                    .await
            }
            ScopeQuery::Project(project, None) => {
                self.read_one(&SESSION_IN_PROJECT, values![session, project], read_session)
                    .await
            }
            ScopeQuery::Project(project, Some(workspace)) => {
                let values = values![session, project, workspace];
                self.read_one(&SESSION_IN_PROJECT_OF_WORKSPACE, values, read_session)
                    .await
            }
            ScopeQuery::Workspace(workspace) => {
                self.read_one(
                    &SESSION_IN_WORKSPACE,
                    values![session, workspace],
                    read_session,
                )
                .await
            }
        }
    }
}
