//! The fixture of the races: four users, and an organization of its own for each
//! round, created in SQL before the first one. Hashing passwords takes longer than
//! a race does.

use freehold_domain::{Clock, InvitationToken};
use freehold_testkit::{TestApp, TestDatabase, TestUser};
use serde_json::{Value, json};
use uuid::Uuid;

/// The users. Ada owns every organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RaceUser {
    Ada,
    Bob,
    Cleo,
    Dora,
}

const USERS: [(RaceUser, &str); 4] = [
    (RaceUser::Ada, "ada"),
    (RaceUser::Bob, "bob"),
    (RaceUser::Cleo, "cleo"),
    (RaceUser::Dora, "dora"),
];

/// The state of each scope before its round.
#[derive(Clone, Copy, Debug)]
pub(super) struct InitialMembers {
    /// The members beside Ada, with their roles.
    pub(super) members: &'static [(RaceUser, &'static str)],
    /// The role of Bob's invitation.
    pub(super) invited: Option<&'static str>,
}

/// One organization with its workspace and default project.
#[derive(Clone, Debug)]
pub(super) struct RaceScope {
    pub(super) n: usize,
    pub(super) organization: String,
    pub(super) workspace: String,
    pub(super) project: String,
    pub(super) invitation: String,
    /// The token of Bob's link.
    token: String,
}

impl RaceScope {
    /// The path of the endpoint that issues invitations.
    pub(super) fn invitations_path(&self) -> String {
        format!(
            "/organizations/{}/workspaces/{}/invite",
            self.organization, self.workspace
        )
    }

    /// The path of the endpoint that removes members.
    pub(super) fn member(&self, email: &str) -> String {
        format!("/workspaces/{}/users?email={email}", self.workspace)
    }

    /// The path and the body of the request that accepts Bob's invitation.
    pub(super) fn acceptance(&self, email: &str) -> (String, Value) {
        (
            format!(
                "{}/accept?project_id={}",
                self.invitations_path(),
                self.project
            ),
            json!({"token": self.token, "email": email}),
        )
    }
}

/// The users and all scopes.
pub(super) struct RaceFixture<'a> {
    pub(super) app: &'a TestApp,
    users: [TestUser; 4],
    scopes: Vec<RaceScope>,
}

impl<'a> RaceFixture<'a> {
    pub(super) async fn create(app: &'a TestApp, initial: InitialMembers, rounds: usize) -> Self {
        let users = [
            app.sign_up("ada").await,
            app.sign_up("bob").await,
            app.sign_up("cleo").await,
            app.sign_up("dora").await,
        ];
        let scopes = (0..rounds).map(race_scope).collect();
        let fixture = Self { app, users, scopes };
        let rows: Vec<String> = (0..rounds).map(|n| fixture.rows(initial, n)).collect();
        app.db().execute(&rows.concat()).await.unwrap();
        fixture
    }

    pub(super) fn scopes(&self) -> &[RaceScope] {
        &self.scopes
    }

    pub(super) fn who(&self, who: RaceUser) -> &TestUser {
        let at = USERS.iter().position(|(it, _)| *it == who).unwrap();
        &self.users[at]
    }

    pub(super) fn ada(&self) -> &TestUser {
        self.who(RaceUser::Ada)
    }

    pub(super) fn bob(&self) -> &TestUser {
        self.who(RaceUser::Bob)
    }

    pub(super) fn cleo(&self) -> &TestUser {
        self.who(RaceUser::Cleo)
    }

    pub(super) fn dora(&self) -> &TestUser {
        self.who(RaceUser::Dora)
    }

    /// The role of a user in the workspace, if any.
    pub(super) async fn role(&self, scope: &RaceScope, who: RaceUser) -> Option<String> {
        let sql = format!(
            "SELECT role FROM workspace_members WHERE workspace_id = {} AND user_id = {}",
            self.app.sql_id(&scope.workspace),
            self.app.sql_id(&self.who(who).id)
        );
        self.app.db().query_texts(&sql).await.into_iter().next()
    }

    /// The owner of the organization.
    pub(super) async fn owner(&self, scope: &RaceScope) -> String {
        let sql = format!(
            "SELECT u.email FROM organizations o JOIN users u ON u.id = o.owner_id WHERE o.id = {}",
            self.app.sql_id(&scope.organization)
        );
        self.app.db().query_texts(&sql).await.concat()
    }

