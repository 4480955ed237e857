//! What a new project contains, counted and looked into.

use std::collections::HashSet;

use super::*;
use crate::test_support::Counting;

fn stamped() -> Value {
    let text = testset_data(
        Id::new(Uuid::from_u128(1)),
        Timestamp::from_micros(1_795_433_848_297_875),
        Id::new(Uuid::from_u128(2)),
        &Counting::default(),
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_project_starts_with_one_testset_and_three_of_the_rest() {
    let items = Seeds::built_in("http://localhost/services/");
    let count = |seeds: Seeds| items.iter().filter(|i| seeds.includes(i.kind)).count();
    assert_eq!(count(Seeds::ALL), 7);
    assert_eq!(count(Seeds::WITHOUT_TESTSET), 6);
    assert_eq!(count(Seeds::NONE), 0);
    let slugs: HashSet<_> = items
        .iter()
        .map(|i| i.slug.draw(&Counting::default()))
        .collect();
    assert_eq!(slugs.len(), 7);
    assert!(slugs.iter().any(|slug| {
        slug.strip_prefix("completion_testset-")
            .is_some_and(|tail| tail.len() == 12)
    }));
}

#[test]
fn evaluators_point_below_the_services_and_state_every_flag() {
    let items = Seeds::built_in("http://localhost/services/");
    let rating = items.iter().find(|i| i.name == "Quality Rating").unwrap();
    let data = rating.data.as_ref().unwrap();
    assert_eq!(data["url"], "http://localhost/services/feedback/v0");
    assert_eq!(
        data["schemas"]["outputs"],
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
               "properties": {"approved": {"type": "boolean"}}, "required": ["approved"],
               "additionalProperties": false})
    );
    for item in items.iter().filter(|i| i.kind == ResourceKind::Evaluator) {
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
fn each_testcase_is_stamped_and_listed() {
    let data = stamped();
    let cases = data["testcases"].as_array().unwrap();
    let ids: Vec<_> = cases.iter().map(|case| case["id"].clone()).collect();
    assert_eq!(data["testcase_ids"], Value::Array(ids.clone()));
    assert_eq!(
        ids.iter()
            .map(Value::to_string)
            .collect::<HashSet<_>>()
            .len(),
        7
    );
    let first = &cases[0];
    assert_eq!(first["created_at"], "2026-11-23T11:37:28.297875Z");
    assert_eq!(first["testset_id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(
        first["created_by_id"],
        "00000000-0000-0000-0000-000000000002"
    );
    assert_eq!(
        first["data"]["correct_answer"],
        "The capital of Nauru is Funafuti."
    );
    assert_eq!(
        first["data"]["testcase_dedup_id"].as_str().map(str::len),
        Some(12)
    );
    let id: Id<Resource> = first["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.uuid().get_version_num(), 5);
}

#[test]
fn the_same_chance_makes_the_same_testset() {
    assert_eq!(stamped(), stamped());
}
