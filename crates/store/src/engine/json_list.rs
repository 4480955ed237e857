//! Lists of ids or texts as one value, so that a statement has one text for
//! lists of any length: `IN {ids $1}`, `IN {texts $1}`, `FROM {list $1} a`.
//!
//! Not here: rows to insert, whose values are separate.

use freehold_domain::Id;

use super::Value;

/// Returns ids for `{ids $1}`, or for `{id a.value}` of a `{list $1} a`.
pub(crate) fn ids<T>(ids: &[Id<T>]) -> Value {
    // Both engines read 32 hexadecimal digits as an id.
    let ids: Vec<String> = ids
        .iter()
        .map(|id| id.uuid().simple().to_string())
        .collect();
    Value::from(serde_json::Value::from(ids))
}

/// Returns texts for `{texts $1}`, or for the `value` of a `{list $1}`.
pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> Value {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    Value::from(serde_json::Value::from(texts))
}
