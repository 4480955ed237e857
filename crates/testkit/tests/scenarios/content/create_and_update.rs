//! Creating and updating items, and invalid requests.

use std::collections::HashSet;

use freehold_testkit::scenario;
use serde_json::{Value, json};

use super::{
    KINDS, UNKNOWN_ID, count_events, create_body, create_item, get_item, id, item_path,
    member_with_role, post_step, update_item,
};

scenario!(testset_cases_keep_their_ids, async |app| {
    let ada = app.sign_up("ada").await;
    let cases = json!([{"data": {"a": "1\r\n", "n": [1.5, {"x": null}]}}, {"data": {"a": "2"}}]);
    let body = json!({"testset": {"slug": "t-1", "name": "T1", "data": {"testcases": cases}}});
    let created = ada
        .post("/preview/simple/testsets/", &body)
        .await
        .expect_status(200);
    let testset = created.json()["testset"].clone();
    let keys: HashSet<_> = testset.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "id",
        "slug",
        "name",
        "created_at",
        "created_by_id",
        "data",
        "revision_id",
    ];
    assert_eq!(
        keys,
        HashSet::from(expected.map(str::to_owned)),
        "{created}"
    );
    let created_at = testset["created_at"].as_str().unwrap();
    assert!(
        created_at.ends_with('Z') && created_at.contains('T'),
        "{created}"
    );
    let testcases = testset["data"]["testcases"].as_array().unwrap();
    assert_eq!(testcases.len(), 2);
    let mut ids = Vec::new();
    for case in testcases {
        assert_eq!(case["testset_id"], testset["id"]);
        assert_eq!(case["created_by_id"], ada.id);
        assert_eq!(case["created_at"], testset["created_at"]);
        let mark = case["data"]["testcase_dedup_id"].as_str().unwrap();
        assert!(mark.len() == 12 && mark.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(
            case["id"].as_str().unwrap().as_bytes()[14],
            b'5',
            "a UUIDv5"
        );
        ids.push(case["id"].clone());
    }
    assert_eq!(testcases[0]["data"]["a"], "1\r\n");
    assert_eq!(testcases[0]["data"]["n"], json!([1.5, {"x": null}]));
    assert_eq!(testset["data"]["testcase_ids"], Value::Array(ids.clone()));
    assert_eq!(get_item(&ada, "testset", id(&testset)).await, testset);

    // One test case is kept, one removed, one added.
    let bob = member_with_role(app, &ada, "bob", "editor").await;
    app.clock().advance(std::time::Duration::from_secs(60));
    let kept = testcases[1]["data"].clone();
    let data = json!({"testcases": [{"data": {"a": "3"}}, {"id": "whatever", "data": kept}]});
    let changed = update_item(&bob, "testset", id(&testset), json!({"data": data})).await;
    let changed = changed.expect_status(200).json()["testset"].clone();
    assert_ne!(changed["revision_id"], testset["revision_id"]);
    assert_eq!(changed["created_at"], testset["created_at"]);
    assert_eq!(
        changed["updated_by_id"],
        changed["data"]["testcases"][0]["created_by_id"]
    );
    assert_ne!(changed["updated_by_id"], ada.id);
    assert_eq!(
        changed["data"]["testcases"][1], testcases[1],
        "the kept test case is unchanged"
    );
    assert_eq!(get_item(&ada, "testset", id(&testset)).await, changed);

    // An update without data creates no revision.
    let named = update_item(&ada, "testset", id(&testset), json!({"name": "T2"})).await;
    let named = named.expect_status(200).json()["testset"].clone();
    assert_eq!(named["revision_id"], changed["revision_id"]);
    assert_eq!(
        (&named["name"], &named["data"]),
        (&json!("T2"), &changed["data"])
    );
    assert_eq!(count_events(app, "content.created").await, 1);
    assert_eq!(count_events(app, "content.updated").await, 2);
});

