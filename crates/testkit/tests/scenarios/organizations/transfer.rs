//! Transferring ownership: the two users exchange roles on three levels, and the
//! former owner is owner on none.

use std::time::Duration;

use freehold_testkit::{Engine, TestApp, TestUser, run_scenario, scenario};
use serde_json::json;

use super::UNKNOWN_ID;

const NOT_OWNER: &str = "Only the organization owner can transfer ownership";
const INVALID: &str = "Invalid organization or new owner for ownership transfer";

/// A user's roles in an organization, a workspace and a project, joined.
async fn roles(app: &TestApp, organization: &str, who: &TestUser) -> Vec<String> {
    let (organization, user) = (app.sql_id(organization), app.sql_id(&who.id));
    let sql = format!(
        "SELECT 'organization ' || role FROM organization_members
          WHERE organization_id = {organization} AND user_id = {user}
         UNION ALL SELECT 'workspace ' || role FROM workspace_members
          WHERE organization_id = {organization} AND user_id = {user}
         UNION ALL SELECT 'project ' || m.role FROM project_members m JOIN projects p ON p.id = m.project_id
          WHERE p.organization_id = {organization} AND m.user_id = {user}"
    );
    app.db().query_texts(&sql).await
}

fn roles_on_three_levels(outer: &str, middle: &str, inner: &str) -> Vec<String> {
    vec![
        format!("organization {outer}"),
        format!("workspace {middle}"),
        format!("project {inner}"),
    ]
}

scenario!(transfer_swaps_roles_on_three_levels, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let cleo = app.sign_up("cleo").await;
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "developer", "editor"])
        .await;
    app.insert_member(&home, &cleo, ["admin", "admin", "admin"])
        .await;
    let done = ada.transfer_organization(&home, &bob.id).await;
    done.expect_body(200, &json!({"organization_id": home, "owner_id": bob.id}));
    assert_eq!(
        roles(app, &home, &bob).await,
        roles_on_three_levels("owner", "owner", "owner")
    );
    assert_eq!(
        roles(app, &home, &ada).await,
        roles_on_three_levels("viewer", "developer", "editor")
    );
    assert_eq!(
        roles(app, &home, &cleo).await,
        roles_on_three_levels("admin", "admin", "admin")
    );

    // Bob has Ada's permissions at once.
    ada.rename_organization(&home, "Mine")
        .await
        .expect_status(403);
    let renamed = bob
        .rename_organization(&home, "Bob's")
        .await
        .expect_status(200);
    assert_eq!(renamed.json()["owner_id"], bob.id);
    assert_eq!(renamed.json()["created_by_id"], ada.id);
    ada.transfer_organization(&home, &ada.id)
        .await
        .expect_detail(403, NOT_OWNER);
    let project = ada.projects().await[0].clone();
    assert_eq!(project["user_role"], "editor");
    ada.post_empty("/keys").await.expect_status(403);
    bob.transfer_organization(&home, &ada.id)
        .await
        .expect_status(200);
    assert_eq!(
        roles(app, &home, &ada).await,
        roles_on_three_levels("owner", "owner", "owner")
    );
    assert_eq!(
        roles(app, &home, &bob).await,
        roles_on_three_levels("viewer", "developer", "editor")
    );
});

scenario!(transfer_leaves_no_owner_role_behind, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let user = app.sql_id(&bob.id);
    let home_sql = app.sql_id(&home);
    let sql = format!(
        "DELETE FROM workspace_members WHERE user_id = {user} AND organization_id = {home_sql}"
    );
    app.db().execute(&sql).await.unwrap();
    assert_eq!(roles(app, &home, &bob).await, ["organization viewer"]);
    ada.transfer_organization(&home, &bob.id)
        .await
        .expect_status(200);
    let left = roles(app, &home, &ada).await;
    assert!(left.iter().all(|role| !role.ends_with("owner")), "{left:?}");
    // The new owner has the role owner in all their scopes; as owner they have access
    // to all others.
    let got = roles(app, &home, &bob).await;
    assert!(got.iter().all(|role| role.ends_with("owner")), "{got:?}");
    bob.get(&format!("/organizations/{home}"))
        .await
        .expect_status(200);
});

