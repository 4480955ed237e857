//! The content of a project: what the stories below it are told with.

mod concurrency;
mod create_and_update;
mod list;
mod permissions;
mod seed_templates;

use freehold_testkit::{Answer, ApiKey, Client, Person, TestApp};
use serde_json::{Value, json};

pub(super) const NOT_ALLOWED: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
pub(super) const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";
pub(super) const KINDS: [&str; 3] = ["testset", "evaluator", "environment"];

pub(super) fn at(kind: &str, rest: &str) -> String {
    format!("/simple/{kind}s{rest}")
}

/// A body that makes an item; testsets have to hold something.
pub(super) fn new(kind: &str, slug: &str) -> Value {
    let mut item = json!({"slug": slug, "name": slug.to_uppercase()});
    if kind == "testset" {
        item["data"] = json!({"testcases": [{"data": {"a": "1"}}]});
    }
    json!({ kind: item })
}

pub(super) async fn makes(who: &Client, kind: &str, slug: &str) -> Value {
    let made = who.post(&at(kind, "/"), &new(kind, slug)).await.expect(200);
    assert_eq!(made.json()["count"], 1, "{made}");
    made.json()[kind].clone()
}

pub(super) fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

pub(super) async fn changes(who: &Client, kind: &str, item: &str, change: Value) -> Answer {
    let mut change = change;
    change["id"] = item.into();
    let path = at(kind, &format!("/{item}"));
    who.put(&path, &json!({ kind: change })).await
}

pub(super) async fn step(who: &Client, kind: &str, item: &str, step: &str) -> Answer {
    who.post_nothing(&at(kind, &format!("/{item}/{step}")))
        .await
}

/// The item as it is read, or nothing.
pub(super) async fn seen(who: &Client, kind: &str, item: &str) -> Value {
    let answer = who.get(&at(kind, &format!("/{item}"))).await.expect(200);
    answer.json()[kind].clone()
}

pub(super) async fn slugs(who: &Client, kind: &str, query: &Value) -> Vec<String> {
    let found = who.post(&at(kind, "/query"), query).await.expect(200);
    let items = found.json()[format!("{kind}s")].as_array().unwrap();
    assert_eq!(found.json()["count"], items.len());
    let slugs = items.iter().map(|it| it["slug"].as_str().unwrap());
    slugs.map(str::to_owned).collect()
}

/// Somebody with this role in Ada's organization, who works in its project.
pub(super) async fn colleague(app: &TestApp, ada: &Person, name: &str, role: &str) -> ApiKey {
    let person = app.person(name).await;
    app.adds_member(&ada.home().await, &person, ["viewer", "viewer", "viewer"])
        .await;
    let project = ada.projects().await[0]["project_id"].clone();
    let project = project.as_str().unwrap();
    become_a(app, &person, project, "admin").await;
    let key = person
        .adds_key_at(&format!("/keys?project_id={project}"))
        .await;
    become_a(app, &person, project, role).await;
    key
}

async fn become_a(app: &TestApp, person: &Person, project: &str, role: &str) {
    let sql = format!(
        "UPDATE project_members SET role = '{role}' WHERE user_id = {} AND project_id = {}",
        app.sql(&person.id),
        app.sql(project)
    );
    app.db().raw(&sql).await.unwrap();
}

pub(super) async fn events(app: &TestApp, action: &str) -> i64 {
    let sql =
        format!("SELECT count(*) FROM audit_events WHERE action = '{action}' AND refused IS NULL");
    app.db().number(&sql).await
}