    /// The states of the scope's invitations, in alphabetical order.
    pub(super) async fn invitations(&self, scope: &RaceScope) -> Vec<String> {
        let sql = format!(
            "SELECT status FROM project_invitations WHERE workspace_id = {} ORDER BY status",
            self.app.sql_id(&scope.workspace)
        );
        self.app.db().query_texts(&sql).await
    }

    fn rows(&self, initial: InitialMembers, n: usize) -> String {
        let db = self.app.db();
        let id = |kind: Kind| db.sql_uuid(nth_uuid(kind, n));
        let user = |who: RaceUser| self.app.sql_id(&self.who(who).id);
        let (ada, at) = (user(RaceUser::Ada), db.sql_time(self.app.clock().now()));
        let [organization, workspace, project, invitation] = [
            Kind::Organization,
            Kind::Workspace,
            Kind::Project,
            Kind::Invitation,
        ]
        .map(id);
        let mut sql = format!(
            "INSERT INTO organizations (id, name, flags, owner_id, created_at)
                 VALUES ({organization}, 'Race', '{{\"is_demo\": false}}', {ada}, {at});
             INSERT INTO workspaces (id, name, type, organization_id, created_at)
                 VALUES ({workspace}, 'Default', 'default', {organization}, {at});
             INSERT INTO projects (id, project_name, is_default, organization_id, workspace_id, created_at)
                 VALUES ({project}, 'Default', true, {organization}, {workspace}, {at});"
        );
        let owner = [(RaceUser::Ada, "owner")];
        for (who, role) in owner.iter().chain(initial.members) {
            sql += &membership(db, &self.scopes[n], (*who, &user(*who)), role, &at);
        }
        if let Some(role) = initial.invited {
            let (hash, email) = (token(n).hashed().hex(), &self.bob().email);
            let expires =
                db.sql_time(self.app.clock().now() + std::time::Duration::from_secs(604_800));
            sql += &format!(
                "INSERT INTO project_invitations (id, token, email, role, project_id, workspace_id,
                        organization_id, expiration_date, issuer_id, created_at, created_by_id)
                 VALUES ({invitation}, '{hash}', '{email}', '{role}', {project}, {workspace},
                        {organization}, {expires}, {ada}, {at}, {ada});"
            );
        }
        sql
    }
}

/// A user's rows on the three levels. In the organization only owners are
/// more than viewers.
fn membership(
    db: &TestDatabase,
    scope: &RaceScope,
    (who, user): (RaceUser, &str),
    role: &str,
    at: &str,
) -> String {
    let id = |level| db.sql_uuid(nth_uuid(Kind::Member(who, level), scope.n));
    let [a, b, c] = [0, 1, 2].map(id);
    let [organization, workspace, project] = [Kind::Organization, Kind::Workspace, Kind::Project]
        .map(|kind| db.sql_uuid(nth_uuid(kind, scope.n)));
    let outer = if role == "owner" { role } else { "viewer" };
    format!(
        "INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
             VALUES ({a}, {user}, {organization}, '{outer}', {at});
         INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
             VALUES ({b}, {user}, {workspace}, {organization}, '{role}', {at});
         INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
             VALUES ({c}, {user}, {project}, {workspace}, '{role}', {at});"
    )
}

/// The kind of the entity of an id.
#[derive(Clone, Copy)]
enum Kind {
    Organization,
    Workspace,
    Project,
    Invitation,
    Member(RaceUser, u8),
}

/// The id of an entity in the `n`-th scope.
fn nth_uuid(kind: Kind, n: usize) -> Uuid {
    let kind: u128 = match kind {
        Kind::Organization => 1,
        Kind::Workspace => 2,
        Kind::Project => 3,
        Kind::Invitation => 4,
        Kind::Member(who, level) => 16 + (who as u128) * 4 + u128::from(level),
    };
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + (kind << 32) + n as u128)
}

/// The token of the link of the `n`-th scope.
fn token(n: usize) -> InvitationToken {
    InvitationToken::from_bytes((n as u128 + 1).to_be_bytes())
}

fn race_scope(n: usize) -> RaceScope {
    let id = |kind| nth_uuid(kind, n).to_string();
    RaceScope {
        n,
        organization: id(Kind::Organization),
        workspace: id(Kind::Workspace),
        project: id(Kind::Project),
        invitation: id(Kind::Invitation),
        token: token(n).expose_secret(),
    }
}
