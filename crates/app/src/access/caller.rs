//! Authentication: from a credential to the caller and their scope, with one
//! query.

use freehold_domain::{
    ApiKey, ApiKeyText, Decision, Id, Level, PermissionSet, Refusal, RoleCatalog, Session,
    Timestamp, Trace, User,
};
use freehold_store::{ApiKeyCredential, ListedOrganization, ScopeQuery, ScopeRecord, UserRecord};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::command::{Actor, Outcome};
use crate::jobs::UsedKey;
use crate::runtime::App;

/// The credential of a request.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A user's API key for one project.
    ApiKey(ApiKeyText),
    /// The access token of a session.
    Session(SecretString),
    /// The token of a service that acts on behalf of a user in one project.
    Service(SecretString),
}

/// The scope that a request with a session names. API keys and service tokens
/// have a project of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestedScope {
    /// The project.
    pub project: Option<Uuid>,
    /// The workspace. Without `project`, its default project is the scope.
    pub workspace: Option<Uuid>,
    /// Whether the operation needs a project. If the request names none, it is
    /// the default project of the user's oldest workspace.
    pub needed: bool,
}

/// The authenticated caller of a request, as just read from the database.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub user: UserRecord,
    /// The kind of their credential.
    pub authenticated_by: AuthenticatedBy,
    /// The project that the request works in, if any.
    pub scope: Option<Scope>,
}

/// The kind of credential that a caller authenticated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticatedBy {
    /// An API key.
    Key(Id<ApiKey>),
    /// A session.
    Session(Id<Session>),
    /// A service on behalf of a user. As with API keys, operations on sessions
    /// (refreshing, ending) are refused.
    Service {
        /// When its token expires.
        until: Timestamp,
    },
}

/// A project and the caller's context in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    record: ScopeRecord,
    permissions: PermissionSet,
}

impl Scope {
    pub(crate) fn of(record: ScopeRecord, user: Id<User>, roles: &RoleCatalog) -> Self {
        // The owner is `owner_id` of the organization, whatever their role row has.
        let permissions = if record.owner == user {
            roles.all_permissions()
        } else {
            let role = record.role.as_deref().unwrap_or_default();
            roles.permissions(Level::Project, role)
        };
        Self {
            record,
            permissions,
        }
    }

    /// The ids and names of the project, its workspace and organization.
    #[must_use]
    pub fn record(&self) -> &ScopeRecord {
        &self.record
    }

    /// The caller's permissions in the project; none if the stored role is unknown.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }
}

/// Returns whether `user` is a member of the scope that the request names. A
/// scope of others and a missing one are refused alike.
pub(crate) fn check_scope_access(
    scope: Option<&ScopeRecord>,
    user: Id<User>,
    query: ScopeQuery,
) -> Decision {
    let is_member = |scope: &ScopeRecord| match query {
        ScopeQuery::Project(..) => scope.owner == user || scope.role.is_some(),
        ScopeQuery::Workspace(_) => scope.owner == user || scope.is_workspace_member,
        ScopeQuery::Default | ScopeQuery::Unscoped => true,
    };
    let mut trace = Trace::new();
    if trace.step("is_member", "", scope.is_some_and(is_member)) {
        Decision::allowed(trace)
    } else {
        Decision::refused(Refusal::OutOfScope, trace)
    }
}

impl Caller {
    /// Returns the caller as the actor of commands.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self.authenticated_by {
            AuthenticatedBy::Key(key) => Actor::Key(self.user.id, key),
            AuthenticatedBy::Session(_) => Actor::User(self.user.id),
            AuthenticatedBy::Service { .. } => Actor::Service(self.user.id),
        }
    }
}

