//! Lists of items: archived items, pages and filters.

use freehold_testkit::scenario;
use serde_json::json;

use super::{
    KINDS, UNKNOWN_ID, count_events, create_body, create_item, get_item, id, item_path, post_step,
    slugs,
};

scenario!(archived_items_are_not_listed, async |app| {
    let ada = app.sign_up("ada").await;
    for kind in KINDS {
        let created = create_item(&ada, kind, "old").await;
        let listed = slugs(&ada, kind, &json!({})).await;
        let archived = post_step(&ada, kind, id(&created), "archive")
            .await
            .expect_status(200);
        let item = archived.json()[kind].clone();
        assert_eq!(item["deleted_by_id"], ada.id, "{archived}");
        assert!(
            item["deleted_at"].is_string() && item.get("data").is_none(),
            "{archived}"
        );
        assert_eq!(
            post_step(&ada, kind, id(&created), "archive")
                .await
                .expect_status(200)
                .json()[kind],
            item
        );
        let left = slugs(&ada, kind, &json!({})).await;
        assert_eq!(left.len(), listed.len() - 1);
        let all = slugs(&ada, kind, &json!({"include_archived": true})).await;
        assert_eq!(all, listed);
        assert_eq!(
            get_item(&ada, kind, id(&created)).await["deleted_at"],
            item["deleted_at"]
        );
        let again = ada
            .post(&item_path(kind, ""), &create_body(kind, "old"))
            .await;
        again.expect_body(200, &json!({"count": 0}));
        let unarchived = post_step(&ada, kind, id(&created), "unarchive")
            .await
            .expect_status(200);
        let unarchived = &unarchived.json()[kind];
        assert_eq!(
            (
                unarchived.get("deleted_at"),
                unarchived.get("deleted_by_id")
            ),
            (None, None)
        );
        assert_eq!(slugs(&ada, kind, &json!({})).await, listed);
        assert_eq!(
            get_item(&ada, kind, id(&created)).await.get("data"),
            created.get("data")
        );
        post_step(&ada, kind, id(&created), "unarchive")
            .await
            .expect_status(200);
    }
    assert_eq!(count_events(app, "content.archived").await, 3);
    assert_eq!(count_events(app, "content.unarchived").await, 3);
});

scenario!(
    long_lists_are_paginated,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        let count = 230;
        let mut ids = Vec::new();
        for n in 0..count {
            let item = create_item(&ada, "environment", &format!("e-{n:03}")).await;
            ids.push(id(&item).to_owned());
        }
        let expected: Vec<String> = (0..count).map(|n| format!("e-{n:03}")).collect();
        assert_eq!(slugs(&ada, "environment", &json!({})).await, expected);
        for order in ["ascending", "descending"] {
            let mut query = json!({"windowing": {"order": order, "limit": 70}});
            let mut listed = Vec::new();
            loop {
                let page = ada
                    .post("/simple/environments/query", &query)
                    .await
                    .expect_status(200);
                let items = page.json()["environments"].as_array().unwrap();
                listed.extend(
                    items
                        .iter()
                        .map(|item| item["slug"].as_str().unwrap().to_owned()),
                );
                let Some(rest) = page.json().get("windowing") else {
                    break;
                };
                query["windowing"] = rest.clone();
            }
            if order == "descending" {
                listed.reverse();
            }
            assert_eq!(listed, expected, "{order}");
        }
        // A filter with few matches reads beyond the first batch, and so do references.
        let named = json!({"environment": {"name": "E-229"}, "windowing": {"limit": 1}});
        assert_eq!(slugs(&ada, "environment", &named).await, ["e-229"]);
        let refs =
            json!([{"slug": "e-200"}, {"id": ids[3]}, {"id": UNKNOWN_ID}, {"slug": "none"}, {}]);
        let query = json!({ "environment_refs": refs });
        assert_eq!(slugs(&ada, "environment", &query).await, ["e-003", "e-200"]);
        let query =
            json!({"environment_refs": refs, "windowing": {"order": "descending", "limit": 1}});
        assert_eq!(slugs(&ada, "environment", &query).await, ["e-200"]);
        let none = json!({"environment_refs": []});
        assert_eq!(
            slugs(&ada, "environment", &none).await,
            Vec::<String>::new()
        );
    }
);
