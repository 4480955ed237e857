//! Authentication: one indexed query from a credential to a user, their scope and
//! their role in it.
//!
//! Nothing is cached, so a revocation takes effect with the next request.

use freehold_domain::{
    ApiKey, HashedApiKey, Id, Organization, Project, Session, Timestamp, User, Workspace,
};
use uuid::Uuid;

use crate::accounts::users::UserRecord;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};
use crate::organizations::read::ListedOrganization;

row_types! {
    /// A project and a user's role in it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ScopeRecord {
        /// The project.
        pub project: Id<Project> = "p.id",
        /// Its workspace.
        pub workspace: Id<Workspace> = "p.workspace_id",
        /// Its organization.
        pub organization: Id<Organization> = "p.organization_id",
        /// The organization's name.
        pub organization_name: Option<String> = "o.name",
        /// The organization's owner.
        pub owner: Id<User> = "o.owner_id",
        /// The role in the project, as stored; the role catalog defines what it
        /// grants.
        pub role: Option<String> = "pm.role",
        /// Whether the user is a member of the workspace.
        pub is_workspace_member: bool =
            "nullif(wm.role, 'none')" => |role: Option<String>| role.is_some(),
    }

    /// What is needed to verify an API key.
    #[derive(Clone, Debug)]
    pub struct ApiKeyCredential {
        /// Its id.
        pub id: Id<ApiKey> = "k.id",
        /// The prefix with the hash of the secret.
        pub hashed: HashedApiKey = "k.hashed_key",
        /// When it expires.
        pub expires_at: Option<Timestamp> = "k.expiration_date",
        /// When it was last used, to the minute.
        pub last_used_at: Option<Timestamp> = "k.last_used_at",
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
        pub session: Id<Session> = "s.id",
        /// When it expires.
        pub expires_at: Timestamp = "s.expires_at",
        /// The user.
        pub user: UserRecord,
        /// The scope of the request, if it was found.
        pub scope: Option<ScopeRecord>,
    }

    /// A session that is read without a scope.
    struct SessionOnly {
        session: Id<Session> = "s.id",
        expires_at: Timestamp = "s.expires_at",
        user: UserRecord,
    }
}

statements! {
    rows ApiKeyCredential, ListedOrganization, SessionCaller, SessionOnly, UserInProject, UserRecord;

    {MEMBERSHIP} = "
          LEFT JOIN project_members pm ON pm.project_id = p.id AND pm.user_id = u.id
          LEFT JOIN workspace_members wm ON wm.workspace_id = p.workspace_id AND wm.user_id = u.id";
    // The columns of the scope are those of `ScopeRecord`. A key has a project of its own, so
    // nothing depends on the workspace, and its row is not read.
    KEY = "
        SELECT {ApiKeyCredential}, {UserRecord},
               p.id, p.workspace_id, p.organization_id, o.name, o.owner_id, pm.role, NULL
          FROM api_keys k
          JOIN project_members pm ON pm.project_id = k.project_id AND pm.user_id = k.created_by_id
          JOIN users u ON u.id = k.created_by_id
          JOIN projects p ON p.id = k.project_id
          JOIN organizations o ON o.id = p.organization_id
         WHERE k.prefix = $1";
    // The schema deletes a key with its owner's membership of the project, so
    // without a project only the key is read. `coalesce` as in `organizations::read`.
    KEY_AND_ORGANIZATIONS = "
        SELECT {ApiKeyCredential}, {ListedOrganization}
          FROM api_keys k
          LEFT JOIN organization_members om ON om.user_id = k.created_by_id
          LEFT JOIN organizations lo ON lo.id = om.organization_id
          LEFT JOIN workspace_members lw ON lw.user_id = coalesce(om.user_id, om.user_id)
                                        AND lw.organization_id = om.organization_id
         WHERE k.prefix = $1
         ORDER BY om.created_at NULLS FIRST, om.id, lw.created_at";
    SESSION = "
        SELECT {SessionOnly} FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
    SESSION_IN_DEFAULT = "
        SELECT {SessionCaller}
          FROM sessions s
          JOIN users u ON u.id = s.user_id
          LEFT JOIN projects p ON p.is_default AND p.workspace_id = (
                    SELECT d.workspace_id FROM workspace_members d
                     WHERE d.user_id = u.id AND d.role <> 'none'
                     ORDER BY d.created_at NULLS FIRST, d.workspace_id LIMIT 1)
          LEFT JOIN organizations o ON o.id = p.organization_id
          {MEMBERSHIP}
         WHERE s.id = $1";
    SESSION_IN_PROJECT = "
        SELECT {SessionCaller}
          FROM sessions s
          JOIN users u ON u.id = s.user_id
          LEFT JOIN projects p ON p.id = $2
          LEFT JOIN organizations o ON o.id = p.organization_id
          {MEMBERSHIP}
         WHERE s.id = $1";
    SESSION_IN_PROJECT_OF_WORKSPACE = "
        SELECT {SessionCaller}
          FROM sessions s
          JOIN users u ON u.id = s.user_id
          LEFT JOIN projects p ON p.id = $2 AND p.workspace_id = $3
          LEFT JOIN organizations o ON o.id = p.organization_id
          {MEMBERSHIP}
         WHERE s.id = $1";
    USER_IN_PROJECT = "
        SELECT {UserInProject}
          FROM users u
          JOIN projects p ON p.id = $2
          JOIN organizations o ON o.id = p.organization_id
          {MEMBERSHIP}
         WHERE u.id = $1";
    SESSION_IN_WORKSPACE = "
        SELECT {SessionCaller}
          FROM sessions s
          JOIN users u ON u.id = s.user_id
          LEFT JOIN projects p ON p.is_default AND p.workspace_id = $2
          LEFT JOIN organizations o ON o.id = p.organization_id
          {MEMBERSHIP}
         WHERE s.id = $1";
}

fn read_session_without_scope(row: &Row<'_>) -> Result<SessionCaller> {
    let SessionOnly {
        session,
        expires_at,
        user,
    } = SessionOnly::read(row)?;
    Ok(SessionCaller {
        session,
        expires_at,
        user,
        scope: None,
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
        self.read_one(&KEY, values![prefix.to_owned()], ApiKeyCaller::read)
            .await
    }

    /// Returns the API key with this prefix and its user's organizations, in one round trip.
    pub async fn caller_by_api_key_with_organizations(
        &self,
        prefix: &str,
    ) -> Result<Option<(ApiKeyCredential, Vec<ListedOrganization>)>> {
        let rows = self
            .read(
                &KEY_AND_ORGANIZATIONS,
                values![prefix.to_owned()],
                <(ApiKeyCredential, Option<ListedOrganization>)>::read,
            )
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
        self.read_one(
            &USER_IN_PROJECT,
            values![user, project],
            UserInProject::read,
        )
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
                self.read_one(&SESSION_IN_DEFAULT, values![session], SessionCaller::read)
                    .await
            }
            ScopeQuery::Project(project, None) => {
                self.read_one(
                    &SESSION_IN_PROJECT,
                    values![session, project],
                    SessionCaller::read,
                )
                .await
            }
            ScopeQuery::Project(project, Some(workspace)) => {
                let values = values![session, project, workspace];
                self.read_one(
                    &SESSION_IN_PROJECT_OF_WORKSPACE,
                    values,
                    SessionCaller::read,
                )
                .await
            }
            ScopeQuery::Workspace(workspace) => {
                self.read_one(
                    &SESSION_IN_WORKSPACE,
                    values![session, workspace],
                    SessionCaller::read,
                )
                .await
            }
        }
    }
}
