//! Many ids or texts as one value: a statement over a list has one text,
//! however long the list is.
//!
//! Not here: rows that are inserted; they are values of their own.

use freehold_domain::Id;

use super::Value;

/// In a statement, what stands in the list `$n`. The engines open lists up in
/// different words, so the engine's name comes first.
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

/// Ids for `list_items!(…, ids …)`.
pub(crate) fn ids<T>(ids: &[Id<T>]) -> Value {
    // Both engines read thirty-two digits as an id.
    let ids: Vec<String> = ids
        .iter()
        .map(|id| id.uuid().simple().to_string())
        .collect();
    Value::from(serde_json::Value::from(ids))
}

/// Texts for `list_items!(…, texts …)`.
pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    Value::from(serde_json::Value::from(texts))
}
