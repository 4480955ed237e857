//! What whoever asks the API from inside of this program has to know of its
//! documents and of its refusals.

use serde_json::Value;

use crate::terminal::escape_unprintable;

/// Where complete accounts go.
pub(crate) const SIMPLE_ACCOUNTS_PATH: &str = "/admin/simple/accounts";
/// Where graphs go.
pub(crate) const ACCOUNTS_PATH: &str = "/admin/accounts";

/// Where a document goes: whether it holds complete accounts by themselves, or
/// a graph.
pub(crate) fn path_for_document(document: &Value) -> &'static str {
    match document.get("accounts") {
        Some(_) => SIMPLE_ACCOUNTS_PATH,
        None => ACCOUNTS_PATH,
    }
}

/// The words of a refusal, in whichever form it comes; nothing if it has none.
pub(crate) fn error_message(body: &Value) -> Option<String> {
    match &body["detail"] {
        Value::String(error_message) => Some(escape_unprintable(error_message)),
        Value::Array(errors) => Some(
            errors
                .iter()
                .map(validation_error)
                .collect::<Vec<_>>()
                .join("; "),
        ),
        detail => {
            let message = detail["message"].as_str().or(body["message"].as_str());
            message.map(escape_unprintable)
        }
    }
}

/// One mistake in a request: where, and what.
fn validation_error(item: &Value) -> String {
    let location = item["loc"].as_array().into_iter().flatten();
    let location: Vec<String> = location
        .map(|part| match part {
            Value::String(part) => escape_unprintable(part),
            part => part.to_string(),
        })
        .collect();
    let message = item["msg"]
        .as_str()
        .map_or_else(String::new, escape_unprintable);
    format!("{}: {message}", location.join("."))
}
