//! The flags of evaluators and environments.

use serde_json::{Map, Value};

/// The flags of an evaluator. Clients distinguish absent from false, so all of
/// them are always present.
pub const EVALUATOR_FLAGS: [&str; 17] = [
    "is_application",
    "is_evaluator",
    "is_snippet",
    "is_managed",
    "is_custom",
    "is_llm",
    "is_hook",
    "is_code",
    "is_match",
    "is_feedback",
    "is_agent",
    "is_skill",
    "is_chat",
    "has_url",
    "has_script",
    "has_handler",
    "is_static",
];

/// Returns all flags of an evaluator: those in `given`, and for the others,
/// `is_evaluator` is true, `has_url` and `has_script` follow from the data, and
/// the rest is false.
#[must_use]
pub fn evaluator_flags(given: &Map<String, Value>, data: Option<&Value>) -> Value {
    let has = |member: &str| {
        let value = data.and_then(|data| data.get(member));
        value.is_some_and(|value| !value.is_null() && value != "")
    };
    let mut flags: Map<String, Value> = EVALUATOR_FLAGS
        .into_iter()
        .map(|flag| {
            let on = match flag {
                "is_evaluator" => true,
                "has_url" => has("url"),
                "has_script" => has("script"),
                _ => false,
            };
            (flag.to_owned(), Value::Bool(on))
        })
        .collect();
    flags.extend(given.clone());
    Value::Object(flags)
}

/// The flag of a guarded environment, which only members who may deploy can
/// change.
pub const IS_GUARDED: &str = "is_guarded";

/// Whether these are the flags of a guarded environment.
#[must_use]
pub fn is_guarded(flags: Option<&Value>) -> bool {
    flags.and_then(|flags| flags.get(IS_GUARDED)) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn evaluator_flags_are_complete_and_follow_the_data() {
        let given = json!({"is_custom": true, "has_script": true, "own": false});
        let data = json!({"url": "http://x", "script": ""});
        let flags = evaluator_flags(given.as_object().unwrap(), Some(&data));
        assert_eq!(flags.as_object().unwrap().len(), 18);
        for (flag, on) in [
            ("is_evaluator", true),
            ("has_url", true),
            ("has_script", true),
            ("is_custom", true),
            ("own", false),
            ("is_managed", false),
        ] {
            assert_eq!(flags[flag], on, "{flag}");
        }
        let bare = evaluator_flags(&Map::new(), None);
        let on = bare
            .as_object()
            .unwrap()
            .values()
            .filter(|value| **value == true);
        assert_eq!(on.count(), 1, "only is_evaluator");
    }

    #[test]
    fn only_is_guarded_true_is_guarded() {
        assert!(is_guarded(Some(&json!({"is_guarded": true}))));
        for flags in [json!({"is_guarded": false}), json!({}), json!([])] {
            assert!(!is_guarded(Some(&flags)), "{flags}");
        }
        assert!(!is_guarded(None));
    }
}
