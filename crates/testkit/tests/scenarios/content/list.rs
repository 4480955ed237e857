//! What is archived, and long lists.

use freehold_testkit::story;
use serde_json::json;

use super::{KINDS, NOWHERE, at, events, id, makes, new, seen, slugs, step};

story!(archived_items_are_out_of_the_way, async |app| {
    let ada = app.person("ada").await;
    for kind in KINDS {
        let made = makes(&ada, kind, "old").await;
        let listed = slugs(&ada, kind, &json!({})).await;
        let archived = step(&ada, kind, id(&made), "archive").await.expect(200);
        let item = archived.json()[kind].clone();
        assert_eq!(item["deleted_by_id"], ada.id, "{archived}");
        assert!(
            item["deleted_at"].is_string() && item.get("data").is_none(),
            "{archived}"
        );
        assert_eq!(
            step(&ada, kind, id(&made), "archive")
                .await
                .expect(200)
                .json()[kind],
            item
        );
        let left = slugs(&ada, kind, &json!({})).await;
        assert_eq!(left.len(), listed.len() - 1);
        let all = slugs(&ada, kind, &json!({"include_archived": true})).await;
        assert_eq!(all, listed);
        assert_eq!(
            seen(&ada, kind, id(&made)).await["deleted_at"],
            item["deleted_at"]
        );
        let again = ada.post(&at(kind, ""), &new(kind, "old")).await;
        again.expect_body(200, &json!({"count": 0}));
        let back = step(&ada, kind, id(&made), "unarchive").await.expect(200);
        let back = &back.json()[kind];
        assert_eq!(
            (back.get("deleted_at"), back.get("deleted_by_id")),
            (None, None)
        );
        assert_eq!(slugs(&ada, kind, &json!({})).await, listed);
        assert_eq!(
            seen(&ada, kind, id(&made)).await.get("data"),
            made.get("data")
        );
        step(&ada, kind, id(&made), "unarchive").await.expect(200);
    }
    assert_eq!(events(app, "content.archived").await, 3);
    assert_eq!(events(app, "content.unarchived").await, 3);
});

story!(
    long_lists_are_read_in_parts,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        let count = 230;
        let mut ids = Vec::new();
        for n in 0..count {
            let item = makes(&ada, "environment", &format!("e-{n:03}")).await;
            ids.push(id(&item).to_owned());
        }
        let expected: Vec<String> = (0..count).map(|n| format!("e-{n:03}")).collect();
        assert_eq!(slugs(&ada, "environment", &json!({})).await, expected);
        for order in ["ascending", "descending"] {
            let mut query = json!({"windowing": {"order": order, "limit": 70}});
            let mut seen = Vec::new();
            loop {
                let page = ada
                    .post("/simple/environments/query", &query)
                    .await
                    .expect(200);
                let items = page.json()["environments"].as_array().unwrap();
                seen.extend(
                    items
                        .iter()
                        .map(|it| it["slug"].as_str().unwrap().to_owned()),
                );
                let Some(rest) = page.json().get("windowing") else {
                    break;
                };
                query["windowing"] = rest.clone();
            }
            if order == "descending" {
                seen.reverse();
            }
            assert_eq!(seen, expected, "{order}");
        }
        // A sparse filter looks behind the first part; references find what is far apart.
        let named = json!({"environment": {"name": "E-229"}, "windowing": {"limit": 1}});
        assert_eq!(slugs(&ada, "environment", &named).await, ["e-229"]);
        let refs =
            json!([{"slug": "e-200"}, {"id": ids[3]}, {"id": NOWHERE}, {"slug": "none"}, {}]);
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
