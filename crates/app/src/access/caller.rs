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
pub struct Wanted {
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
    pub via: Via,
    /// Where they work, if anywhere.
    pub scope: Option<Scope>,
}

/// What a caller showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
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

/// A project and the caller's standing in it.
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
pub(crate) fn may_stand(
    scope: Option<&ScopeRecord>,
    user: Id<User>,
    place: ScopeQuery,
) -> Decision {
    let is_in = |scope: &ScopeRecord| match place {
        ScopeQuery::Project(..) => scope.owner == user || scope.role.is_some(),
        ScopeQuery::Workspace(_) => scope.owner == user || scope.is_workspace_member,
        ScopeQuery::Default | ScopeQuery::Unscoped => true,
    };
    let mut trace = Trace::new();
    if trace.step("is_member", "", scope.is_some_and(is_in)) {
        Decision::allowed(trace)
    } else {
        Decision::refused(Refusal::OutOfScope, trace)
    }
}

impl Caller {
    /// As commands know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self.via {
            Via::Key(key) => Actor::Key(self.user.id, key),
            Via::Session(_) => Actor::User(self.user.id),
            Via::Service { .. } => Actor::Service(self.user.id),
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
    pub async fn authenticate(&self, credential: &Credential, wanted: &Wanted) -> Outcome<Caller> {
        match credential {
            Credential::ApiKey(key) => {
                let found = self.store().caller_by_api_key(key.prefix()).await?;
                let known = found.ok_or(Refusal::Unauthenticated)?;
                self.accept_key(key, &known.key)?;
                let scope = Scope::of(known.scope, known.user.id, self.roles());
                Ok(Caller {
                    user: known.user,
                    via: Via::Key(known.key.id),
                    scope: Some(scope),
                })
            }
            Credential::Session(token) => self.accept_session(token, wanted).await,
            Credential::Service(token) => self.accept_service(token).await,
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
        wanted: &Wanted,
    ) -> Outcome<Vec<ListedOrganization>> {
        match credential {
            Credential::ApiKey(key) => {
                let found = self
                    .store()
                    .caller_by_api_key_with_organizations(key.prefix())
                    .await?;
                let (known, organizations) = found.ok_or(Refusal::Unauthenticated)?;
                self.accept_key(key, &known)?;
                Ok(organizations)
            }
            Credential::Session(token) => {
                let caller = self.accept_session(token, wanted).await?;
                Ok(self.store().organizations_of(caller.user.id).await?)
            }
            Credential::Service(token) => {
                let caller = self.accept_service(token).await?;
                Ok(self.store().organizations_of(caller.user.id).await?)
            }
        }
    }

    fn accept_key(&self, key: &ApiKeyText, known: &ApiKeyCredential) -> Outcome<()> {
        let now = self.now();
        let expired = known.expires_at.is_some_and(|end| end <= now);
        if expired || !known.hashed.matches(key) {
            return Err(Refusal::Unauthenticated.into());
        }
        let used = UsedKey::Person(known.id);
        self.worker().note_use(used, known.last_used_at, now);
        Ok(())
    }

    /// A token says who and where; whether they are still there, the database
    /// says.
    async fn accept_service(&self, token: &str) -> Outcome<Caller> {
        let key = &self.settings().service_key;
        let bearer = key.read(token, self.now())?;
        let found = self.store().caller_in_project(bearer.user, bearer.project);
        let known = found
            .await?
            .filter(|it| it.scope.owner == it.user.id || it.scope.role.is_some())
            .ok_or(Refusal::Unauthenticated)?;
        let scope = Scope::of(known.scope, known.user.id, self.roles());
        Ok(Caller {
            user: known.user,
            via: Via::Service {
                until: bearer.until,
            },
            scope: Some(scope),
        })
    }

    async fn accept_session(&self, token: &str, wanted: &Wanted) -> Outcome<Caller> {
        let now = self.now();
        let session = self
            .keys()
            .signer()
            .await?
            .session_of(token, now)
            .map_err(|_| Refusal::Unauthenticated)?;
        let place = match (wanted.project, wanted.workspace) {
            (Some(project), workspace) => ScopeQuery::Project(project, workspace),
            (None, Some(workspace)) => ScopeQuery::Workspace(workspace),
            (None, None) if wanted.needed => ScopeQuery::Default,
            (None, None) => ScopeQuery::Unscoped,
        };
        let known = self
            .store()
            .caller_by_session(session, place)
            .await?
            .filter(|known| now < known.expires_at)
            .ok_or(Refusal::Unauthenticated)?;
        let user = known.user.id;
        let scope = known.scope;
        // Where nothing is named there is nothing to be turned away from.
        let named = matches!(place, ScopeQuery::Project(..) | ScopeQuery::Workspace(_));
        if named {
            may_stand(scope.as_ref(), user, place).into_result()?;
        }
        Ok(Caller {
            user: known.user,
            via: Via::Session(known.session),
            scope: scope.map(|scope| Scope::of(scope, user, self.roles())),
        })
    }
}
