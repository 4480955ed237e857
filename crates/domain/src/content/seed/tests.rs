//! The built-in seed templates, and operators' catalogs, valid and invalid.

use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::test_support::SequentialRandom;

fn count(items: &[SeedItem], trigger: SeedTrigger) -> usize {
    items.iter().filter(|item| item.applies_to(trigger)).count()
}

#[test]
fn the_built_in_catalog_has_one_testset_three_evaluators_three_environments() {
    let catalog = SeedCatalog::built_in();
    assert_eq!(count(catalog.items(), SeedTrigger::Organization), 7);
    assert_eq!(count(catalog.items(), SeedTrigger::Project), 6);
    let slugs: HashSet<_> = catalog
        .items()
        .iter()
        .map(|item| item.slug.generate(&SequentialRandom::default()))
        .collect();
    assert_eq!(slugs.len(), 7);
    assert!(slugs.iter().any(|slug| {
        slug.strip_prefix("completion_testset-")
            .is_some_and(|tail| tail.len() == 12)
    }));
    let SeedContent::Testset(cases) = &catalog.items()[0].content else {
        panic!("{:?}", catalog.items()[0])
    };
    assert_eq!(cases.len(), 7);
    assert_eq!(
        Value::from(cases[0].clone()),
        json!({"country": "Nauru", "correct_answer": "The capital of Nauru is Funafuti."})
    );
}

#[test]
fn built_in_evaluators_use_the_services_url_and_have_every_flag() {
    let items = SeedCatalog::built_in().with_services_url("http://localhost/services/");
    let rating = items.iter().find(|i| i.name == "Quality Rating").unwrap();
    let SeedContent::Evaluator(Some(data)) = &rating.content else {
        panic!("{rating:?}")
    };
    assert_eq!(data["url"], "http://localhost/services/feedback/v0");
    assert_eq!(
        data["schemas"]["outputs"],
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
               "properties": {"approved": {"type": "boolean"}}, "required": ["approved"],
               "additionalProperties": false})
    );
    for item in items.iter().filter(|i| i.kind() == ResourceKind::Evaluator) {
        let flags = item.flags.as_ref().and_then(Value::as_object).unwrap();
        assert_eq!(flags.len(), 17, "{}", item.name);
        let set: HashSet<_> = flags
            .iter()
            .filter(|(_, v)| **v == Value::Bool(true))
            .map(|(k, _)| k.as_str())
            .collect();
        let mut expected = HashSet::from(["is_evaluator", "is_managed", "has_url"]);
        if item.name == "Quality Rating" {
            expected.extend(["is_custom", "is_feedback"]);
        }
        assert_eq!(set, expected, "{}", item.name);
    }
}

#[test]
fn a_configured_catalog_supports_every_key() {
    let catalog = SeedCatalog::configured(&json!({"items": [
        {"kind": "testset", "slug_prefix": "t", "name": "T", "testcases": [{"q": 1}], "when": "project"},
        {"kind": "evaluator", "slug": "e", "name": "E", "description": "d", "flags": {"is_llm": true},
         "data": {"url": "{services_url}/e", "script": "x"}},
        {"kind": "environment", "slug": "e", "name": "Same slug, another kind", "flags": {"is_guarded": true}},
        {"kind": "environment", "slug": "q", "name": "Q", "when": "organization"},
        {"kind": "environment", "slug": "q", "name": "Never in the same project", "when": "project"},
    ]}))
    .unwrap();
    assert_eq!(catalog.items().len(), 5);
    let items = catalog.with_services_url("https://s.test");
    assert!(matches!(&items[0].slug, SeedSlug::WithRandomSuffix(stem) if stem.as_str() == "t"));
    assert_eq!(items[0].when, Some(SeedTrigger::Project));
    let flags = items[1].flags.as_ref().unwrap();
    assert!(flags["is_llm"] == true && flags["has_url"] == true && flags["has_script"] == true);
    let SeedContent::Evaluator(Some(data)) = &items[1].content else {
        panic!("{:?}", items[1])
    };
    assert_eq!(data["url"], "https://s.test/e");
    assert_eq!(items[2].flags, Some(json!({"is_guarded": true})));
    let empty = SeedCatalog::configured(&json!({"items": []})).unwrap();
    assert!(empty.items().is_empty(), "an empty catalog is valid");
}

