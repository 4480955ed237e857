//! Operators create accounts for other users: responses, refusals, and the
//! resulting rows.

mod account_use;
mod dry_run;
mod graphs;
mod idempotency;
mod memberships;
mod references;
mod refusals;
mod responses;
mod single_entities;

use freehold_testkit::{Response, TestApp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The length of an API key's secret, the longest of the unpredictable texts.
const API_KEY_SECRET_LENGTH: usize = 64;

/// Sends a request as the operator, with any result.
async fn post_as_operator(app: &TestApp, path: &str, body: &Value) -> Response {
    app.operator().post(&format!("/admin{path}"), body).await
}

/// Sends a request as the operator, which has to succeed. Returns its body.
async fn create(app: &TestApp, path: &str, body: &Value) -> Value {
    post_as_operator(app, path, body)
        .await
        .expect_status(200)
        .json()
        .clone()
}

/// The one account of a graph's response.
fn graph(response: &Value) -> &Value {
    assert_eq!(
        response["accounts"].as_array().unwrap().len(),
        1,
        "{response}"
    );
    &response["accounts"][0]
}

/// A text of a response.
#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A graph's response in which only this was created.
fn only_entity(made: &Value) -> Value {
    let mut account = json!({
        "users": {}, "user_identities": {}, "organizations": {}, "workspaces": {}, "projects": {},
        "organization_memberships": {}, "workspace_memberships": {}, "project_memberships": {},
    });
    for (kind, parts) in made.as_object().unwrap() {
        account[kind] = parts.clone();
    }
    json!({"accounts": [account]})
}

/// A response without random values and times: `#1` is the first id, wherever it
/// occurs, so that references can still be compared.
fn shape(response: &Value) -> Value {
    let mut known = Vec::new();
    normalize(response, &mut known)
}

fn normalize(value: &Value, known: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) => normalize_text(text, known).into(),
        Value::Array(items) => items.iter().map(|item| normalize(item, known)).collect(),
        Value::Object(members) => {
            let shape = |(key, value): (&String, &Value)| (key.clone(), normalize(value, known));
            Value::Object(members.iter().map(shape).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn normalize_text(text: &str, known: &mut Vec<String>) -> String {
    if Uuid::parse_str(text).is_ok() {
        assert_eq!(text, text.to_lowercase());
        let position = known.iter().position(|id| id == text);
        let position = position.unwrap_or_else(|| {
            known.push(text.to_owned());
            known.len() - 1
        });
        return format!("#{}", position + 1);
    }
    if is_timestamp(text) {
        return "T".to_owned();
    }
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('.') {
        Some((prefix, secret)) if prefix.len() == 8 && secret.len() == API_KEY_SECRET_LENGTH => {
            assert!(alphanumeric(prefix) && alphanumeric(secret), "{text}");
            "KEY".to_owned()
        }
        _ => text.to_owned(),
    }
}

/// Whether a text is a time: `2026-11-23T11:37:28.297875+00:00`
fn is_timestamp(text: &str) -> bool {
    let pattern = "0000-00-00T00:00:00.000000+00:00";
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, like)| {
            if like == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == like
            }
        })
}

#[test]
fn normalization_keeps_references() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let at = "2026-11-23T11:37:28.297875+00:00";
    let response = json!({"b": one, "a": [two, one], "at": at, "late": "2026-11-23 11:37"});
    assert_eq!(
        shape(&response),
        json!({"b": "#1", "a": ["#2", "#1"], "at": "T", "late": "2026-11-23 11:37"})
    );
    let key = format!("ZZZmxEmN.{}", "9".repeat(API_KEY_SECRET_LENGTH));
    assert_eq!(shape(&key.into()), json!("KEY"));
}
