//! Repeated requests with an `Idempotency-Key`, which are executed once.

use std::time::Duration;

use freehold_testkit::{ApiKey, PendingRequest, Response, TestApp, TestUser, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn create_organization(ada: &TestUser, key: &str, body: &Value) -> Response {
    ada.post("/organizations/", body)
        .header("idempotency-key", key)
        .await
}

async fn organizations(app: &TestApp) -> i64 {
    app.db()
        .query_number("SELECT count(*) FROM organizations")
        .await
}

scenario!(
    concurrent_requests_with_one_key_create_one_organization,
    async |app| {
        let ada = app.sign_up("ada").await;
        let body = json!({"name": "Second"});
        let responses = join_all((0..50).map(|_| create_organization(&ada, "k-1", &body))).await;
        assert_eq!(organizations(app).await, 2);
        let first = responses[0].text();
        let mut replayed = 0;
        for response in responses {
            assert_eq!(response.text(), first);
            replayed += i32::from(response.header("idempotency-replayed") == Some("true"));
            response.expect_status(201);
        }
        assert_eq!(replayed, 49);
    }
);

scenario!(
    response_is_stored_across_restarts_for_one_day,
    async |app| {
        let ada = app.sign_up("ada").await;
        let body = json!({"name": "Second"});
        let first = create_organization(&ada, "k-1", &body)
            .await
            .expect_status(201);
        app.restart(|_| ()).await;
        let second = create_organization(&ada, "k-1", &body)
            .await
            .expect_status(201);
        assert_eq!(second.text(), first.text());
        // With another credential of the same user, the response is replayed too.
        let key = ada.create_api_key().await;
        let third = key
            .post("/api/organizations", &body)
            .header("idempotency-key", "k-1")
            .await;
        assert_eq!(third.text(), first.text());
        assert_eq!(organizations(app).await, 2);

        app.clock().advance(Duration::from_secs(24 * 60 * 60));
        let ada = ada.with_tokens_from(ada.refresh_session().await);
        let fourth = create_organization(&ada, "k-1", &body)
            .await
            .expect_status(201);
        assert_ne!(fourth.text(), first.text());
        assert_eq!(organizations(app).await, 3);
    }
);

scenario!(different_request_with_the_same_key_conflicts, async |app| {
    let ada = app.sign_up("ada").await;
    create_organization(&ada, "k-1", &json!({"name": "Second"}))
        .await
        .expect_status(201);
    let conflict = "This Idempotency-Key was already used with a different request. Use a new key for a new request.";
    create_organization(&ada, "k-1", &json!({"name": "Third"}))
        .await
        .expect_detail(409, conflict);
    ada.post_empty("/keys")
        .header("idempotency-key", "k-1")
        .await
        .expect_detail(409, conflict);
    assert_eq!(organizations(app).await, 2);
    for bad in ["", "a b", &"k".repeat(256), "\u{e9}"] {
        let response = create_organization(&ada, bad, &json!({})).await;
        response.expect_detail(
            400,
            "An Idempotency-Key must have 1 to 255 visible ASCII characters.",
        );
    }
    // Another user may use the same key.
    let bob = app.sign_up("bob").await;
    create_organization(&bob, "k-1", &json!({"name": "Third"}))
        .await
        .expect_status(201);
});

scenario!(refusals_are_not_stored, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let delete = || {
        ada.delete(&format!("/organizations/{home}"))
            .header("idempotency-key", "k-1")
    };
    delete().await.expect_status(400);
    ada.create_organization("Second").await;
    delete().await.expect_status(200);
    // The organization is deleted, and the response is still replayed.
    let again = delete().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    again.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
    ada.delete_organization(&home).await.expect_status(403);
});

scenario!(
    new_api_key_is_replayed_and_not_stored_in_plain_text,
    async |app| {
        let ada = app.sign_up("ada").await;
        let request = || {
            ada.post_empty("/keys")
                .header("idempotency-key", "a-key-of-mine")
        };
        let first = request().await.expect_status(200);
        let responses = join_all((0..10).map(|_| request().into_future())).await;
        assert!(responses.iter().all(|again| again.text() == first.text()));
        let key = ApiKey::from_text(app.anonymous(), first.json().as_str().unwrap());
        key.get("/profile").await.expect_status(200);
        assert_eq!(
            app.db().query_number("SELECT count(*) FROM api_keys").await,
            1
        );
        let (_, secret) = key.text.split_once('.').unwrap();
        assert_eq!(
            app.db().tables_containing(secret).await,
            Vec::<String>::new()
        );
        assert_eq!(
            app.db().tables_containing("a-key-of-mine").await,
            Vec::<String>::new()
        );
    }
);

scenario!(every_write_can_be_repeated, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let (home, second) = (
        ada.only_organization_id().await,
        ada.create_organization("Second").await,
    );
    app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let key = ada.create_api_key().await;
    let name = json!({"name": "Again", "username": "ada2"});
    let rename = || ada.put("/profile/username", &name);
    let patch = || ada.patch(&format!("/organizations/{home}"), &name);
    let put = || ada.put(&format!("/organizations/{home}"), &name);
    let delete = || ada.delete(&format!("/keys/{}", key.prefix()));
    let transfer_ownership =
        || ada.post_empty(&format!("/organizations/{second}/transfer/{}", bob.id));
    let writes: [&dyn Fn() -> PendingRequest; 5] =
        [&rename, &patch, &put, &delete, &transfer_ownership];
    for (n, request) in writes.into_iter().enumerate() {
        let key = format!("write-{n}");
        let first = request()
            .header("idempotency-key", &key)
            .await
            .expect_status(200);
        let before = app.db().row_counts().await;
        app.clock().advance(Duration::from_secs(1));
        let again = request()
            .header("idempotency-key", &key)
            .await
            .expect_status(200);
        assert_eq!(again.text(), first.text());
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{again}"
        );
        assert_eq!(app.db().row_counts().await, before);
    }
});
