//! Many members need no more round trips to the database than few.

use freehold_testkit::{Engine, TestApp, TestScope, TestUser, run_scenario};

use crate::members::add_member;

/// The number of round trips of one response, once all statements are prepared.
async fn round_trips(app: &TestApp, request: impl AsyncFn() -> u16) -> u64 {
    let checked = async || {
        let status = request().await;
        assert!((200..300).contains(&status), "{status}");
    };
    fewest_round_trips(app, checked).await
}

/// The lowest number of round trips of `request` in several runs: each connection
/// prepares its statements once, and background jobs count too.
pub(crate) async fn fewest_round_trips(app: &TestApp, mut request: impl AsyncFnMut()) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..4 {
        let before = app.app().store_round_trips();
        request().await;
        fewest = fewest.min(app.app().store_round_trips() - before);
    }
    fewest
}

async fn all_round_trips(app: &TestApp, ada: &TestUser, home: &TestScope, names: &str) -> [u64; 6] {
    let path = format!("/organizations/{}", home.organization);
    let bob = add_member(app, home, &format!("bob{names}"), "viewer").await;
    [
        round_trips(app, async || ada.get(&path).await.status()).await,
        round_trips(app, async || ada.get("/projects").await.status()).await,
        round_trips(app, async || {
            ada.assign_role(home, &bob.email, "editor").await.status()
        })
        .await,
        round_trips(app, async || {
            ada.unassign_role(home, &bob.email, "editor").await.status()
        })
        .await,
        round_trips(app, async || ada.create_project(home, "New").await.status()).await,
        round_trips(app, async || {
            ada.remove_member(home, "nobody@acme.test").await.status()
        })
        .await,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_trips_do_not_grow_with_the_number_of_members() {
    run_scenario(Engine::Postgres, |_| (), async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let few_members = all_round_trips(app, &ada, &home, "1").await;
        let (organization, workspace) = (app.sql_id(&home.organization), app.sql_id(&home.workspace));
        let sql = format!(
            "CREATE TEMPORARY TABLE crowd AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, 300) AS t(n);
             INSERT INTO users (id, email) SELECT id, 'user' || n || '@acme.test' FROM crowd;
             INSERT INTO organization_members (id, user_id, organization_id) SELECT id, id, {organization} FROM crowd;
             INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
                 SELECT id, id, {workspace}, {organization} FROM crowd;
             INSERT INTO project_members (id, user_id, project_id, workspace_id)
                 SELECT gen_random_uuid(), c.id, p.id, {workspace} FROM crowd c, projects p
                  WHERE p.workspace_id = {workspace};"
        );
        app.db().execute(&sql).await.unwrap();
        let many_members = all_round_trips(app, &ada, &home, "2").await;
        assert_eq!(ada.default_workspace_members(&home.organization).await.len(), 303);
        assert_eq!(many_members, few_members);
        assert!(few_members[0] <= 3 && few_members.iter().all(|round_trips| (1..=5).contains(round_trips)), "{few_members:?}");
    })
    .await;
}