scenario!(
    evaluators_and_environments_are_created_and_updated,
    async |app| {
        let ada = app.sign_up("ada").await;
        let data =
            json!({"uri": "acme:custom:e:v0", "url": "https://e.test", "parameters": {"k": 1}});
        let body = json!({"evaluator": {
            "slug": "my-eval", "name": "My", "description": "d", "flags": {"is_custom": true, "is_llm": null},
            "tags": {"team": "a"}, "meta": {"n": [1]}, "data": data, "unknown": 1,
        }});
        let created = ada
            .post("/simple/evaluators", &body)
            .await
            .expect_status(200);
        let evaluator = &created.json()["evaluator"];
        assert_eq!(evaluator["data"], data);
        assert_eq!(
            (&evaluator["tags"], &evaluator["meta"]),
            (&json!({"team": "a"}), &json!({"n": [1]}))
        );
        assert_eq!(evaluator["flags"].as_object().unwrap().len(), 17);
        for (flag, on) in [
            ("is_evaluator", true),
            ("is_custom", true),
            ("has_url", true),
            ("is_llm", false),
        ] {
            assert_eq!(evaluator["flags"][flag], on, "{flag}: {created}");
        }
        assert!(evaluator["variant_id"].is_string() && evaluator["revision_id"].is_string());
        let change = json!({"flags": {"is_llm": true}, "data": {"script": "x"}, "description": null, "tags": null});
        let changed = update_item(&ada, "evaluator", id(evaluator), change)
            .await
            .expect_status(200);
        let changed = &changed.json()["evaluator"];
        for (flag, on) in [
            ("is_custom", true),
            ("has_url", false),
            ("has_script", true),
            ("is_llm", true),
        ] {
            assert_eq!(changed["flags"][flag], on, "{flag}: {changed}");
        }
        assert_eq!(
            (changed.get("description"), changed.get("tags")),
            (None, None)
        );
        assert_eq!(
            changed["variant_id"], evaluator["variant_id"],
            "there is one variant"
        );
        assert_ne!(changed["revision_id"], evaluator["revision_id"]);
        assert_eq!(get_item(&ada, "evaluator", id(evaluator)).await, *changed);

        let qa = create_item(&ada, "environment", "qa").await;
        let keys: HashSet<_> = qa.as_object().unwrap().keys().cloned().collect();
        let expected = [
            "id",
            "slug",
            "name",
            "created_at",
            "created_by_id",
            "variant_id",
            "revision_id",
        ];
        assert_eq!(
            keys,
            HashSet::from(expected.map(str::to_owned)),
            "no data, no flags"
        );
        let data = json!({"references": {"app": {"id": UNKNOWN_ID}}});
        let deployed = update_item(&ada, "environment", id(&qa), json!({"data": data})).await;
        let deployed = deployed.expect_status(200).json()["environment"].clone();
        assert_eq!(
            (&deployed["data"], &deployed["variant_id"]),
            (&data, &qa["variant_id"])
        );
        assert_ne!(deployed["revision_id"], qa["revision_id"]);

        // The initial content keeps its ids, and an update of its data creates a revision.
        let query = json!({"environment_refs": [{"slug": "production"}]});
        let listed = ada
            .post("/simple/environments/query", &query)
            .await
            .expect_status(200);
        let seeded = listed.json()["environments"][0].clone();
        let named = update_item(&ada, "environment", id(&seeded), json!({"name": "Live"})).await;
        let named = named.expect_status(200).json()["environment"].clone();
        assert_eq!(named["revision_id"], seeded["revision_id"]);
        let deployed = update_item(&ada, "environment", id(&seeded), json!({"data": data})).await;
        assert_ne!(
            deployed.expect_status(200).json()["environment"]["revision_id"],
            seeded["revision_id"]
        );
    }
);

scenario!(numbers_keep_every_digit, async |app| {
    let ada = app.sign_up("ada").await;
    let numbers = json!([10_928_588.983_213_553, -6.792_475_937_705_742e155, 5e-324]);
    let body = json!({"testset": {"slug": "n", "name": "N", "data": {"testcases": [
        {"data": {"n": numbers}}
    ]}}});
    let created = ada
        .post("/preview/simple/testsets/", &body)
        .await
        .expect_status(200);
    let testset = &created.json()["testset"];
    let path = format!(
        "/preview/simple/testsets/{}",
        testset["id"].as_str().unwrap()
    );
    let read = ada.get(&path).await.expect_status(200);
    for testset in [testset, &read.json()["testset"]] {
        assert_eq!(testset["data"]["testcases"][0]["data"]["n"], numbers);
    }
});

