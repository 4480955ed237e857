//! Handing an organization over: roles are exchanged on three levels, and the
//! old owner is owner nowhere.

use std::time::Duration;

use freehold_testkit::{Engine, Person, TestApp, story, tell};
use serde_json::json;

use super::NOWHERE;

const NOT_YOURS: &str = "Only the organization owner can transfer ownership";
const INVALID: &str = "Invalid organization or new owner for ownership transfer";

/// Somebody's roles in an organization, a workspace and a project, joined.
async fn roles(app: &TestApp, organization: &str, who: &Person) -> Vec<String> {
    let (organization, user) = (app.sql(organization), app.sql(&who.id));
    let sql = format!(
        "SELECT 'organization ' || role FROM organization_members
          WHERE organization_id = {organization} AND user_id = {user}
         UNION ALL SELECT 'workspace ' || role FROM workspace_members
          WHERE organization_id = {organization} AND user_id = {user}
         UNION ALL SELECT 'project ' || m.role FROM project_members m JOIN projects p ON p.id = m.project_id
          WHERE p.organization_id = {organization} AND m.user_id = {user}"
    );
    app.db().texts(&sql).await
}

fn thrice(outer: &str, middle: &str, inner: &str) -> Vec<String> {
    vec![
        format!("organization {outer}"),
        format!("workspace {middle}"),
        format!("project {inner}"),
    ]
}

story!(roles_are_exchanged_on_three_levels, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let cleo = app.person("cleo").await;
    let home = ada.home().await;
    app.adds_member(&home, &bob, ["viewer", "developer", "editor"])
        .await;
    app.adds_member(&home, &cleo, ["admin", "admin", "admin"])
        .await;
    let done = ada.transfers(&home, &bob.id).await;
    done.expect_body(200, &json!({"organization_id": home, "owner_id": bob.id}));
    assert_eq!(
        roles(app, &home, &bob).await,
        thrice("owner", "owner", "owner")
    );
    assert_eq!(
        roles(app, &home, &ada).await,
        thrice("viewer", "developer", "editor")
    );
    assert_eq!(
        roles(app, &home, &cleo).await,
        thrice("admin", "admin", "admin")
    );

    // What was Ada's to do is Bob's now, at once.
    ada.renames(&home, "Mine").await.expect(403);
    let renamed = bob.renames(&home, "Bob's").await.expect(200);
    assert_eq!(renamed.json()["owner_id"], bob.id);
    assert_eq!(renamed.json()["created_by_id"], ada.id);
    ada.transfers(&home, &ada.id)
        .await
        .expect_detail(403, NOT_YOURS);
    let project = ada.projects().await[0].clone();
    assert_eq!(project["user_role"], "editor");
    ada.post_nothing("/keys").await.expect(403);
    bob.transfers(&home, &ada.id).await.expect(200);
    assert_eq!(
        roles(app, &home, &ada).await,
        thrice("owner", "owner", "owner")
    );
    assert_eq!(
        roles(app, &home, &bob).await,
        thrice("viewer", "developer", "editor")
    );
});

story!(
    a_transfer_leaves_no_owner_behind_where_only_one_is_a_member,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["viewer", "viewer", "viewer"])
            .await;
        let user = app.sql(&bob.id);
        let home_sql = app.sql(&home);
        let sql = format!(
            "DELETE FROM workspace_members WHERE user_id = {user} AND organization_id = {home_sql}"
        );
        app.db().raw(&sql).await.unwrap();
        assert_eq!(roles(app, &home, &bob).await, ["organization viewer"]);
        ada.transfers(&home, &bob.id).await.expect(200);
        let left = roles(app, &home, &ada).await;
        assert!(left.iter().all(|role| !role.ends_with("owner")), "{left:?}");
        // The new owner is owner wherever they are; as owner they are let in everywhere.
        let got = roles(app, &home, &bob).await;
        assert!(got.iter().all(|role| role.ends_with("owner")), "{got:?}");
        bob.get(&format!("/organizations/{home}")).await.expect(200);
    }
);

