//! Paths and error bodies of the admin API, for the code of this crate that sends
//! requests to it.

use serde_json::Value;

use crate::terminal::escape_unprintable;

/// Path for documents with complete accounts.
pub(crate) const SIMPLE_ACCOUNTS_PATH: &str = "/admin/simple/accounts";
/// Path for documents with a graph.
pub(crate) const ACCOUNTS_PATH: &str = "/admin/accounts";

/// Returns the path that `document` is sent to: it contains either complete
/// accounts (under `accounts`), or a graph.
pub(crate) fn path_for_document(document: &Value) -> &'static str {
    match document.get("accounts") {
        Some(_) => SIMPLE_ACCOUNTS_PATH,
        None => ACCOUNTS_PATH,
    }
}

/// Returns the message of an error response, in any of the API's error formats.
pub(crate) fn error_message(body: &Value) -> Option<String> {
    match &body["detail"] {
        Value::String(message) => Some(escape_unprintable(message)),
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

/// Returns one validation error as `location: message`.
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