impl App {
    /// Returns the caller with this credential.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for an invalid credential;
    /// [`Refusal::OutOfScope`] if the user is not a member of the scope that
    /// the request names; for a service's token also
    /// [`Refusal::ServiceTokenExpired`] and [`Refusal::ServiceTokenInvalid`].
    pub async fn authenticate(
        &self,
        credential: &Credential,
        requested: &RequestedScope,
    ) -> Outcome<Caller> {
        match credential {
            Credential::ApiKey(key) => {
                let record = self.store().caller_by_api_key(key.prefix()).await?;
                let record = record.ok_or(Refusal::Unauthenticated)?;
                self.authenticate_api_key(key, &record.key)?;
                let scope = Scope::of(record.scope, record.user.id, self.roles());
                Ok(Caller {
                    user: record.user,
                    authenticated_by: AuthenticatedBy::Key(record.key.id),
                    scope: Some(scope),
                })
            }
            Credential::Session(token) => self.authenticate_session(token, requested).await,
            Credential::Service(token) => self.authenticate_service(token).await,
        }
    }

    /// Authenticates as [`App::authenticate`] and returns the user's
    /// organizations; for an API key in one statement.
    ///
    /// # Errors
    /// As [`App::authenticate`].
    pub async fn list_organizations(
        &self,
        credential: &Credential,
        requested: &RequestedScope,
    ) -> Outcome<Vec<ListedOrganization>> {
        match credential {
            Credential::ApiKey(key) => {
                let record = self
                    .store()
                    .caller_by_api_key_with_organizations(key.prefix())
                    .await?;
                let (record, organizations) = record.ok_or(Refusal::Unauthenticated)?;
                self.authenticate_api_key(key, &record)?;
                Ok(organizations)
            }
            Credential::Session(token) => {
                let caller = self.authenticate_session(token, requested).await?;
                Ok(self.store().organizations_of(caller.user.id).await?)
            }
            Credential::Service(token) => {
                let caller = self.authenticate_service(token).await?;
                Ok(self.store().organizations_of(caller.user.id).await?)
            }
        }
    }

    fn authenticate_api_key(&self, key: &ApiKeyText, record: &ApiKeyCredential) -> Outcome<()> {
        let now = self.now();
        let expired = record.expires_at.is_some_and(|end| end <= now);
        if expired || !record.hashed.matches(key) {
            return Err(Refusal::Unauthenticated.into());
        }
        let used = UsedKey::User(record.id);
        self.key_uses().record(used, record.last_used_at, now);
        Ok(())
    }

    /// The token names the user and the project. The membership is read from the
    /// database.
    async fn authenticate_service(&self, token: &SecretString) -> Outcome<Caller> {
        let key = &self.settings().service_key;
        let subject = key.verify(token.expose_secret(), self.now())?;
        let record = self
            .store()
            .caller_in_project(subject.user, subject.project);
        let record = record
            .await?
            .filter(|record| record.scope.owner == record.user.id || record.scope.role.is_some())
            .ok_or(Refusal::Unauthenticated)?;
        let scope = Scope::of(record.scope, record.user.id, self.roles());
        Ok(Caller {
            user: record.user,
            authenticated_by: AuthenticatedBy::Service {
                until: subject.until,
            },
            scope: Some(scope),
        })
    }

    async fn authenticate_session(
        &self,
        token: &SecretString,
        requested: &RequestedScope,
    ) -> Outcome<Caller> {
        let now = self.now();
        let session = self
            .server_keys()
            .signer()
            .await?
            .session_of(token.expose_secret(), now)
            .map_err(|_| Refusal::Unauthenticated)?;
        let query = match (requested.project, requested.workspace) {
            (Some(project), workspace) => ScopeQuery::Project(project, workspace),
            (None, Some(workspace)) => ScopeQuery::Workspace(workspace),
            (None, None) if requested.needed => ScopeQuery::Default,
            (None, None) => ScopeQuery::Unscoped,
        };
        let record = self
            .store()
            .caller_by_session(session, query)
            .await?
            .filter(|record| now < record.expires_at)
            .ok_or(Refusal::Unauthenticated)?;
        let user = record.user.id;
        let scope = record.scope;
        // A request that names no scope cannot be out of scope.
        let is_named = matches!(query, ScopeQuery::Project(..) | ScopeQuery::Workspace(_));
        if is_named {
            check_scope_access(scope.as_ref(), user, query).into_result()?;
        }
        Ok(Caller {
            user: record.user,
            authenticated_by: AuthenticatedBy::Session(record.session),
            scope: scope.map(|scope| Scope::of(scope, user, self.roles())),
        })
    }
}
