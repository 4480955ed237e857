//! Ask twice, do once: `Idempotency-Key`.

use std::time::Duration;

use freehold_testkit::{Answer, ApiKey, Ask, Person, TestApp, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn founds(ada: &Person, key: &str, body: &Value) -> Answer {
    ada.post("/organizations/", body)
        .header("idempotency-key", key)
        .await
}

async fn organizations(app: &TestApp) -> i64 {
    app.db().number("SELECT count(*) FROM organizations").await
}

story!(
    fifty_at_once_with_one_key_found_one_organization,
    async |app| {
        let ada = app.person("ada").await;
        let body = json!({"name": "Second"});
        let answers = join_all((0..50).map(|_| founds(&ada, "k-1", &body))).await;
        assert_eq!(organizations(app).await, 2);
        let first = answers[0].text();
        let mut replayed = 0;
        for answer in answers {
            assert_eq!(answer.text(), first);
            replayed += i32::from(answer.header("idempotency-replayed") == Some("true"));
            answer.expect(201);
        }
        assert_eq!(replayed, 49);
    }
);

story!(
    the_answer_is_kept_over_a_restart_and_for_a_day,
    async |app| {
        let ada = app.person("ada").await;
        let body = json!({"name": "Second"});
        let first = founds(&ada, "k-1", &body).await.expect(201);
        app.restart(|_| ()).await;
        let second = founds(&ada, "k-1", &body).await.expect(201);
        assert_eq!(second.text(), first.text());
        // By whichever credential, it is the same person asking.
        let key = ada.adds_key().await;
        let third = key
            .post("/api/organizations", &body)
            .header("idempotency-key", "k-1")
            .await;
        assert_eq!(third.text(), first.text());
        assert_eq!(organizations(app).await, 2);

        app.clock().pass(Duration::from_secs(24 * 60 * 60));
        let ada = ada.with_tokens_of(ada.refreshes().await);
        let fourth = founds(&ada, "k-1", &body).await.expect(201);
        assert_ne!(fourth.text(), first.text());
        assert_eq!(organizations(app).await, 3);
    }
);

story!(
    another_request_with_the_same_key_is_a_mistake,
    async |app| {
        let ada = app.person("ada").await;
        founds(&ada, "k-1", &json!({"name": "Second"}))
            .await
            .expect(201);
        let conflict = "This Idempotency-Key was already used with a different request. Use a new key for a new request.";
        founds(&ada, "k-1", &json!({"name": "Third"}))
            .await
            .expect_detail(409, conflict);
        ada.post_nothing("/keys")
            .header("idempotency-key", "k-1")
            .await
            .expect_detail(409, conflict);
        assert_eq!(organizations(app).await, 2);
        for bad in ["", "a b", &"k".repeat(256), "\u{e9}"] {
            let answer = founds(&ada, bad, &json!({})).await;
            answer.expect_detail(
                400,
                "An Idempotency-Key has 1 to 255 visible ASCII characters.",
            );
        }
        // The keys of others are others'.
        let bob = app.person("bob").await;
        founds(&bob, "k-1", &json!({"name": "Third"}))
            .await
            .expect(201);
    }
);

story!(a_refusal_is_not_kept, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let deletes = || {
        ada.delete(&format!("/organizations/{home}"))
            .header("idempotency-key", "k-1")
    };
    deletes().await.expect(400);
    ada.founds("Second").await;
    deletes().await.expect(200);
    // The organization is gone, and still the answer is the same.
    let again = deletes().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    again.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
    ada.deletes(&home).await.expect(403);
});

story!(a_new_key_is_told_again_and_kept_nowhere, async |app| {
    let ada = app.person("ada").await;
    let ask = || {
        ada.post_nothing("/keys")
            .header("idempotency-key", "a-key-of-mine")
    };
    let first = ask().await.expect(200);
    let answers = join_all((0..10).map(|_| ask().into_future())).await;
    assert!(answers.iter().all(|again| again.text() == first.text()));
    let key = ApiKey::of(app.stranger(), first.json().as_str().unwrap());
    key.get("/profile").await.expect(200);
    assert_eq!(app.db().number("SELECT count(*) FROM api_keys").await, 1);
    let (_, secret) = key.text.split_once('.').unwrap();
    assert_eq!(app.db().mentions(secret).await, Vec::<String>::new());
    assert_eq!(
        app.db().mentions("a-key-of-mine").await,
        Vec::<String>::new()
    );
});

story!(every_write_can_be_repeated, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let (home, second) = (ada.home().await, ada.founds("Second").await);
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let key = ada.adds_key().await;
    let name = json!({"name": "Again", "username": "ada2"});
    let rename = || ada.put("/profile/username", &name);
    let patch = || ada.patch(&format!("/organizations/{home}"), &name);
    let put = || ada.put(&format!("/organizations/{home}"), &name);
    let delete = || ada.delete(&format!("/keys/{}", key.prefix()));
    let transfer_ownership =
        || ada.post_nothing(&format!("/organizations/{second}/transfer/{}", bob.id));
    let writes: [&dyn Fn() -> Ask; 5] = [&rename, &patch, &put, &delete, &transfer_ownership];
    for (n, ask) in writes.into_iter().enumerate() {
        let key = format!("write-{n}");
        let first = ask().header("idempotency-key", &key).await.expect(200);
        let before = app.db().row_counts().await;
        app.clock().pass(Duration::from_secs(1));
        let again = ask().header("idempotency-key", &key).await.expect(200);
        assert_eq!(again.text(), first.text());
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{again}"
        );
        assert_eq!(app.db().row_counts().await, before);
    }
});