scenario!(invalid_items_are_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let nothing = json!({"count": 0});
    for kind in KINDS {
        let path = item_path(kind, "/");
        let item = create_item(&ada, kind, "twice").await;
        let again = ada.post(&path, &create_body(kind, "twice")).await;
        again.expect_body(200, &nothing);
        for slug in [Value::Null, Value::Bool(false)] {
            let mut body = create_body(kind, "");
            let item = body[kind].as_object_mut().unwrap();
            if slug.is_null() {
                item.insert("slug".into(), slug);
            } else {
                item.remove("slug");
            }
            ada.post(&path, &body).await.expect_body(200, &nothing);
        }
        let member = |loc: Value, kind: &str| (loc, kind.to_owned());
        let with = |key: &str, value: Value| {
            let mut body = create_body(kind, "x");
            body[kind][key] = value;
            body
        };
        for (body, (loc, problem)) in [
            (json!({}), member(json!(["body", kind]), "missing")),
            (
                json!({ kind: [] }),
                member(json!(["body", kind]), "model_attributes_type"),
            ),
            (
                with("slug", json!("a b")),
                member(json!(["body", kind, "slug"]), "string_pattern_mismatch"),
            ),
            (
                with("slug", json!("x".repeat(256))),
                member(json!(["body", kind, "slug"]), "string_too_long"),
            ),
            (
                with("slug", json!(1)),
                member(json!(["body", kind, "slug"]), "string_type"),
            ),
            (
                with("name", json!("\u{0}")),
                member(json!(["body", kind, "name"]), "value_error"),
            ),
            (
                with("tags", json!([])),
                member(json!(["body", kind, "tags"]), "dict_type"),
            ),
            (
                with("meta", json!({"a": ["\u{0}"]})),
                member(json!(["body", kind, "meta"]), "value_error"),
            ),
            (
                with("data", json!("x")),
                member(
                    json!(["body", kind, "data"]),
                    match kind {
                        "testset" => "model_attributes_type",
                        _ => "dict_type",
                    },
                ),
            ),
        ] {
            let refused = ada.post(&path, &body).await.expect_status(422);
            let first = &refused.detail()[0];
            assert_eq!(
                (&first["loc"], &first["type"]),
                (&loc, &json!(problem)),
                "{refused}"
            );
        }
        // The id of the path and the id of the body have to be equal.
        let one = format!("{path}{}", id(&item));
        let other = format!(
            "{0} ID in path does not match {kind} ID in request body.",
            kind[..1].to_uppercase() + &kind[1..]
        );
        for body in [
            json!({ kind: {"id": UNKNOWN_ID, "name": "x"} }),
            json!({ kind: {"name": "x"} }),
        ] {
            ada.put(&one, &body)
                .await
                .expect_detail(400, other.as_str());
        }
        ada.put(&one, &json!({})).await.expect_status(422);
        ada.put(&format!("{path}x"), &json!({ kind: {"id": UNKNOWN_ID} }))
            .await
            .expect_status(422);
        update_item(&ada, kind, UNKNOWN_ID, json!({"name": "x"}))
            .await
            .expect_body(200, &nothing);
        post_step(&ada, kind, UNKNOWN_ID, "archive")
            .await
            .expect_body(200, &nothing);
        post_step(&ada, kind, "x", "archive")
            .await
            .expect_status(422);
        // An empty update changes nothing.
        let same = update_item(&ada, kind, id(&item), json!({}))
            .await
            .expect_status(200);
        assert_eq!(same.json()[kind], item);
    }
    for (testset, loc, problem) in [
        (
            json!({"slug": "x"}),
            json!(["body", "testset", "data"]),
            "missing",
        ),
        (
            json!({"slug": "x", "data": {}}),
            json!(["body", "testset", "data", "testcases"]),
            "missing",
        ),
        (
            json!({"slug": "x", "data": {"testcases": [{}]}}),
            json!(["body", "testset", "data", "testcases", 0, "data"]),
            "missing",
        ),
        (
            json!({"slug": "x", "data": {"testcases": vec![json!({}); 10_001]}}),
            json!(["body", "testset", "data", "testcases"]),
            "too_long",
        ),
        (
            json!({"slug": "x", "flags": {"a": "maybe"}, "data": {"testcases": []}}),
            json!(["body", "testset", "flags", "a"]),
            "bool_parsing",
        ),
    ] {
        let refused = ada
            .post("/simple/testsets", &json!({"testset": testset}))
            .await
            .expect_status(422);
        let first = &refused.detail()[0];
        assert_eq!(
            (&first["loc"], &first["type"]),
            (&loc, &json!(problem)),
            "{refused}"
        );
    }
    assert_eq!(count_events(app, "content.created").await, 3);
    assert_eq!(count_events(app, "content.updated").await, 0);
});

scenario!(content_body_limit_is_one_mebibyte, async |app| {
    let ada = app.sign_up("ada").await;
    let with = |size: usize| {
        let case = json!({"data": {"text": "x".repeat(1000)}});
        let cases = vec![case; size / 1024];
        json!({"testset": {"slug": format!("large-{size}"), "data": {"testcases": cases}}})
    };
    let created = ada
        .post("/simple/testsets", &with(900 * 1024))
        .await
        .expect_status(200);
    let testset = &created.json()["testset"];
    assert_eq!(testset["data"]["testcases"].as_array().unwrap().len(), 900);
    assert_eq!(get_item(&ada, "testset", id(testset)).await, *testset);
    let refused = ada
        .post("/simple/testsets", &with(1100 * 1024))
        .await
        .expect_status(413);
    assert_eq!(refused.code(), "body_too_large");
    ada.post("/simple/testsets/query", &with(100 * 1024))
        .await
        .expect_status(413);
    // The deepest JSON that a request may have, and an update with the response.
    let mut deep = json!(1);
    for _ in 0..28 {
        deep = json!({ "d": deep });
    }
    let body = json!({"evaluator": {"slug": "deep", "data": {"parameters": deep}}});
    let created = ada
        .post("/simple/evaluators", &body)
        .await
        .expect_status(200);
    let evaluator = &created.json()["evaluator"];
    assert_eq!(evaluator["data"]["parameters"], deep);
    let again = json!({"data": evaluator["data"]});
    update_item(&ada, "evaluator", id(evaluator), again)
        .await
        .expect_status(200);
});