story!(only_members_get_an_organization, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let home = ada.home().await;
    let before = app.db().row_counts().await;
    for nobody in [bob.id.as_str(), NOWHERE, "nonsense"] {
        ada.transfers(&home, nobody)
            .await
            .expect_detail(400, INVALID);
        for other in [home.as_str(), NOWHERE, "nonsense"] {
            bob.transfers(other, nobody)
                .await
                .expect_detail(403, NOT_YOURS);
        }
    }
    assert_eq!(
        roles(app, &home, &ada).await,
        thrice("owner", "owner", "owner")
    );
    let mut after = app.db().row_counts().await;
    // Refusals are on record, and nothing else happened.
    assert!(after["audit_events"] >= before["audit_events"] + 9);
    after.insert("audit_events".to_owned(), before["audit_events"]);
    assert_eq!(after, before);
});

story!(to_oneself_it_changes_nothing, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let before = app.db().row_counts().await;
    let done = ada.transfers(&home, &ada.id).await;
    done.expect_body(200, &json!({"organization_id": home, "owner_id": ada.id}));
    assert_eq!(
        roles(app, &home, &ada).await,
        thrice("owner", "owner", "owner")
    );
    assert_eq!(app.db().row_counts().await, before);
});

story!(
    two_transfers_at_once_leave_one_owner,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        let others = [app.person("bob").await, app.person("cleo").await];
        for round in 0..20 {
            let id = ada.founds(&format!("{round}")).await;
            for who in &others {
                app.adds_member(&id, who, ["viewer", "editor", "editor"])
                    .await;
            }
            let (one, other) = tokio::join!(
                ada.transfers(&id, &others[0].id),
                ada.transfers(&id, &others[1].id)
            );
            let mut both = [one.status(), other.status()];
            both.sort_unstable();
            assert_eq!(both, [200, 403], "{one}\n{other}");
            let winner = usize::from(one.status() != 200);
            assert_eq!(
                roles(app, &id, &others[winner]).await,
                thrice("owner", "owner", "owner")
            );
            assert_eq!(
                roles(app, &id, &others[1 - winner]).await,
                thrice("viewer", "editor", "editor")
            );
        }
    }
);

story!(whoever_only_founded_it_can_go_and_it_stays, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfers(&second, &bob.id).await.expect(200);
    // Ada goes, with what is hers; the database itself keeps what is Bob's.
    let (user, home) = (
        app.sql(&ada.id),
        app.sql(ada.organizations().await[0]["id"].as_str().unwrap()),
    );
    let sql =
        format!("DELETE FROM organizations WHERE id = {home}; DELETE FROM users WHERE id = {user}");
    app.db().raw(&sql).await.unwrap();
    ada.get("/profile").await.expect(401);
    assert_eq!(
        bob.get(&format!("/organizations/{second}"))
            .await
            .expect(200)
            .json()["name"],
        "Second"
    );
    bob.deletes(&second).await.expect(200);
});

// On SQLite there is one writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_people_before_the_organization() {
    tell(
        Engine::Postgres,
        |_| (),
        async |app| {
            let ada = app.person("ada").await;
            let bob = app.person("bob").await;
            let home = ada.home().await;
            app.adds_member(&home, &bob, ["viewer", "editor", "editor"])
                .await;
            for held in [&ada, &bob] {
                let mut deletion = app.store().begin();
                let held = held.id.parse().unwrap();
                deletion.lock_and_read_users::<&str>(&[held], &[]).await.unwrap();
                let waits = async {
                    let waiting = "SELECT count(*) FROM pg_stat_activity
                                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                    while app.db().number(waiting).await == 0 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    // Whoever holds somebody can still hold what they own.
                    let id = app.sql(&home);
                    let sql = format!("SELECT id FROM organizations WHERE id = {id} FOR UPDATE NOWAIT");
                    app.db().raw(&sql).await.expect("nobody holds it");
                    drop(deletion);
                };
                let (handed, ()) = tokio::join!(ada.transfers(&home, &bob.id), waits);
                handed.expect(200);
                bob.transfers(&home, &ada.id).await.expect(200);
            }
        },
    )
    .await;
}
