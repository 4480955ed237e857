//! Concurrent changes of content.

use std::collections::HashSet;

use freehold_testkit::{Response, scenario};
use futures_util::future::join_all;
use serde_json::json;

use super::{KINDS, count_events, create_body, create_item, get_item, id, item_path, update_item};

scenario!(concurrent_creates_of_one_slug_one_succeeds, async |app| {
    let ada = app.sign_up("ada").await;
    for round in 0..50 {
        let kind = KINDS[round % 3];
        let body = create_body(kind, &format!("race-{round}"));
        let all = (0..4).map(|_| ada.post(&item_path(kind, "/"), &body).into_future());
        let responses = join_all(all).await;
        let created: Vec<_> = responses
            .iter()
            .filter(|response| response.json()["count"] == 1)
            .collect();
        assert_eq!(created.len(), 1, "{responses:?}");
        for response in responses {
            response.expect_status(200);
        }
    }
    assert_eq!(count_events(app, "content.created").await, 50);

    // Requests with one idempotency key create one item and get the same response.
    for round in 0..10 {
        let body = create_body("testset", &format!("key-{round}"));
        let key = format!("k-{round}");
        let request = || {
            ada.post("/simple/testsets/", &body)
                .header("idempotency-key", &key)
        };
        let all = (0..4).map(|_| request().into_future());
        let texts: HashSet<_> = join_all(all).await.iter().map(Response::text).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts.iter().all(|text| text.contains("\"count\":1")));
    }
    let dry_run = ada
        .post(
            "/simple/testsets/?dry_run=true",
            &create_body("testset", "r"),
        )
        .await;
    assert_eq!(
        dry_run.expect_status(200).json()["would_change"],
        json!(["content.created"])
    );
    create_item(&ada, "testset", "r").await;
});

scenario!(concurrent_updates_all_apply, async |app| {
    let ada = app.sign_up("ada").await;
    let item = create_item(&ada, "evaluator", "e").await;
    let all = (0..8).map(|n| {
        let flag = [
            "is_llm",
            "is_hook",
            "is_code",
            "is_match",
            "is_agent",
            "is_skill",
            "is_chat",
            "is_static",
        ][n];
        update_item(
            &ada,
            "evaluator",
            id(&item),
            json!({"flags": { flag: true }}),
        )
    });
    for response in join_all(all).await {
        response.expect_status(200);
    }
    let flags = get_item(&ada, "evaluator", id(&item)).await["flags"].clone();
    let on = flags
        .as_object()
        .unwrap()
        .values()
        .filter(|on| **on == json!(true));
    assert_eq!(on.count(), 9, "none was lost: {flags}");
});
