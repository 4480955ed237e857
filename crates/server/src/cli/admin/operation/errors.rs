//! Messages for refusals and partial failures of the admin API.

use serde_json::Value;

use super::super::transport::Reply;
use crate::{
    admin_api::error_message, cli::shared::error::CommandError, terminal::escape_unprintable,
};

/// Returns the message of a refusal, with its status and request id.
pub(super) fn refusal_message(reply: &Reply) -> String {
    let empty = Value::Null;
    let body = reply.body.as_ref().unwrap_or(&empty);
    let message = error_message(body).unwrap_or_else(|| reply.status.to_string());
    let message = match body["reason"].as_str() {
        Some(reason) => format!("{message} ({})", escape_unprintable(reason)),
        None => message,
    };
    match body["request_id"].as_str() {
        Some(id) => format!(
            "{message} [{}, request {}]",
            reply.status.as_u16(),
            escape_unprintable(id)
        ),
        None => format!("{message} [{}]", reply.status.as_u16()),
    }
}

/// Returns the errors of single items in a successful response.
pub(super) fn partial_failure(reply: Option<&Value>) -> Option<CommandError> {
    let reply = reply?;
    let accounts = &reply["accounts"];
    let accounts = accounts.as_array().into_iter().flatten().chain(
        accounts
            .as_object()
            .into_iter()
            .flat_map(|accounts| accounts.values()),
    );
    let errors = std::iter::once(reply)
        .chain(accounts)
        .filter_map(|part| part["errors"].as_array())
        .flatten();
    let messages: Vec<String> = errors
        .map(|error| {
            error["message"]
                .as_str()
                .map_or_else(String::new, escape_unprintable)
        })
        .collect();
    (!messages.is_empty())
        .then(|| CommandError::Refused(format!("some items failed: {}", messages.join("; "))))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_of_every_shape_become_one_message() {
        let message = |body: Value| {
            refusal_message(&Reply {
                status: StatusCode::BAD_REQUEST,
                body: Some(body),
                dry_run: false,
                replayed: false,
            })
        };
        assert_eq!(
            message(json!({"detail": "Not allowed.", "request_id": "r-1"})),
            "Not allowed. [400, request r-1]"
        );
        assert_eq!(
            message(json!({"detail": {"message": "Not allowed."}})),
            "Not allowed. [400]"
        );
        assert_eq!(
            message(json!({"message": "Not allowed."})),
            "Not allowed. [400]"
        );
        assert_eq!(
            message(json!({"detail": [
                {"loc": ["body", "users", 0], "msg": "Field required"},
                {"loc": ["body", "x"], "msg": "Too long"},
            ]})),
            "body.users.0: Field required; body.x: Too long [400]"
        );
        assert_eq!(message(json!({})), "400 Bad Request [400]");
    }

    #[test]
    fn partial_failures_are_found_at_every_level() {
        let error = json!([{"code": "x", "message": "Not found.", "details": {}}]);
        for reply in [
            json!({"errors": error}),
            json!({"accounts": [{"errors": error}]}),
            json!({"accounts": {"u1": {"errors": error}}}),
        ] {
            let message = partial_failure(Some(&reply)).map(|error| error.to_string());
            assert_eq!(message.as_deref(), Some("some items failed: Not found."));
        }
        assert!(partial_failure(Some(&json!({"accounts": [{}], "errors": []}))).is_none());
        assert!(partial_failure(None).is_none());
    }
}