#[test]
fn problems_name_item_and_key() {
    let good = || json!({"kind": "environment", "slug": "e", "name": "E"});
    let with = |key: &str, value: Value| {
        let mut item = good();
        item[key] = value;
        item
    };
    let evaluator =
        |data: Value| json!({"kind": "evaluator", "slug": "e", "name": "E", "data": data});
    let testset =
        |cases: Value| json!({"kind": "testset", "slug": "t", "name": "T", "testcases": cases});
    for (item, expected) in [
        (json!(1), "item 1: expected a table"),
        (
            json!({}),
            "item 1: kind: expected testset, evaluator or environment",
        ),
        (
            with("kind", json!("app")),
            "item 1 (app e): kind: expected testset, evaluator or environment",
        ),
        (
            with("nmae", json!("x")),
            "item 1 (environment e): nmae: unknown; an item has kind, slug,",
        ),
        (
            with("slug", json!("a b")),
            "item 1 (environment a b): slug: a slug must consist of",
        ),
        (
            with("slug", json!(1)),
            "item 1 (environment): slug: expected a string",
        ),
        (
            with("slug_prefix", json!("x")),
            "item 1 (environment e): slug_prefix: the item also has `slug`",
        ),
        (
            json!({"kind": "environment", "slug_prefix": "e", "name": "E"}),
            "item 1 (environment e): slug_prefix: only testsets can have it",
        ),
        (
            json!({"kind": "environment", "slug": "e"}),
            "item 1 (environment e): name: missing",
        ),
        (
            with("name", json!("a\u{7}")),
            "item 1 (environment e): name: A text may contain",
        ),
        (
            with("description", json!(false)),
            "item 1 (environment e): description: expected a string",
        ),
        (
            with("when", json!("always")),
            "item 1 (environment e): when: expected organization or project",
        ),
        (
            with("data", json!([])),
            "item 1 (environment e): data: expected a table",
        ),
        (
            with("data", json!({"a": ["\u{0}"]})),
            "item 1 (environment e): a string in it contains U+0000",
        ),
        (
            with("testcases", json!([])),
            "item 1 (environment e): testcases: only testsets can have it",
        ),
        (
            with("flags", json!({"is_custom": true})),
            "item 1 (environment e): flags.is_custom: not a flag of this kind",
        ),
        (
            with("flags", json!({"is_guarded": "yes"})),
            "item 1 (environment e): flags.is_guarded: expected true or false",
        ),
        (
            with("flags", json!(true)),
            "item 1 (environment e): flags: expected a table",
        ),
        (
            evaluator(json!({"url": "ftp://x"})),
            "item 1 (evaluator e): data.url: expected a URL",
        ),
        (
            evaluator(json!({"url": "{services_url}/{name}"})),
            "item 1 (evaluator e): data.url: the only placeholder is",
        ),
        (
            testset(json!([{}, 1])),
            "item 1 (testset t): testcases: expected a list of tables",
        ),
        (
            testset(Value::Null),
            "item 1 (testset t): testcases: expected a list of tables",
        ),
    ] {
        let problems = SeedCatalog::configured(&json!({"items": [item]})).unwrap_err();
        let message = problems[0].to_string();
        assert!(message.starts_with(expected), "{item} gives {message}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let problems = |value: &Value| {
        let problems = SeedCatalog::configured(value).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let environment = json!({"kind": "environment", "slug": "e", "name": "E"});
    assert_eq!(
        problems(&json!({"item": [], "items": [{"kind": "environment", "slug": "", "name": 1}]})),
        [
            "item: unknown; a catalog has only `items`",
            "item 1 (environment): slug: a slug must consist of the letters a to z and A to Z, digits, `.`, `_` and `-`",
            "item 1 (environment): name: expected a string",
        ]
    );
    assert_eq!(
        problems(&json!({"items": [environment, environment]})),
        ["item 2 (environment e): slug: item 1 (environment e) has the same slug"]
    );
    assert_eq!(problems(&json!({})), ["items: expected a list of items"]);
    assert_eq!(problems(&json!([])), ["items: expected a list of items"]);
    let many: Vec<_> = (0..201).map(|_| environment.clone()).collect();
    assert_eq!(
        problems(&json!({"items": many})),
        ["items: expected at most 200 items; these are 201"]
    );
}
