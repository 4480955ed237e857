//! Several who do it at once.

use std::collections::HashSet;

use freehold_testkit::{Answer, story};
use futures_util::future::join_all;
use serde_json::json;

use super::{KINDS, at, changes, events, id, makes, new, seen};

story!(of_those_who_make_one_slug_exactly_one_does, async |app| {
    let ada = app.person("ada").await;
    for round in 0..50 {
        let kind = KINDS[round % 3];
        let body = new(kind, &format!("race-{round}"));
        let all = (0..4).map(|_| ada.post(&at(kind, "/"), &body).into_future());
        let answers = join_all(all).await;
        let won: Vec<_> = answers
            .iter()
            .filter(|answer| answer.json()["count"] == 1)
            .collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        for answer in answers {
            answer.expect(200);
        }
    }
    assert_eq!(events(app, "content.created").await, 50);

    // Sent twice under one key, it is made once and answered alike.
    for round in 0..10 {
        let body = new("testset", &format!("key-{round}"));
        let key = format!("k-{round}");
        let ask = || {
            ada.post("/simple/testsets/", &body)
                .header("idempotency-key", &key)
        };
        let all = (0..4).map(|_| ask().into_future());
        let texts: HashSet<_> = join_all(all).await.iter().map(Answer::text).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts.iter().all(|text| text.contains("\"count\":1")));
    }
    let rehearsed = ada
        .post("/simple/testsets/?dry_run=true", &new("testset", "r"))
        .await;
    assert_eq!(
        rehearsed.expect(200).json()["would_change"],
        json!(["content.created"])
    );
    makes(&ada, "testset", "r").await;
});

story!(changes_at_once_are_all_made, async |app| {
    let ada = app.person("ada").await;
    let item = makes(&ada, "evaluator", "e").await;
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
        changes(
            &ada,
            "evaluator",
            id(&item),
            json!({"flags": { flag: true }}),
        )
    });
    for answer in join_all(all).await {
        answer.expect(200);
    }
    let flags = seen(&ada, "evaluator", id(&item)).await["flags"].clone();
    let on = flags
        .as_object()
        .unwrap()
        .values()
        .filter(|on| **on == json!(true));
    assert_eq!(on.count(), 9, "none was lost: {flags}");
});
