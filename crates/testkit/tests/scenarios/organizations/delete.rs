//! Deleting organizations: who may, what is deleted with one, and that no user
//! loses the last one in concurrent requests.

use freehold_app::Engine;
use freehold_testkit::{TestApp, TestDatabase, TestUser, scenario};
use serde_json::json;

use super::UNKNOWN_ID;

const FORBIDDEN: &str = "You do not have permission to perform this action";
const LAST_ORGANIZATION: &str =
    "Cannot delete your last organization. You must have at least one organization.";

scenario!(deleting_an_organization_deletes_its_contents, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let before = app.db().row_counts().await;
    let second = ada.create_organization("Second").await;
    app.insert_member(&second, &bob, ["viewer", "admin", "admin"])
        .await;
    let project = ada.projects().await[1]["project_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let keys = [
        ada.create_api_key_at(&format!("/keys?project_id={project}"))
            .await,
        bob.create_api_key_at(&format!("/keys?project_id={project}"))
            .await,
    ];
    ada.delete_organization("nonsense")
        .await
        .expect_detail(400, "badly formed hexadecimal UUID string");
    ada.delete_organization(UNKNOWN_ID)
        .await
        .expect_detail(403, FORBIDDEN);
    bob.delete_organization(&second)
        .await
        .expect_detail(403, FORBIDDEN);

    let done = ada.delete_organization(&second).await;
    done.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
    for key in &keys {
        key.get("/organizations/").await.expect_status(401);
    }
    ada.delete_organization(&second)
        .await
        .expect_detail(403, FORBIDDEN);
    ada.get(&format!("/organizations/{second}"))
        .await
        .expect_status(403);
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

scenario!(last_owned_organization_cannot_be_deleted, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(
        &bob.only_organization_id().await,
        &ada,
        ["admin", "admin", "admin"],
    )
    .await;
    let home = ada.organizations().await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ada.delete_organization(&home)
        .await
        .expect_detail(400, LAST_ORGANIZATION);
    ada.create_organization("Second").await;
    ada.delete_organization(&home).await.expect_status(200);
});

/// Ada, owning two organizations.
async fn two_owned_organizations(ada: &TestUser) -> [String; 2] {
    let mut all = ada.organizations().await;
    if all.len() < 2 {
        ada.create_organization("again").await;
        all = ada.organizations().await;
    }
    [0, 1].map(|n| all[n]["id"].as_str().unwrap().to_owned())
}

scenario!(
    concurrent_deletions_keep_the_last_organization,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        let second_key = ada.create_api_key_at("/keys").await;
        let mut key = second_key;
        for _ in 0..100 {
            let [a, b] = two_owned_organizations(&ada).await;
            let path = |id: &str| format!("/organizations/{id}");
            let (one, other) = tokio::join!(
                ada.delete(&path(&a)).into_future(),
                key.delete(&path(&b)).into_future()
            );
            let mut both = [one.status(), other.status()];
            both.sort_unstable();
            // An API key of a deleted organization is invalid.
            assert!(both == [200, 400] || both == [200, 401], "{one}\n{other}");
            assert_eq!(ada.organizations().await.len(), 1);
            if key.get("/profile").await.status() == 401 {
                key = ada.create_api_key().await;
            }
        }
    }
);

/// Counts and deletes without a lock, as the bare driver would.
async fn delete_without_lock(db: &TestDatabase, owner: &str, organization: &str) {
    let owned = format!("SELECT count(*) FROM organizations WHERE owner_id = {owner}");
    if db.query_number(&owned).await > 1 {
        let delete = format!("DELETE FROM organizations WHERE id = {organization}");
        db.execute(&delete).await.unwrap();
    }
}

/// What the test above would see without a lock: no organization left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_without_lock_both_deletions_succeed() {
    let app = TestApp::start(Engine::Postgres, |_| (), freehold_app::Extensions::none()).await;
    let ada = app.sign_up("ada").await;
    let mut lost = 0;
    for _ in 0..100 {
        let [a, b] = two_owned_organizations(&ada)
            .await
            .map(|id| app.sql_id(&id));
        let owner = app.sql_id(&ada.id);
        tokio::join!(
            delete_without_lock(app.db(), &owner, &a),
            delete_without_lock(app.db(), &owner, &b)
        );
        if ada.organizations().await.is_empty() {
            lost += 1;
            ada.create_organization("again").await;
        }
    }
    assert!(lost > 0, "the test cannot see the race that it is about");
    app.finish().await;
}
