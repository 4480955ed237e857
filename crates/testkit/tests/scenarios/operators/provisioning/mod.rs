//! Operators make accounts for others: what is answered, what is refused, what
//! is there afterwards.

mod account_use;
mod dry_run;
mod graphs;
mod idempotency;
mod memberships;
mod references;
mod refusals;
mod responses;
mod single_entities;

use freehold_testkit::{Answer, TestApp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The longest of many texts that cannot be foreseen is an API key's.
const SECRET: usize = 64;

/// Asks as the operator, whatever comes of it.
async fn posts(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.operator().post(&format!("/admin{path}"), body).await
}

/// What the operator is answered who has to succeed.
async fn makes(app: &TestApp, path: &str, body: &Value) -> Value {
    posts(app, path, body).await.expect(200).json().clone()
}

/// The one account of a graph's answer.
fn graph(answer: &Value) -> &Value {
    assert_eq!(answer["accounts"].as_array().unwrap().len(), 1, "{answer}");
    &answer["accounts"][0]
}

/// A text of an answer.
#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A graph's answer in which nothing was made but this.
fn only(made: &Value) -> Value {
    let mut account = json!({
        "users": {}, "user_identities": {}, "organizations": {}, "workspaces": {}, "projects": {},
        "organization_memberships": {}, "workspace_memberships": {}, "project_memberships": {},
    });
    for (kind, parts) in made.as_object().unwrap() {
        account[kind] = parts.clone();
    }
    json!({"accounts": [account]})
}

/// An answer without what chance and the clock put in: `#1` is the id that comes
/// first, and wherever it stands again. Who refers to whom stays to be seen.
fn shape(answer: &Value) -> Value {
    let mut known = Vec::new();
    shaped(answer, &mut known)
}

fn shaped(value: &Value, known: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) => shaped_text(text, known).into(),
        Value::Array(items) => items.iter().map(|item| shaped(item, known)).collect(),
        Value::Object(members) => {
            let shape = |(key, value): (&String, &Value)| (key.clone(), shaped(value, known));
            Value::Object(members.iter().map(shape).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn shaped_text(text: &str, known: &mut Vec<String>) -> String {
    if Uuid::parse_str(text).is_ok() {
        assert_eq!(text, text.to_lowercase());
        let place = known.iter().position(|id| id == text);
        let place = place.unwrap_or_else(|| {
            known.push(text.to_owned());
            known.len() - 1
        });
        return format!("#{}", place + 1);
    }
    if is_moment(text) {
        return "T".to_owned();
    }
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once('.') {
        Some((prefix, secret)) if prefix.len() == 8 && secret.len() == SECRET => {
            assert!(alphanumeric(prefix) && alphanumeric(secret), "{text}");
            "KEY".to_owned()
        }
        _ => text.to_owned(),
    }
}

/// `2026-11-23T11:37:28.297875+00:00`
fn is_moment(text: &str) -> bool {
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
fn a_shape_keeps_who_refers_to_whom() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let at = "2026-11-23T11:37:28.297875+00:00";
    let answer = json!({"b": one, "a": [two, one], "at": at, "late": "2026-11-23 11:37"});
    assert_eq!(
        shape(&answer),
        json!({"b": "#1", "a": ["#2", "#1"], "at": "T", "late": "2026-11-23 11:37"})
    );
    let key = format!("ZZZmxEmN.{}", "9".repeat(SECRET));
    assert_eq!(shape(&key.into()), json!("KEY"));
}
