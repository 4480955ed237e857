//! The content of a project, with the helpers of the scenarios about it.

mod concurrency;
mod create_and_update;
mod list;
mod permissions;
mod seed_templates;

use freehold_testkit::{ApiKey, Client, Response, TestApp, TestUser};
use serde_json::{Value, json};

pub(super) const NOT_ALLOWED: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
pub(super) const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";
pub(super) const KINDS: [&str; 3] = ["testset", "evaluator", "environment"];

pub(super) fn item_path(kind: &str, rest: &str) -> String {
    format!("/simple/{kind}s{rest}")
}

/// A body that creates an item; a testset needs a test case.
pub(super) fn create_body(kind: &str, slug: &str) -> Value {
    let mut item = json!({"slug": slug, "name": slug.to_uppercase()});
    if kind == "testset" {
        item["data"] = json!({"testcases": [{"data": {"a": "1"}}]});
    }
    json!({ kind: item })
}

pub(super) async fn create_item(who: &Client, kind: &str, slug: &str) -> Value {
    let created = who
        .post(&item_path(kind, "/"), &create_body(kind, slug))
        .await
        .expect_status(200);
    assert_eq!(created.json()["count"], 1, "{created}");
    created.json()[kind].clone()
}

pub(super) fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

pub(super) async fn update_item(who: &Client, kind: &str, item: &str, change: Value) -> Response {
    let mut change = change;
    change["id"] = item.into();
    let path = item_path(kind, &format!("/{item}"));
    who.put(&path, &json!({ kind: change })).await
}

pub(super) async fn post_step(who: &Client, kind: &str, item: &str, step: &str) -> Response {
    who.post_empty(&item_path(kind, &format!("/{item}/{step}")))
        .await
}

/// Reads an item; null if there is none.
pub(super) async fn get_item(who: &Client, kind: &str, item: &str) -> Value {
    let response = who
        .get(&item_path(kind, &format!("/{item}")))
        .await
        .expect_status(200);
    response.json()[kind].clone()
}

pub(super) async fn slugs(who: &Client, kind: &str, query: &Value) -> Vec<String> {
    let listed = who
        .post(&item_path(kind, "/query"), query)
        .await
        .expect_status(200);
    let items = listed.json()[format!("{kind}s")].as_array().unwrap();
    assert_eq!(listed.json()["count"], items.len());
    let slugs = items.iter().map(|item| item["slug"].as_str().unwrap());
    slugs.map(str::to_owned).collect()
}

/// Adds a member with this role to Ada's project; returns the member's key for it.
pub(super) async fn member_with_role(
    app: &TestApp,
    ada: &TestUser,
    name: &str,
    role: &str,
) -> ApiKey {
    let user = app.sign_up(name).await;
    app.insert_member(
        &ada.only_organization_id().await,
        &user,
        ["viewer", "viewer", "viewer"],
    )
    .await;
    let project = ada.projects().await[0]["project_id"].clone();
    let project = project.as_str().unwrap();
    set_role(app, &user, project, "admin").await;
    let key = user
        .create_api_key_at(&format!("/keys?project_id={project}"))
        .await;
    set_role(app, &user, project, role).await;
    key
}

async fn set_role(app: &TestApp, user: &TestUser, project: &str, role: &str) {
    let sql = format!(
        "UPDATE project_members SET role = '{role}' WHERE user_id = {} AND project_id = {}",
        app.sql_id(&user.id),
        app.sql_id(project)
    );
    app.db().execute(&sql).await.unwrap();
}

pub(super) async fn count_events(app: &TestApp, action: &str) -> i64 {
    let sql =
        format!("SELECT count(*) FROM audit_events WHERE action = '{action}' AND refused IS NULL");
    app.db().query_number(&sql).await
}
