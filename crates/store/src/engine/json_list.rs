//! Lists of ids or texts as one value, so that a statement has one text for
//! lists of any length.
//!
//! Not here: rows to insert, whose values are separate.

use freehold_domain::Id;

use super::Value;

/// In a statement, the items of the list `$n`. The engine's name comes first,
/// because the engines read lists differently.
macro_rules! list_items {
    (sqlite, ids $n:literal) => {
        concat!("(SELECT unhex(value) FROM json_each(", $n, "))")
    };
    (postgres, ids $n:literal) => {
        concat!("(SELECT jsonb_array_elements_text(", $n, ")::uuid)")
    };
    (sqlite, texts $n:literal) => {
        concat!("(SELECT value FROM json_each(", $n, "))")
    };
    (postgres, texts $n:literal) => {
        concat!("(SELECT jsonb_array_elements_text(", $n, "))")
    };
}
pub(crate) use list_items;

/// Returns ids for `list_items!(…, ids …)`.
pub(crate) fn ids<T>(ids: &[Id<T>]) -> Value {
    // Both engines read 32 hexadecimal digits as an id.
    let ids: Vec<String> = ids
        .iter()
        .map(|id| id.uuid().simple().to_string())
        .collect();
    Value::from(serde_json::Value::from(ids))
}

/// Returns texts for `list_items!(…, texts …)`.
pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    Value::from(serde_json::Value::from(texts))
}
