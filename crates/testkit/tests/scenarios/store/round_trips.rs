//! Many members cost no more trips to the database than few.

use freehold_testkit::{Engine, Person, Place, TestApp, tell};

use crate::members::joins;

/// What one answer costs in trips to the database, once everything is prepared.
async fn trips(app: &TestApp, ask: impl AsyncFn() -> u16) -> u64 {
    let checked = async || {
        let status = ask().await;
        assert!((200..300).contains(&status), "{status}");
    };
    fewest_trips(app, checked).await
}

/// The fewest trips that `ask` takes of a few times: each connection prepares
/// its statements once, and what runs in the background counts too.
pub(crate) async fn fewest_trips(app: &TestApp, mut ask: impl AsyncFnMut()) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..4 {
        let before = app.app().store_round_trips();
        ask().await;
        fewest = fewest.min(app.app().store_round_trips() - before);
    }
    fewest
}

async fn all_trips(app: &TestApp, ada: &Person, home: &Place, names: &str) -> [u64; 6] {
    let path = format!("/organizations/{}", home.organization);
    let bob = joins(app, home, &format!("bob{names}"), "viewer").await;
    [
        trips(app, async || ada.get(&path).await.status()).await,
        trips(app, async || ada.get("/projects").await.status()).await,
        trips(app, async || {
            ada.assigns(home, &bob.email, "editor").await.status()
        })
        .await,
        trips(app, async || {
            ada.unassigns(home, &bob.email, "editor").await.status()
        })
        .await,
        trips(app, async || ada.adds_project(home, "New").await.status()).await,
        trips(app, async || {
            ada.removes(home, "nobody@acme.test").await.status()
        })
        .await,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_takes_as_many_trips_for_three_hundred_members_as_for_three() {
    tell(Engine::Postgres, |_| (), async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let few = all_trips(app, &ada, &home, "1").await;
        let (organization, workspace) = (app.sql(&home.organization), app.sql(&home.workspace));
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
        app.db().raw(&sql).await.unwrap();
        let many = all_trips(app, &ada, &home, "2").await;
        assert_eq!(ada.members_of(&home.organization).await.len(), 303);
        assert_eq!(many, few);
        assert!(few[0] <= 3 && few.iter().all(|trips| (1..=5).contains(trips)), "{few:?}");
    })
    .await;
}
