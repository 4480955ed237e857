//! Whether labels and notes contain what is asked for, and how much comparing
//! one request may cause. Which items are asked for otherwise is `filter`'s.

use freehold_domain::Refusal;
use serde_json::{Map, Value};

/// How many comparisons one request may cause, beside those that are free.
const MAX_COMPARISONS: usize = 1_000_000;

/// How many comparisons of each item are free: they cost less than reading the
/// item did, and a large project is to be searched like a small one.
const FREE_COMPARISONS_PER_ITEM: usize = 100;

/// A text of so many bytes counts as one comparison more.
const BYTES_PER_COMPARISON: usize = 1024;

/// What one request may still compare. Lists are compared each element with
/// each, which takes a megabyte against a megabyte a very long time.
#[derive(Debug)]
pub(super) struct ComparisonBudget {
    remaining: usize,
    free_remaining: usize,
}

/// More would have to be compared than one request may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BudgetExhausted;

impl ComparisonBudget {
    pub(super) const fn per_request() -> Self {
        Self {
            remaining: MAX_COMPARISONS,
            free_remaining: FREE_COMPARISONS_PER_ITEM,
        }
    }

    /// What is compared from here on is of another item.
    pub(super) const fn next_item(&mut self) {
        self.free_remaining = FREE_COMPARISONS_PER_ITEM;
    }

    /// Whether what an item has under `field` contains what is wanted of it, if
    /// anything is.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] when that cannot be known within the budget.
    pub(super) fn field_contains(
        &mut self,
        field: &str,
        actual: Option<&Value>,
        wanted: Option<&Value>,
    ) -> Result<bool, Refusal> {
        let Some(wanted) = wanted else {
            return Ok(true);
        };
        let contained = self.contains(actual.unwrap_or(&Value::Null), wanted);
        let contained = contained.map_err(|BudgetExhausted| Refusal::InvalidField {
            location: "body",
            field: field.to_owned(),
            problem: "this is too much to compare; ask for less".to_owned(),
        })?;
        Ok(contained || is_empty(wanted))
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

    /// As PostgreSQL's `@>`: each member and each element that is wanted is there, inside as well.
    ///
    /// # Errors
    /// [`BudgetExhausted`] when that cannot be known within the budget.
    fn contains(&mut self, actual: &Value, wanted: &Value) -> Result<bool, BudgetExhausted> {
        self.spend(1)?;
        match (actual, wanted) {
            (Value::Object(actual), Value::Object(wanted)) => {
                for (key, wanted) in wanted {
                    self.spend(key.len() / BYTES_PER_COMPARISON)?;
                    match actual.get(key) {
                        Some(actual) if self.contains(actual, wanted)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::Array(actual), Value::Array(wanted)) => {
                for wanted in wanted {
                    if !self.any_contains(actual, wanted)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::String(actual), Value::String(wanted)) if actual.len() == wanted.len() => {
                self.spend(wanted.len() / BYTES_PER_COMPARISON)?;
                Ok(actual == wanted)
            }
            (actual, wanted) => Ok(actual == wanted),
        }
    }

    fn any_contains(&mut self, actual: &[Value], wanted: &Value) -> Result<bool, BudgetExhausted> {
        for actual in actual {
            if self.contains(actual, wanted)? {
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
    fn nested_values_are_contained() {
        let actual = json!({"a": [1, {"b": [2, 3], "c": "x"}], "d": null});
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
            let contained = ComparisonBudget::per_request().contains(&actual, &wanted);
            assert_eq!(contained, Ok(expected), "{wanted}");
        }
    }

    #[test]
    fn ordinary_labels_fit_the_budget() {
        let actual = json!({"team": "search", "list": ["a", "b", "c", "d"], "deep": {"n": 1}});
        let wanted = json!({"team": "search", "list": ["d", "c"], "deep": {"n": 1}});
        let mut budget = ComparisonBudget::per_request();
        for _ in 0..200_000 {
            budget.next_item();
            assert_eq!(budget.contains(&actual, &wanted), Ok(true));
        }
        // Long lists too, as many as fit into an answer.
        let actual = json!({"list": (0..500).collect::<Vec<_>>()});
        let wanted = json!({"list": [499, 250]});
        for _ in 0..1000 {
            budget.next_item();
            assert_eq!(budget.contains(&actual, &wanted), Ok(true));
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
        for (actual, wanted) in [
            // Each with each, whatever the elements are.
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
                budget.contains(&actual, &wanted),
                Err(BudgetExhausted),
                "{wanted}"
            );
        }
    }
}
