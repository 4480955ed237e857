//! Whether labels and notes contain what is asked for, and how much comparing
//! one request may cause. Which items are asked for otherwise is `filter`'s.

use freehold_domain::Refusal;
use serde_json::{Map, Value};

/// How many comparisons one request may cause, beside those that are free.
const MOST: usize = 1_000_000;

/// How many comparisons of each item are free: they cost less than reading the
/// item did, and a large project is to be searched like a small one.
const FREE: usize = 100;

/// A text of so many bytes counts as one comparison more.
const TEXT: usize = 1024;

/// What one request may still compare. Lists are compared each element with
/// each, which takes a megabyte against a megabyte a very long time.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    free: usize,
}

/// More would have to be compared than one request may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exhausted;

impl Budget {
    pub(super) const fn of_a_request() -> Self {
        Self {
            left: MOST,
            free: FREE,
        }
    }

    /// What is compared from here on is of another item.
    pub(super) const fn next_item(&mut self) {
        self.free = FREE;
    }

    /// Whether what an item has under `field` contains what is wanted of it, if
    /// anything is.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] when that cannot be known within the budget.
    pub(super) fn has(
        &mut self,
        field: &str,
        found: Option<&Value>,
        wanted: Option<&Value>,
    ) -> Result<bool, Refusal> {
        let Some(wanted) = wanted else {
            return Ok(true);
        };
        let contained = self.contains(found.unwrap_or(&Value::Null), wanted);
        let contained = contained.map_err(|Exhausted| Refusal::InvalidField {
            location: "body",
            field: field.to_owned(),
            problem: "this is too much to compare; ask for less".to_owned(),
        })?;
        Ok(contained || is_empty(wanted))
    }

    fn spend(&mut self, comparisons: usize) -> Result<(), Exhausted> {
        let free = comparisons.min(self.free);
        self.free -= free;
        self.left = self.left.checked_sub(comparisons - free).ok_or(Exhausted)?;
        Ok(())
    }

    /// As PostgreSQL's `@>`: each member and each element that is wanted is there, inside as well.
    ///
    /// # Errors
    /// [`Exhausted`] when that cannot be known within the budget.
    fn contains(&mut self, found: &Value, wanted: &Value) -> Result<bool, Exhausted> {
        self.spend(1)?;
        match (found, wanted) {
            (Value::Object(found), Value::Object(wanted)) => {
                for (key, wanted) in wanted {
                    self.spend(key.len() / TEXT)?;
                    match found.get(key) {
                        Some(found) if self.contains(found, wanted)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::Array(found), Value::Array(wanted)) => {
                for wanted in wanted {
                    if !self.any_contains(found, wanted)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::String(found), Value::String(wanted)) if found.len() == wanted.len() => {
                self.spend(wanted.len() / TEXT)?;
                Ok(found == wanted)
            }
            (found, wanted) => Ok(found == wanted),
        }
    }

    fn any_contains(&mut self, found: &[Value], wanted: &Value) -> Result<bool, Exhausted> {
        for found in found {
            if self.contains(found, wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Asking for no label at all is met by an item that has none.
fn is_empty(wanted: &Value) -> bool {
    wanted.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_is_there_inside_as_well() {
        let found = json!({"a": [1, {"b": [2, 3], "c": "x"}], "d": null});
        for (wanted, expected) in [
            (json!({}), true),
            (json!({"d": null}), true),
            (json!({"a": [{"b": [3]}, 1, 1]}), true),
            (json!({"a": []}), true),
            (json!({"a": [{"b": [4]}]}), false),
            (json!({"a": [2]}), false),
            (json!({"a": {}}), false),
            (json!({"a": [{"c": "y"}]}), false),
            (json!({"e": null}), false),
            (json!([]), false),
        ] {
            let contained = Budget::of_a_request().contains(&found, &wanted);
            assert_eq!(contained, Ok(expected), "{wanted}");
        }
    }

    #[test]
    fn ordinary_labels_never_exhaust_a_request() {
        let found = json!({"team": "search", "list": ["a", "b", "c", "d"], "deep": {"n": 1}});
        let wanted = json!({"team": "search", "list": ["d", "c"], "deep": {"n": 1}});
        let mut budget = Budget::of_a_request();
        for _ in 0..200_000 {
            budget.next_item();
            assert_eq!(budget.contains(&found, &wanted), Ok(true));
        }
        // Long lists too, as many as fit into an answer.
        let found = json!({"list": (0..500).collect::<Vec<_>>()});
        let wanted = json!({"list": [499, 250]});
        for _ in 0..1000 {
            budget.next_item();
            assert_eq!(budget.contains(&found, &wanted), Ok(true));
        }
    }

    #[test]
    fn a_request_compares_so_much_and_no_more() {
        let mut budget = Budget::of_a_request();
        assert_eq!(budget.spend(MOST + FREE), Ok(()));
        assert_eq!(budget.contains(&json!(1), &json!(1)), Err(Exhausted));
        budget.next_item();
        assert_eq!(budget.contains(&json!(1), &json!(1)), Ok(true));

        let text = "x".repeat(2 * TEXT);
        let member = |key: &str| json!({ key: {"n": 1} });
        let many = |value: Value| json!(vec![value; 700]);
        for (found, wanted) in [
            // Each with each, whatever the elements are.
            (json!(vec![0; 2000]), json!([1, 2])),
            (json!([[0, 0], [0]]), json!([[1]])),
            (many(json!(text)), json!([format!("{}y", &text[1..])])),
            (many(member(&text)), json!([{ (text.as_str()): {"n": 2} }])),
        ] {
            let mut budget = Budget { left: 4, free: 0 };
            assert_eq!(budget.contains(&found, &wanted), Err(Exhausted), "{wanted}");
        }
    }
}
