//! What the API would not do, in its own words.

use serde_json::Value;

use super::super::transport::Reply;
use crate::{admin_api::sentence, cli::shared::error::Failed, terminal::visible};

/// Why the answer is no, as a sentence, and the id under which the server
/// remembers it.
pub(super) fn refusal(reply: &Reply) -> String {
    let empty = Value::Null;
    let body = reply.body.as_ref().unwrap_or(&empty);
    let sentence = sentence(body).unwrap_or_else(|| reply.status.to_string());
    let sentence = match body["reason"].as_str() {
        Some(reason) => format!("{sentence} ({})", visible(reason)),
        None => sentence,
    };
    match body["request_id"].as_str() {
        Some(id) => format!(
            "{sentence} [{}, request {}]",
            reply.status.as_u16(),
            visible(id)
        ),
        None => format!("{sentence} [{}]", reply.status.as_u16()),
    }
}

/// What an answer says could not be done although the rest was.
pub(super) fn left_undone(answer: Option<&Value>) -> Option<Failed> {
    let answer = answer?;
    let accounts = &answer["accounts"];
    let accounts = accounts.as_array().into_iter().flatten().chain(
        accounts
            .as_object()
            .into_iter()
            .flat_map(|accounts| accounts.values()),
    );
    let errors = std::iter::once(answer)
        .chain(accounts)
        .filter_map(|part| part["errors"].as_array())
        .flatten();
    let said: Vec<String> = errors
        .map(|error| error["message"].as_str().map_or_else(String::new, visible))
        .collect();
    (!said.is_empty()).then(|| Failed::Refused(format!("not all was done: {}", said.join("; "))))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_a_sentence_in_whichever_form_it_comes() {
        let said = |body: Value| {
            refusal(&Reply {
                status: StatusCode::BAD_REQUEST,
                body: Some(body),
                rehearsed: false,
                replayed: false,
            })
        };
        assert_eq!(
            said(json!({"detail": "No.", "request_id": "r-1"})),
            "No. [400, request r-1]"
        );
        assert_eq!(said(json!({"detail": {"message": "No."}})), "No. [400]");
        assert_eq!(said(json!({"message": "No."})), "No. [400]");
        assert_eq!(
            said(json!({"detail": [
                {"loc": ["body", "users", 0], "msg": "Field required"},
                {"loc": ["body", "x"], "msg": "Too long"},
            ]})),
            "body.users.0: Field required; body.x: Too long [400]"
        );
        assert_eq!(said(json!({})), "400 Bad Request [400]");
    }

    #[test]
    fn what_was_left_undone_is_found_wherever_it_is_said() {
        let error = json!([{"code": "x", "message": "Not this.", "details": {}}]);
        for answer in [
            json!({"errors": error}),
            json!({"accounts": [{"errors": error}]}),
            json!({"accounts": {"u1": {"errors": error}}}),
        ] {
            let said = left_undone(Some(&answer)).map(|failed| failed.to_string());
            assert_eq!(said.as_deref(), Some("not all was done: Not this."));
        }
        assert!(left_undone(Some(&json!({"accounts": [{}], "errors": []}))).is_none());
        assert!(left_undone(None).is_none());
    }
}
