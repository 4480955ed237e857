//! Deleting organizations: who may, what goes with it, and that nobody loses
//! the last one, however fast they are.

use freehold_app::Engine;
use freehold_testkit::{Person, TestApp, TestDatabase, story};
use serde_json::json;

use super::NOWHERE;

const FORBIDDEN: &str = "You do not have permission to perform this action";
const LAST: &str = "Cannot delete your last organization. You must have at least one organization.";

story!(an_organization_goes_with_all_that_is_in_it, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let before = app.db().row_counts().await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "admin", "admin"])
        .await;
    let project = ada.projects().await[1]["project_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let keys = [
        ada.adds_key_at(&format!("/keys?project_id={project}"))
            .await,
        bob.adds_key_at(&format!("/keys?project_id={project}"))
            .await,
    ];
    ada.deletes("nonsense")
        .await
        .expect_detail(400, "badly formed hexadecimal UUID string");
    ada.deletes(NOWHERE).await.expect_detail(403, FORBIDDEN);
    bob.deletes(&second).await.expect_detail(403, FORBIDDEN);

    let done = ada.deletes(&second).await;
    done.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
    for key in &keys {
        key.get("/organizations/").await.expect(401);
    }
    ada.deletes(&second).await.expect_detail(403, FORBIDDEN);
    ada.get(&format!("/organizations/{second}"))
        .await
        .expect(403);
    assert_eq!(bob.organizations().await.len(), 1);
    ada.get(&format!("/profile?project_id={project}"))
        .await
        .expect_detail(401, "Unauthorized");

    let after = app.db().row_counts().await;
    for table in before
        .keys()
        .filter(|table| !["audit_events", "outbox"].contains(&table.as_str()))
    {
        assert_eq!(after[table], before[table], "{table}");
    }
});

story!(
    the_last_one_stays_whatever_one_is_a_member_of,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        app.adds_member(&bob.home().await, &ada, ["admin", "admin", "admin"])
            .await;
        let home = ada.organizations().await[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        ada.deletes(&home).await.expect_detail(400, LAST);
        ada.founds("Second").await;
        ada.deletes(&home).await.expect(200);
    }
);

/// Ada again, owning two organizations.
async fn two(ada: &Person) -> [String; 2] {
    let mut all = ada.organizations().await;
    if all.len() < 2 {
        ada.founds("again").await;
        all = ada.organizations().await;
    }
    [0, 1].map(|n| all[n]["id"].as_str().unwrap().to_owned())
}

story!(
    of_two_deletions_at_once_one_leaves_the_last,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        let other_door = ada.adds_key_at("/keys").await;
        let mut key = other_door;
        for _ in 0..100 {
            let [a, b] = two(&ada).await;
            let path = |id: &str| format!("/organizations/{id}");
            let (one, other) = tokio::join!(
                ada.delete(&path(&a)).into_future(),
                key.delete(&path(&b)).into_future()
            );
            let mut both = [one.status(), other.status()];
            both.sort_unstable();
            // A key of an organization that goes first opens nothing any more.
            assert!(both == [200, 400] || both == [200, 401], "{one}\n{other}");
            assert_eq!(ada.organizations().await.len(), 1);
            if key.get("/profile").await.status() == 401 {
                key = ada.adds_key().await;
            }
        }
    }
);

/// Counting and deleting without a lock, as the bare driver would do it.
async fn counts_then_deletes(db: &TestDatabase, owner: &str, organization: &str) {
    let owned = format!("SELECT count(*) FROM organizations WHERE owner_id = {owner}");
    if db.number(&owned).await > 1 {
        let delete = format!("DELETE FROM organizations WHERE id = {organization}");
        db.raw(&delete).await.unwrap();
    }
}

/// What the story above would see if nobody took a lock: no organization left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_lock_two_deletions_leave_nothing() {
    let app = TestApp::start(Engine::Postgres, |_| (), freehold_app::Extensions::none()).await;
    let ada = app.person("ada").await;
    let mut lost = 0;
    for _ in 0..100 {
        let [a, b] = two(&ada).await.map(|id| app.sql(&id));
        let owner = app.sql(&ada.id);
        tokio::join!(
            counts_then_deletes(app.db(), &owner, &a),
            counts_then_deletes(app.db(), &owner, &b)
        );
        if ada.organizations().await.is_empty() {
            lost += 1;
            ada.founds("again").await;
        }
    }
    assert!(lost > 0, "the test cannot see the race that it is about");
    app.finish().await;
}
