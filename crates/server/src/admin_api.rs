//! What whoever asks the API from inside of this program has to know of its
//! documents and of its refusals.

use serde_json::Value;

use crate::terminal::visible;

/// Where complete accounts go.
pub(crate) const SIMPLE_ACCOUNTS: &str = "/admin/simple/accounts";
/// Where graphs go.
pub(crate) const ACCOUNTS: &str = "/admin/accounts";

/// Where a document goes: whether it holds complete accounts by themselves, or
/// a graph.
pub(crate) fn route_of(document: &Value) -> &'static str {
    match document.get("accounts") {
        Some(_) => SIMPLE_ACCOUNTS,
        None => ACCOUNTS,
    }
}

/// The words of a refusal, in whichever form it comes; nothing if it has none.
pub(crate) fn sentence(body: &Value) -> Option<String> {
    match &body["detail"] {
        Value::String(sentence) => Some(visible(sentence)),
        Value::Array(mistakes) => Some(mistakes.iter().map(mistake).collect::<Vec<_>>().join("; ")),
        detail => {
            let said = detail["message"].as_str().or(body["message"].as_str());
            said.map(visible)
        }
    }
}

/// One mistake in a request: where, and what.
fn mistake(item: &Value) -> String {
    let place = item["loc"].as_array().into_iter().flatten();
    let place: Vec<String> = place
        .map(|part| match part {
            Value::String(part) => visible(part),
            part => part.to_string(),
        })
        .collect();
    let what = item["msg"].as_str().map_or_else(String::new, visible);
    format!("{}: {what}", place.join("."))
}
