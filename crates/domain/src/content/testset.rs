//! The data of a testset: its test cases, each with an id that follows from its
//! content, and with its creator and creation time.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Id, RandomSource, Resource, Timestamp, User};

/// The key that distinguishes a test case from others with the same content.
const DEDUP_ID: &str = "testcase_dedup_id";

/// The testset, time and user that are recorded in new test cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestcaseStamp {
    /// The testset.
    pub testset: Id<Resource>,
    /// The time at which the test cases are added.
    pub now: Timestamp,
    /// The user who adds them.
    pub user: Id<User>,
}

/// The data of a testset as clients receive it.
#[derive(Debug, Serialize)]
pub struct TestsetData {
    testcase_ids: Vec<Uuid>,
    testcases: Vec<Testcase>,
}

#[derive(Debug, Serialize)]
struct Testcase {
    id: Uuid,
    testset_id: Id<Resource>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_id: Option<String>,
    data: Map<String, Value>,
}

impl TestsetData {
    /// The maximum number of test cases of one testset.
    pub const MAX: usize = 10_000;

    /// Adds id, creator and creation time to each of `cases`. A test case that is in
    /// `previous` with the same content keeps its creator and creation time.
    #[must_use]
    pub fn new(
        cases: Vec<Map<String, Value>>,
        previous: Option<&Value>,
        stamp: TestcaseStamp,
        random: &dyn RandomSource,
    ) -> Self {
        let TestcaseStamp { testset, now, user } = stamp;
        let existing = existing_stamps(previous);
        let now = now.iso_z();
        let testcases: Vec<Testcase> = cases
            .into_iter()
            .map(|mut data| {
                if data.get(DEDUP_ID).is_none_or(Value::is_null) {
                    data.insert(DEDUP_ID.to_owned(), random_hex_suffix(random).into());
                }
                // The id follows from the testset and the content.
                let id = Uuid::new_v5(&testset.uuid(), to_json_text(&data).as_bytes());
                let (created_at, created_by_id) = match existing.get(&id) {
                    Some((at, user)) => ((*at).to_owned(), user.map(str::to_owned)),
                    None => (now.clone(), Some(user.to_string())),
                };
                Testcase {
                    id,
                    testset_id: testset,
                    created_at,
                    created_by_id,
                    data,
                }
            })
            .collect();
        Self {
            testcase_ids: testcases.iter().map(|case| case.id).collect(),
            testcases,
        }
    }

    /// The data as JSON text.
    #[must_use]
    pub fn to_json_string(&self) -> String {
        to_json_text(self)
    }

    /// The data as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The creation time and the creator of each test case, by its id.
fn existing_stamps(previous: Option<&Value>) -> HashMap<Uuid, (&str, Option<&str>)> {
    let cases = previous.and_then(|data| data.get("testcases")?.as_array());
    let stamped = cases.into_iter().flatten().filter_map(|case| {
        let id = Uuid::parse_str(case.get("id")?.as_str()?).ok()?;
        let user = case.get("created_by_id").and_then(Value::as_str);
        Some((id, (case.get("created_at")?.as_str()?, user)))
    });
    stamped.collect()
}

/// Serializes data that always has a JSON form.
fn to_json_text(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

/// Generates twelve hexadecimal digits.
pub(super) fn random_hex_suffix(random: &dyn RandomSource) -> String {
    let mut bytes = [0; 6];
    random.fill(&mut bytes);
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_support::SequentialRandom;

    fn case(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn stamp(at: i64, user: u128) -> TestcaseStamp {
        TestcaseStamp {
            testset: Id::new(Uuid::from_u128(1)),
            now: Timestamp::from_micros(at),
            user: Id::new(Uuid::from_u128(user)),
        }
    }

    #[test]
    fn test_case_ids_follow_from_content_and_dedup_id() {
        let cases = vec![
            case(&json!({"a": 1})),
            case(&json!({"a": 1, "testcase_dedup_id": "mine"})),
            case(&json!({"a": 1, "testcase_dedup_id": "mine"})),
            case(&json!({"a": 1, "testcase_dedup_id": null})),
        ];
        let data =
            TestsetData::new(cases, None, stamp(1, 2), &SequentialRandom::default()).to_value();
        let cases = data["testcases"].as_array().unwrap();
        let dedup_id = |n: usize| cases[n]["data"]["testcase_dedup_id"].as_str().unwrap();
        assert_eq!(
            (dedup_id(0).len(), dedup_id(1), dedup_id(3).len()),
            (12, "mine", 12)
        );
        let id = |n: usize| Uuid::parse_str(cases[n]["id"].as_str().unwrap()).unwrap();
        assert_eq!(id(1), id(2), "the same content");
        assert_ne!(id(0), id(3), "two dedup ids");
        assert_eq!(id(0).get_version_num(), 5);
        let ids: Vec<_> = cases.iter().map(|case| case["id"].clone()).collect();
        assert_eq!(data["testcase_ids"], Value::Array(ids));
    }

    #[test]
    fn an_unchanged_test_case_keeps_its_creation_stamp() {
        let random = SequentialRandom::default();
        let first = TestsetData::new(vec![case(&json!({"a": 1}))], None, stamp(1, 2), &random);
        let first = first.to_value();
        let unchanged = case(&first["testcases"][0]["data"]);
        let cases = vec![case(&json!({"b": 2})), unchanged];
        let second = TestsetData::new(cases, Some(&first), stamp(9_000_000, 3), &random).to_value();
        assert_eq!(second["testcases"][1], first["testcases"][0]);
        let added = &second["testcases"][0];
        assert_eq!(added["created_at"], "1970-01-01T00:00:09.000000Z");
        assert_eq!(added["created_by_id"], Uuid::from_u128(3).to_string());
    }
}
