//! Operators: what their credentials open, and what they leave behind.

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

/// A named operator's key: what it is, and a program that has it.
struct Named {
    client: Client,
    text: String,
    made: Value,
}

/// Makes a named operator with the shared key.
async fn operator(app: &TestApp, name: &str, scopes: &[&str]) -> Named {
    let body = json!({"name": name, "scopes": scopes, "reason": "for a story"});
    operator_of(app, &body).await
}

async fn operator_of(app: &TestApp, body: &Value) -> Named {
    let made = app.operator().post("/admin/operators", body).await;
    let made = made.expect(200).json().clone();
    let text = made["key"].as_str().unwrap().to_owned();
    Named {
        client: app.stranger().with(format!("Access {text}")),
        text,
        made,
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
