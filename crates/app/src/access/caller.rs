//! From a credential to a person and their scope, with one query.

use freehold_domain::{
    ApiKey, ApiKeyText, Decision, Id, Level, PermissionSet, Refusal, RoleCatalog, Session,
    Timestamp, Trace, User,
};
use freehold_store::{ApiKeyCredential, ListedOrganization, ScopeQuery, ScopeRecord, UserRecord};
use uuid::Uuid;

use crate::command::{Actor, Outcome};
use crate::runtime::{App, UsedKey};

/// What a request shows to prove who is asking.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A key of a person for one project.
    ApiKey(ApiKeyText),
    /// The access token of a session.
    Session(String),
    /// The token of a service that acts for a person in one project.
    Service(String),
}

/// Where a session wants to work. Keys and services work in their own project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestedScope {
    /// This project.
    pub project: Option<Uuid>,
    /// This workspace, or its default project.
    pub workspace: Option<Uuid>,
    /// Whether the operation needs a project at all; without one named, the
    /// default of the person's oldest workspace.
    pub needed: bool,
}

/// Who is asking, as the database knows them at this moment.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub user: UserRecord,
    /// What they showed.
    pub authenticated_by: AuthenticatedBy,
    /// Where they work, if anywhere.
    pub scope: Option<Scope>,
}

/// What a caller showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticatedBy {
    /// An API key.
    Key(Id<ApiKey>),
    /// A session.
    Session(Id<Session>),
    /// A service, in a person's name. It is nobody who sits in front of a
    /// screen: what belongs to a session (refreshing it, ending it) is closed
    /// to it, as it is to keys.
    Service {
        /// When its token ends.
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
        // Ownership is `owner_id`; what a role row says of it comes second.
        let permissions = if record.owner == user {
            PermissionSet::ALL
        } else {
            let role = record.role.as_deref().unwrap_or_default();
            roles.permissions(Level::Project, role)
        };
        Self {
            record,
            permissions,
        }
    }

    /// The ids and names.
    #[must_use]
    pub fn record(&self) -> &ScopeRecord {
        &self.record
    }

    /// What the caller may do here. Nothing, if the stored role is unknown.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }
}

/// Whether `user` is where they ask to work. Somebody else's place and one that
/// is not there look the same.
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
    /// As commands know them.
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
    /// Who shows this credential.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] when it opens nothing,
    /// [`Refusal::OutOfScope`] when not the place that was asked for by name;
    /// for a service's token also [`Refusal::ServiceTokenExpired`] and
    /// [`Refusal::ServiceTokenInvalid`].
    pub async fn authenticate(
        &self,
        credential: &Credential,
        requested: &RequestedScope,
    ) -> Outcome<Caller> {
        match credential {
            Credential::ApiKey(key) => {
                let found = self.store().caller_by_api_key(key.prefix()).await?;
                let known = found.ok_or(Refusal::Unauthenticated)?;
                self.authenticate_api_key(key, &known.key)?;
                let scope = Scope::of(known.scope, known.user.id, self.roles());
                Ok(Caller {
                    user: known.user,
                    authenticated_by: AuthenticatedBy::Key(known.key.id),
                    scope: Some(scope),
                })
            }
            Credential::Session(token) => self.authenticate_session(token, requested).await,
            Credential::Service(token) => self.authenticate_service(token).await,
        }
    }

    /// [`App::authenticate`], and the organizations the person is in: for a
    /// key, all of it in one statement.
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
                let found = self
                    .store()
                    .caller_by_api_key_with_organizations(key.prefix())
                    .await?;
                let (known, organizations) = found.ok_or(Refusal::Unauthenticated)?;
                self.authenticate_api_key(key, &known)?;
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

    fn authenticate_api_key(&self, key: &ApiKeyText, known: &ApiKeyCredential) -> Outcome<()> {
        let now = self.now();
        let expired = known.expires_at.is_some_and(|end| end <= now);
        if expired || !known.hashed.matches(key) {
            return Err(Refusal::Unauthenticated.into());
        }
        let used = UsedKey::User(known.id);
        self.jobs().record_use(used, known.last_used_at, now);
        Ok(())
    }

    /// A token says who and where; whether they are still there, the database
    /// says.
    async fn authenticate_service(&self, token: &str) -> Outcome<Caller> {
        let key = &self.settings().service_key;
        let bearer = key.verify(token, self.now())?;
        let found = self.store().caller_in_project(bearer.user, bearer.project);
        let known = found
            .await?
            .filter(|it| it.scope.owner == it.user.id || it.scope.role.is_some())
            .ok_or(Refusal::Unauthenticated)?;
        let scope = Scope::of(known.scope, known.user.id, self.roles());
        Ok(Caller {
            user: known.user,
            authenticated_by: AuthenticatedBy::Service {
                until: bearer.until,
            },
            scope: Some(scope),
        })
    }

    async fn authenticate_session(
        &self,
        token: &str,
        requested: &RequestedScope,
    ) -> Outcome<Caller> {
        let now = self.now();
        let session = self
            .server_keys()
            .signer()
            .await?
            .session_of(token, now)
            .map_err(|_| Refusal::Unauthenticated)?;
        let query = match (requested.project, requested.workspace) {
            (Some(project), workspace) => ScopeQuery::Project(project, workspace),
            (None, Some(workspace)) => ScopeQuery::Workspace(workspace),
            (None, None) if requested.needed => ScopeQuery::Default,
            (None, None) => ScopeQuery::Unscoped,
        };
        let known = self
            .store()
            .caller_by_session(session, query)
            .await?
            .filter(|known| now < known.expires_at)
            .ok_or(Refusal::Unauthenticated)?;
        let user = known.user.id;
        let scope = known.scope;
        // Where nothing is named there is nothing to be turned away from.
        let is_named = matches!(query, ScopeQuery::Project(..) | ScopeQuery::Workspace(_));
        if is_named {
            check_scope_access(scope.as_ref(), user, query).into_result()?;
        }
        Ok(Caller {
            user: known.user,
            authenticated_by: AuthenticatedBy::Session(known.session),
            scope: scope.map(|scope| Scope::of(scope, user, self.roles())),
        })
    }
}
