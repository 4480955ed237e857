//! Configured seed templates for new projects.

use freehold_testkit::scenario;
use serde_json::json;

use super::slugs;

/// A testset for each further project, one for each new organization, and an evaluator
/// and an environment for all projects.
fn catalog() -> freehold_domain::SeedCatalog {
    let items = json!({"items": [
        {"kind": "testset", "slug_prefix": "golden", "name": "Golden", "when": "project",
         "testcases": [{"q": "1+1", "a": 2}]},
        {"kind": "testset", "slug": "welcome", "name": "Welcome", "when": "organization", "testcases": []},
        {"kind": "evaluator", "slug": "judge", "name": "Judge", "flags": {"is_llm": true},
         "data": {"uri": "acme:judge:v1", "url": "{services_url}/judge/v1"}},
        {"kind": "environment", "slug": "live", "name": "Live", "flags": {"is_guarded": true}},
    ]});
    freehold_domain::SeedCatalog::configured(&items).unwrap()
}

scenario!(
    operator_configures_initial_content,
    |settings| {
        settings.seed_catalog = catalog();
        settings.services_url = "https://services.acme.test".to_owned();
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        assert_eq!(slugs(&ada, "testset", &json!({})).await, ["welcome"]);
        assert_eq!(slugs(&ada, "evaluator", &json!({})).await, ["judge"]);
        let judge = ada
            .post("/simple/evaluators/query", &json!({}))
            .await
            .expect_status(200);
        let judge = &judge.json()["evaluators"][0];
        assert_eq!(judge["data"]["url"], "https://services.acme.test/judge/v1");
        assert_eq!(
            (&judge["flags"]["is_llm"], &judge["flags"]["is_chat"]),
            (&json!(true), &json!(false))
        );
        let live = ada
            .post("/simple/environments/query", &json!({}))
            .await
            .expect_status(200);
        assert_eq!(
            live.json()["environments"][0]["flags"],
            json!({"is_guarded": true})
        );
        let welcome = ada
            .post("/simple/testsets/query", &json!({}))
            .await
            .expect_status(200);
        let data = json!({"testcase_ids": [], "testcases": []});
        assert_eq!(welcome.json()["testsets"][0]["data"], data);

        let second = ada.post("/projects", &json!({"name": "Second"})).await;
        let second = second.expect_status(201).text_field("project_id");
        let items_of_second = async |kind: &str| {
            let path = format!("/simple/{kind}s/query?project_id={second}");
            let listed = ada.post(&path, &json!({})).await.expect_status(200);
            let items = listed.json()[format!("{kind}s")].as_array().unwrap();
            items.clone()
        };
        let golden = &items_of_second("testset").await[..];
        let [golden] = golden else {
            panic!("one testset, not {golden:?}")
        };
        let slug = golden["slug"].as_str().unwrap();
        let tail = slug.strip_prefix("golden-").unwrap();
        assert_eq!(tail.len(), 12, "{slug}");
        let case = &golden["data"]["testcases"][0];
        assert_eq!(
            (&case["data"]["q"], &case["data"]["a"]),
            (&json!("1+1"), &json!(2))
        );
        assert_eq!(
            (&case["created_by_id"], &case["testset_id"]),
            (&json!(ada.id), &golden["id"])
        );
        assert_eq!(items_of_second("evaluator").await[0]["slug"], "judge");
        assert_eq!(items_of_second("environment").await[0]["slug"], "live");
    }
);
