//! What projects contain: the kinds of items, their slugs, and what follows
//! from what people put into them.
//!
//! Not here: what a new project starts with ([`crate::SeedCatalog`]).

use std::fmt;

use serde_json::{Map, Value};

/// The kinds of content a project holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// Questions with right answers.
    Testset,
    /// A way to judge an answer.
    Evaluator,
    /// A place to deploy to.
    Environment,
}

impl ResourceKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Testset, Self::Evaluator, Self::Environment];

    /// As databases spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Testset => "testset",
            Self::Evaluator => "evaluator",
            Self::Environment => "environment",
        }
    }

    /// Nothing for an unknown text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The name of a content item in references: unique within its kind and
/// project, and never changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceSlug(String);

/// Why a text is no slug of a content item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAResourceSlug {
    /// Empty, or a character outside of the pattern.
    #[error("a slug consists of the letters a to z and A to Z, digits, `.`, `_` and `-`")]
    Pattern,
    /// Longer than [`ResourceSlug::MAX`].
    #[error("a slug has at most 255 characters")]
    TooLong,
}

impl ResourceSlug {
    /// The rule as validation errors cite it.
    pub const PATTERN: &'static str = "^[a-zA-Z0-9._-]+$";

    /// In characters, which are all ASCII.
    pub const MAX: usize = 255;

    /// Takes the text as it is.
    pub fn parse(text: &str) -> Result<Self, NotAResourceSlug> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(NotAResourceSlug::Pattern);
        }
        if text.len() > Self::MAX {
            return Err(NotAResourceSlug::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the text away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for ResourceSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The switches of an evaluator. Clients tell absent from false, so all of
/// them are always there.
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

/// Every flag of an evaluator: what is `given` stands, `has_url` and
/// `has_script` say what its data holds, it is an evaluator, and all else is
/// off.
#[must_use]
pub fn evaluator_flags(given: &Map<String, Value>, data: Option<&Value>) -> Value {
    let holds = |member: &str| {
        let value = data.and_then(|data| data.get(member));
        value.is_some_and(|value| !value.is_null() && value != "")
    };
    let mut flags: Map<String, Value> = EVALUATOR_FLAGS
        .into_iter()
        .map(|flag| {
            let on = match flag {
                "is_evaluator" => true,
                "has_url" => holds("url"),
                "has_script" => holds("script"),
                _ => false,
            };
            (flag.to_owned(), Value::Bool(on))
        })
        .collect();
    flags.extend(given.clone());
    Value::Object(flags)
}

/// The flag of an environment that only those who may deploy can change.
pub const IS_GUARDED: &str = "is_guarded";

/// Whether these are the flags of a guarded environment.
#[must_use]
pub fn is_guarded(flags: Option<&Value>) -> bool {
    flags.and_then(|flags| flags.get(IS_GUARDED)) == Some(&Value::Bool(true))
}

/// Whether both databases can keep this: neither can keep U+0000 in a text.
/// What holds other control characters is data, and kept as it is.
#[must_use]
pub fn is_storable(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => items.iter().all(is_storable),
        Value::Object(members) => members
            .iter()
            .all(|(key, value)| !key.contains('\0') && is_storable(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slug_can_stand_in_an_address() {
        let longest = "x".repeat(255);
        for good in ["exact-match", "a", "A.b_C-9", longest.as_str()] {
            assert_eq!(ResourceSlug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "größe", "a/b", "a\n", "\0"] {
            assert_eq!(
                ResourceSlug::parse(bad),
                Err(NotAResourceSlug::Pattern),
                "{bad:?}"
            );
        }
        let long = "x".repeat(256);
        assert_eq!(ResourceSlug::parse(&long), Err(NotAResourceSlug::TooLong));
    }

    #[test]
    fn an_evaluators_flags_are_complete_and_say_what_it_holds() {
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
        let on = bare.as_object().unwrap().values().filter(|it| **it == true);
        assert_eq!(on.count(), 1, "only that it is an evaluator");
    }

    #[test]
    fn guarded_is_what_says_so() {
        assert!(is_guarded(Some(&json!({"is_guarded": true}))));
        for flags in [json!({"is_guarded": false}), json!({}), json!([])] {
            assert!(!is_guarded(Some(&flags)), "{flags}");
        }
        assert!(!is_guarded(None));
    }
}
