//! A small database, all well: what other stories break.
//!
//! Ada owns Acme, where Bob is a member all the way down; Cleo is nowhere.
//! Written in SQL, for nothing above the schema is asked here.

use freehold_testkit::TestDatabase;
use uuid::Uuid;

/// Ids in SQL, ready to be put into a statement.
pub(crate) struct Town {
    pub(crate) ada: String,
    pub(crate) bob: String,
    pub(crate) cleo: String,
    pub(crate) acme: String,
    pub(crate) workspace: String,
    pub(crate) project: String,
    pub(crate) ada_in_acme: String,
    pub(crate) bob_in_acme: String,
    pub(crate) bob_in_workspace: String,
    pub(crate) bob_in_project: String,
    pub(crate) key: String,
}

/// The `n`-th id of the story, in SQL.
pub(crate) fn id(db: &TestDatabase, n: u128) -> String {
    db.uuid(number(n))
}

/// The `n`-th id of the story.
pub(crate) fn number(n: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// The hash that fits a password nobody has.
pub(crate) const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Town {
    pub(crate) async fn build(db: &TestDatabase) -> Town {
        let town = Town {
            ada: id(db, 1),
            bob: id(db, 2),
            cleo: id(db, 3),
            acme: id(db, 10),
            workspace: id(db, 20),
            project: id(db, 30),
            ada_in_acme: id(db, 41),
            bob_in_acme: id(db, 42),
            bob_in_workspace: id(db, 52),
            bob_in_project: id(db, 62),
            key: id(db, 70),
        };
        let Town {
            ada,
            bob,
            cleo,
            acme,
            workspace,
            project,
            ada_in_acme,
            bob_in_acme,
            bob_in_workspace,
            bob_in_project,
            key,
        } = &town;
        let (ada_in_workspace, ada_in_project) = (id(db, 51), id(db, 61));
        let (identity, session, resource) = (id(db, 80), id(db, 81), id(db, 82));
        let (event, letter, invitation) = (id(db, 83), id(db, 84), id(db, 85));
        let (token, hex) = (db.bytes(&[7; 32]), "0a".repeat(32));
        let (past, soon) = (at(db, 1_760_000_000), at(db, 4_000_000_000));
        db.raw(&format!(
            "INSERT INTO users (id, email) VALUES
                 ({ada}, 'ada@acme.test'), ({bob}, 'bob@acme.test'), ({cleo}, 'cleo@else.test');
             INSERT INTO user_identities (id, user_id, method, subject, domain)
                 VALUES ({identity}, {ada}, 'email:password', 'ada@acme.test', 'acme.test');
             INSERT INTO passwords (user_id, hash, changed_at) VALUES ({ada}, '{HASH}', {past});
             INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, expires_at, identities, created_at)
                 VALUES ({session}, {ada}, {token}, {past}, {soon}, '[]', {past});
             INSERT INTO organizations (id, name, flags, owner_id)
                 VALUES ({acme}, 'Acme', '{{\"is_demo\": false}}', {ada});
             INSERT INTO organization_members (id, user_id, organization_id, role) VALUES
                 ({ada_in_acme}, {ada}, {acme}, 'owner'), ({bob_in_acme}, {bob}, {acme}, 'viewer');
             INSERT INTO workspaces (id, name, organization_id) VALUES ({workspace}, 'Default', {acme});
             INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role) VALUES
                 ({ada_in_workspace}, {ada}, {workspace}, {acme}, 'owner'),
                 ({bob_in_workspace}, {bob}, {workspace}, {acme}, 'editor');
             INSERT INTO projects (id, project_name, is_default, organization_id, workspace_id)
                 VALUES ({project}, 'Default', true, {acme}, {workspace});
             INSERT INTO project_members (id, user_id, project_id, workspace_id, role) VALUES
                 ({ada_in_project}, {ada}, {project}, {workspace}, 'owner'),
                 ({bob_in_project}, {bob}, {project}, {workspace}, 'editor');
             INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
                 VALUES ({key}, 'aB3dE6gH', 'aB3dE6gH.{hex}', {project}, {bob});
             INSERT INTO resources (id, project_id, kind, slug, data)
                 VALUES ({resource}, {project}, 'testset', 'first', '{{\"rows\": []}}');
             INSERT INTO project_invitations
                    (id, token, email, role, project_id, workspace_id, organization_id, issuer_id)
                 VALUES ({invitation}, '{hex}', 'dora@else.test', 'viewer', {project}, {workspace},
                         {acme}, {ada});
             INSERT INTO audit_events (id, at, action, actor_kind)
                 VALUES ({event}, {past}, 'organization.created', 'user');
             INSERT INTO outbox (id, topic, payload, created_at, available_at)
                 VALUES ({letter}, 'letter', '{{}}', {past}, {soon});"
        ))
        .await
        .unwrap();
        town
    }
}

/// So many seconds after 1970, in SQL.
pub(crate) fn at(db: &TestDatabase, seconds: i64) -> String {
    db.time(freehold_domain::Timestamp::from_micros(seconds * 1_000_000))
}
