//! Operators: what their credentials give access to, and what is recorded.

mod access;
pub(crate) mod deprovisioning;
mod directory;
mod explain;
mod imports;
mod keys;
mod passwords;
mod provisioning;
mod request_options;
mod transfers;

use freehold_testkit::{Client, TestApp};
use serde_json::{Value, json};

/// A named operator's key: its text, and a client that uses it.
struct NamedOperator {
    client: Client,
    text: String,
    response: Value,
}

/// Creates a named operator with the shared key.
async fn create_operator(app: &TestApp, name: &str, scopes: &[&str]) -> NamedOperator {
    let body = json!({"name": name, "scopes": scopes, "reason": "for a test"});
    create_operator_from(app, &body).await
}

async fn create_operator_from(app: &TestApp, body: &Value) -> NamedOperator {
    let response = app.operator().post("/admin/operators", body).await;
    let response = response.expect_status(200).json().clone();
    let text = response["key"].as_str().unwrap().to_owned();
    NamedOperator {
        client: app.anonymous().with_authorization(format!("Access {text}")),
        text,
        response,
    }
}

const SCOPES: [&str; 6] = [
    "accounts:read",
    "accounts:write",
    "accounts:delete",
    "credentials:write",
    "audit:read",
    "operators:write",
];