scenario!(ownership_is_transferred_to_members_only, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    let before = app.db().row_counts().await;
    for new_owner in [bob.id.as_str(), UNKNOWN_ID, "nonsense"] {
        ada.transfer_organization(&home, new_owner)
            .await
            .expect_detail(400, INVALID);
        for other in [home.as_str(), UNKNOWN_ID, "nonsense"] {
            bob.transfer_organization(other, new_owner)
                .await
                .expect_detail(403, NOT_OWNER);
        }
    }
    assert_eq!(
        roles(app, &home, &ada).await,
        roles_on_three_levels("owner", "owner", "owner")
    );
    let mut after = app.db().row_counts().await;
    // Refusals are audited, and nothing else changed.
    assert!(after["audit_events"] >= before["audit_events"] + 9);
    after.insert("audit_events".to_owned(), before["audit_events"]);
    assert_eq!(after, before);
});

scenario!(self_transfer_changes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let before = app.db().row_counts().await;
    let done = ada.transfer_organization(&home, &ada.id).await;
    done.expect_body(200, &json!({"organization_id": home, "owner_id": ada.id}));
    assert_eq!(
        roles(app, &home, &ada).await,
        roles_on_three_levels("owner", "owner", "owner")
    );
    assert_eq!(app.db().row_counts().await, before);
});

scenario!(
    concurrent_transfers_leave_one_owner,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        let others = [app.sign_up("bob").await, app.sign_up("cleo").await];
        for round in 0..20 {
            let id = ada.create_organization(&format!("{round}")).await;
            for who in &others {
                app.insert_member(&id, who, ["viewer", "editor", "editor"])
                    .await;
            }
            let (one, other) = tokio::join!(
                ada.transfer_organization(&id, &others[0].id),
                ada.transfer_organization(&id, &others[1].id)
            );
            let mut both = [one.status(), other.status()];
            both.sort_unstable();
            assert_eq!(both, [200, 403], "{one}\n{other}");
            let winner = usize::from(one.status() != 200);
            assert_eq!(
                roles(app, &id, &others[winner]).await,
                roles_on_three_levels("owner", "owner", "owner")
            );
            assert_eq!(
                roles(app, &id, &others[1 - winner]).await,
                roles_on_three_levels("viewer", "editor", "editor")
            );
        }
    }
);

scenario!(deleting_the_creator_keeps_the_organization, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let second = ada.create_organization("Second").await;
    app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfer_organization(&second, &bob.id)
        .await
        .expect_status(200);
    // Ada is deleted with what she owns; foreign keys keep what Bob owns.
    let (user, home) = (
        app.sql_id(&ada.id),
        app.sql_id(ada.organizations().await[0]["id"].as_str().unwrap()),
    );
    let sql =
        format!("DELETE FROM organizations WHERE id = {home}; DELETE FROM users WHERE id = {user}");
    app.db().execute(&sql).await.unwrap();
    ada.get("/profile").await.expect_status(401);
    assert_eq!(
        bob.get(&format!("/organizations/{second}"))
            .await
            .expect_status(200)
            .json()["name"],
        "Second"
    );
    bob.delete_organization(&second).await.expect_status(200);
});

// SQLite has one writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_locks_users_before_the_organization() {
    run_scenario(
        Engine::Postgres,
        |_| (),
        async |app| {
            let ada = app.sign_up("ada").await;
            let bob = app.sign_up("bob").await;
            let home = ada.only_organization_id().await;
            app.insert_member(&home, &bob, ["viewer", "editor", "editor"])
                .await;
            for locked in [&ada, &bob] {
                let mut deletion = app.store().begin();
                let locked = locked.id.parse().unwrap();
                deletion.lock_and_read_users::<&str>(&[locked], &[]).await.unwrap();
                let waits = async {
                    let waiting = "SELECT count(*) FROM pg_stat_activity
                                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                    while app.db().query_number(waiting).await == 0 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    // A transaction that has locked a user can still lock what they own.
                    let id = app.sql_id(&home);
                    let sql = format!("SELECT id FROM organizations WHERE id = {id} FOR UPDATE NOWAIT");
                    app.db().execute(&sql).await.expect("the row is not locked");
                    drop(deletion);
                };
                let (transferred, ()) = tokio::join!(ada.transfer_organization(&home, &bob.id), waits);
                transferred.expect_status(200);
                bob.transfer_organization(&home, &ada.id).await.expect_status(200);
            }
        },
    )
    .await;
}
