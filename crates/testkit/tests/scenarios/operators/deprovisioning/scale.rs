//! Large deletions, and concurrent ones.

use freehold_testkit::{Engine, TestApp, run_scenario, scenario};
use serde_json::json;

use super::{counts, delete_as_operator};
use crate::store::round_trips::fewest_round_trips;

/// Inserts members into an organization's first workspace and project in SQL.
async fn insert_members(app: &TestApp, organization: &str, members: u32) {
    let organization = app.sql_id(organization);
    let numbers = match app.db().engine() {
        Engine::Sqlite => format!(
            "CREATE TABLE crowd AS
             WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {members})
             SELECT randomblob(16) AS id, n FROM t;"
        ),
        Engine::Postgres => format!(
            "CREATE TABLE crowd AS
             SELECT gen_random_uuid() AS id, n FROM generate_series(1, {members}) AS t(n);"
        ),
    };
    let sql = format!(
        "{numbers}
         INSERT INTO users (id, email) SELECT id, 'crowd' || n || '@acme.test' FROM crowd;
         INSERT INTO organization_members (id, user_id, organization_id, role)
             SELECT id, id, {organization}, 'viewer' FROM crowd;
         INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role)
             SELECT c.id, c.id, w.id, {organization}, 'editor' FROM crowd c, workspaces w
              WHERE w.organization_id = {organization};
         INSERT INTO project_members (id, user_id, project_id, workspace_id, role)
             SELECT c.id, c.id, p.id, p.workspace_id, 'editor' FROM crowd c, projects p
              WHERE p.organization_id = {organization};
         INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
             SELECT c.id, 'crowd' || n, 'crowd' || n || '.' || '{hash}', p.id, c.id
               FROM crowd c, projects p WHERE p.organization_id = {organization};
         DROP TABLE crowd;",
        hash = "0".repeat(64),
    );
    app.db().execute(&sql).await.unwrap();
}

scenario!(
    organization_with_ten_thousand_members_is_deleted,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let home = bob.default_scope().await;
        let before = counts(app).await;
        let second = ada.create_organization("Second").await;
        insert_members(app, &second, 10_000).await;
        let before_it = app.app().store_round_trips();
        delete_as_operator(app, &format!("/organizations/{second}"))
            .await
            .expect_status(200);
        // No statement per row, but a few for preparation and background jobs.
        let trips = app.app().store_round_trips() - before_it;
        assert!(trips < 100, "{trips}");
        let mut after = counts(app).await;
        assert_eq!(after["users"], before["users"] + 10_000);
        after.insert("users".to_owned(), before["users"]);
        assert_eq!(after, before);
        assert_eq!(bob.default_scope().await.project, home.project);
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_trips_do_not_grow_with_the_number_of_targets() {
    run_scenario(
        Engine::Postgres,
        |_| (),
        async |app| {
            let ada = app.sign_up("ada").await;
            insert_members(app, &ada.only_organization_id().await, 4 * (3 + 300)).await;
            let mut trips = Vec::new();
            let mut deleted = 0;
            for count in [3, 300] {
                let request = async || {
                    let names = deleted + 1..=deleted + count;
                    deleted += count;
                    let emails: Vec<_> = names.map(|n| format!("crowd{n}@acme.test")).collect();
                    let body = json!({"dry_run": false, "target": {"user_emails": emails}});
                    let response = app.operator().delete("/admin/accounts/").json(&body).await;
                    let users = response.expect_status(200).json()["deleted"]["users"].clone();
                    assert_eq!(users.as_array().unwrap().len(), count);
                };
                trips.push(fewest_round_trips(app, request).await);
            }
            assert!(trips[0] <= 4, "{trips:?}");
            assert_eq!(trips[1], trips[0], "{trips:?}");
            assert_eq!(app.db().query_number("SELECT count(*) FROM users").await, 1);
        },
    )
    .await;
}

scenario!(
    concurrent_transfer_and_delete_are_consistent,
    |settings| settings.seeds = false,
    async |app| {
        let bob = app.sign_up("bob").await;
        for round in 0..20 {
            let ada = app.sign_up(&format!("ada{round}")).await;
            let home = ada.only_organization_id().await;
            app.insert_member(&home, &bob, ["viewer", "editor", "editor"])
                .await;
            let path = format!("/users/{}", ada.id);
            let (transfer, deletion) = tokio::join!(
                ada.transfer_organization(&home, &bob.id),
                delete_as_operator(app, &path)
            );
            let deletion = deletion.expect_status(200);
            let with_it = !deletion.json()["deleted"]["organizations"].is_null();
            // The first request deletes; the other finds it deleted.
            assert_eq!(transfer.status() == 200, !with_it, "{transfer}\n{deletion}");
            let sql = format!(
                "SELECT count(*) FROM organizations WHERE id = {}",
                app.sql_id(&home)
            );
            assert_eq!(app.db().query_number(&sql).await, i64::from(!with_it));
        }
    }
);

scenario!(
    new_owner_is_not_deleted_with_the_former_owner,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        for round in 0..20 {
            let id = ada.create_organization(&format!("{round}")).await;
            let bob = app.sign_up(&format!("bob{round}")).await;
            app.insert_member(&id, &bob, ["viewer", "editor", "editor"])
                .await;
            let path = format!("/users/{}", bob.id);
            let (transfer, deletion) = tokio::join!(
                ada.transfer_organization(&id, &bob.id),
                delete_as_operator(app, &path)
            );
            let deletion = deletion.expect_status(200);
            let deleted = deletion.json()["deleted"]["organizations"].as_array();
            let with_it = deleted.is_some_and(|all| all.contains(&json!({"id": id})));
            assert_eq!(transfer.status() == 200, with_it, "{transfer}\n{deletion}");
        }
    }
);
