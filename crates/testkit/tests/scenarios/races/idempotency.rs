//! The same command at the same time, with one idempotency key.

use freehold_testkit::story;
use futures_util::future::join_all;
use serde_json::json;

story!(a_command_repeated_at_once_is_answered_alike, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    for round in 0..10 {
        let third = ada.founds("Third").await;
        let deletions = (0..8).map(|_| {
            ada.delete(&format!("/organizations/{third}"))
                .header("idempotency-key", &format!("delete-{round}"))
                .into_future()
        });
        for answer in join_all(deletions).await {
            answer.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
        }
    }
    let transfers = (0..8).map(|_| {
        ada.post_nothing(&format!("/organizations/{second}/transfer/{}", bob.id))
            .header("idempotency-key", "transfer-1")
            .into_future()
    });
    for answer in join_all(transfers).await {
        answer.expect_body(200, &json!({"organization_id": second, "owner_id": bob.id}));
    }
});

story!(a_key_for_another_project_is_another_request, async |app| {
    let ada = app.person("ada").await;
    ada.founds("Second").await;
    let projects = ada.projects().await;
    let at = |n: usize| {
        format!(
            "/keys?project_id={}",
            projects[n]["project_id"].as_str().unwrap()
        )
    };
    let (here, there) = (ada.adds_key_at(&at(0)).await, ada.adds_key_at(&at(1)).await);
    let made = here
        .post_nothing("/keys")
        .header("idempotency-key", "k-1")
        .await
        .expect(200);
    let again = here
        .post_nothing("/keys")
        .header("idempotency-key", "k-1")
        .await
        .expect(200);
    assert_eq!(made.text(), again.text());
    let other = there
        .post_nothing("/keys")
        .header("idempotency-key", "k-1")
        .await;
    assert_eq!(other.expect(409).code(), "idempotency_conflict");
});
