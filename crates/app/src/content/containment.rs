//! Whether an item's tags and metadata contain the requested ones, with a limit
//! on the comparisons of one request. The other conditions are in `filter`.

use freehold_domain::Refusal;
use serde_json::{Map, Value};

/// The largest number of comparisons per request, not counting the free ones.
const MAX_COMPARISONS: usize = 1_000_000;

/// The comparisons per item that are free. They cost less than reading the
/// item, so the size of the project does not matter.
const FREE_COMPARISONS_PER_ITEM: usize = 100;

/// A text counts as one more comparison for each of these bytes.
const BYTES_PER_COMPARISON: usize = 1024;

/// The comparisons that a request has left. Lists are compared element by
/// element, which takes very long for two lists of a megabyte.
#[derive(Debug)]
pub(super) struct ComparisonBudget {
    remaining: usize,
    free_remaining: usize,
}

/// The request needs more comparisons than its budget has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BudgetExhausted;

impl ComparisonBudget {
    pub(super) const fn per_request() -> Self {
        Self {
            remaining: MAX_COMPARISONS,
            free_remaining: FREE_COMPARISONS_PER_ITEM,
        }
    }

    /// Starts the next item, which has free comparisons of its own.
    pub(super) const fn next_item(&mut self) {
        self.free_remaining = FREE_COMPARISONS_PER_ITEM;
    }

    /// Whether the item's value of `field` contains the requested value; true
    /// if none was requested.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] if the budget does not suffice.
    pub(super) fn field_contains(
        &mut self,
        field: &str,
        actual: Option<&Value>,
        requested: Option<&Value>,
    ) -> Result<bool, Refusal> {
        let Some(requested) = requested else {
            return Ok(true);
        };
        let contained = self.contains(actual.unwrap_or(&Value::Null), requested);
        let contained = contained.map_err(|BudgetExhausted| Refusal::InvalidField {
            location: "body",
            field: field.to_owned(),
            problem: "this needs too many comparisons; ask for less".to_owned(),
        })?;
        Ok(contained || is_empty(requested))
    }

    fn spend(&mut self, comparisons: usize) -> Result<(), BudgetExhausted> {
        let free_remaining = comparisons.min(self.free_remaining);
        self.free_remaining -= free_remaining;
        self.remaining = self
            .remaining
            .checked_sub(comparisons - free_remaining)
            .ok_or(BudgetExhausted)?;
        Ok(())
    }

    /// Like PostgreSQL's `@>`: each requested member and element is contained,
    /// recursively.
    ///
    /// # Errors
    /// [`BudgetExhausted`] if the budget does not suffice.
    fn contains(&mut self, actual: &Value, requested: &Value) -> Result<bool, BudgetExhausted> {
        self.spend(1)?;
        match (actual, requested) {
            (Value::Object(actual), Value::Object(requested)) => {
                for (key, requested) in requested {
                    self.spend(key.len() / BYTES_PER_COMPARISON)?;
                    match actual.get(key) {
                        Some(actual) if self.contains(actual, requested)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::Array(actual), Value::Array(requested)) => {
                for requested in requested {
                    if !self.any_contains(actual, requested)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::String(actual), Value::String(requested))
                if actual.len() == requested.len() =>
            {
                self.spend(requested.len() / BYTES_PER_COMPARISON)?;
                Ok(actual == requested)
            }
            (actual, requested) => Ok(actual == requested),
        }
    }

    fn any_contains(
        &mut self,
        actual: &[Value],
        requested: &Value,
    ) -> Result<bool, BudgetExhausted> {
        for actual in actual {
            if self.contains(actual, requested)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// An empty object also matches an item without tags.
fn is_empty(requested: &Value) -> bool {
    requested.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_values_are_contained() {
        let actual = json!({"a": [1, {"b": [2, 3], "c": "x"}], "d": null});
        for (requested, expected) in [
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
            let contained = ComparisonBudget::per_request().contains(&actual, &requested);
            assert_eq!(contained, Ok(expected), "{requested}");
        }
    }

    #[test]
    fn ordinary_tags_fit_the_budget() {
        let actual = json!({"team": "search", "list": ["a", "b", "c", "d"], "deep": {"n": 1}});
        let requested = json!({"team": "search", "list": ["d", "c"], "deep": {"n": 1}});
        let mut budget = ComparisonBudget::per_request();
        for _ in 0..200_000 {
            budget.next_item();
            assert_eq!(budget.contains(&actual, &requested), Ok(true));
        }
        // Long lists too, as many as fit into a response.
        let actual = json!({"list": (0..500).collect::<Vec<_>>()});
        let requested = json!({"list": [499, 250]});
        for _ in 0..1000 {
            budget.next_item();
            assert_eq!(budget.contains(&actual, &requested), Ok(true));
        }
    }

    #[test]
    fn comparisons_are_bounded() {
        let mut budget = ComparisonBudget::per_request();
        assert_eq!(
            budget.spend(MAX_COMPARISONS + FREE_COMPARISONS_PER_ITEM),
            Ok(())
        );
        assert_eq!(budget.contains(&json!(1), &json!(1)), Err(BudgetExhausted));
        budget.next_item();
        assert_eq!(budget.contains(&json!(1), &json!(1)), Ok(true));

        let text = "x".repeat(2 * BYTES_PER_COMPARISON);
        let member = |key: &str| json!({ key: {"n": 1} });
        let many = |value: Value| json!(vec![value; 700]);
        for (actual, requested) in [
            // Each element with each, whatever the elements are.
            (json!(vec![0; 2000]), json!([1, 2])),
            (json!([[0, 0], [0]]), json!([[1]])),
            (many(json!(text)), json!([format!("{}y", &text[1..])])),
            (many(member(&text)), json!([{ (text.as_str()): {"n": 2} }])),
        ] {
            let mut budget = ComparisonBudget {
                remaining: 4,
                free_remaining: 0,
            };
            assert_eq!(
                budget.contains(&actual, &requested),
                Err(BudgetExhausted),
                "{requested}"
            );
        }
    }
}
