//! Concurrent requests of one command with one idempotency key.

use freehold_testkit::scenario;
use futures_util::future::join_all;
use serde_json::json;

scenario!(concurrent_repeats_get_the_same_response, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let second = ada.create_organization("Second").await;
    app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    for round in 0..10 {
        let third = ada.create_organization("Third").await;
        let deletions = (0..8).map(|_| {
            ada.delete(&format!("/organizations/{third}"))
                .header("idempotency-key", &format!("delete-{round}"))
                .into_future()
        });
        for response in join_all(deletions).await {
            response.expect_body(200, &json!({"detail": "Organization deleted successfully"}));
        }
    }
    let transfers = (0..8).map(|_| {
        ada.post_empty(&format!("/organizations/{second}/transfer/{}", bob.id))
            .header("idempotency-key", "transfer-1")
            .into_future()
    });
    for response in join_all(transfers).await {
        response.expect_body(200, &json!({"organization_id": second, "owner_id": bob.id}));
    }
});

scenario!(idempotency_scope_includes_the_project, async |app| {
    let ada = app.sign_up("ada").await;
    ada.create_organization("Second").await;
    let projects = ada.projects().await;
    let at = |n: usize| {
        format!(
            "/keys?project_id={}",
            projects[n]["project_id"].as_str().unwrap()
        )
    };
    let (here, there) = (
        ada.create_api_key_at(&at(0)).await,
        ada.create_api_key_at(&at(1)).await,
    );
    let made = here
        .post_empty("/keys")
        .header("idempotency-key", "k-1")
        .await
        .expect_status(200);
    let again = here
        .post_empty("/keys")
        .header("idempotency-key", "k-1")
        .await
        .expect_status(200);
    assert_eq!(made.text(), again.text());
    let other = there
        .post_empty("/keys")
        .header("idempotency-key", "k-1")
        .await;
    assert_eq!(other.expect_status(409).code(), "idempotency_conflict");
});
