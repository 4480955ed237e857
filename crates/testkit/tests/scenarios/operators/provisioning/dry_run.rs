//! A dry run has the response of the real request, and changes nothing.

use freehold_testkit::{TestApp, scenario};
use serde_json::{Value, json};

use super::{post_as_operator, shape, text};

/// One valid request for each endpoint.
async fn requests(app: &TestApp) -> Vec<(&'static str, Value)> {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.create_account_as_operator("cy@x.com").await;
    let scope_ids = ada.projects().await;
    let [organization, workspace, project] = ["organization_id", "workspace_id", "project_id"]
        .map(|id| json!({"id": text(&scope_ids[0][id])}));
    let user = json!({"id": bob.id});
    vec![
        (
            "/accounts/",
            json!({
                "options": {"create_identities": true, "create_api_keys": true, "return_api_keys": true},
                "users": {"new": {"email": "new@x.com"}, "old": {"email": ada.email}},
                "user_identities": {"i": {"user_ref": {"ref": "new"}, "method": "email:password", "subject": "new@x.com", "password": "Secret12!"}},
                "organizations": {"o": {"name": "O", "slug": "of-a-graph"}},
                "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
                "projects": {"p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
                "project_memberships": {"m": {"project_ref": {"ref": "p"}, "user_ref": {"ref": "old"}, "role": "editor"}},
                "api_keys": {"k": {"project_ref": {"ref": "p"}, "user_ref": {"ref": "new"}}},
            }),
        ),
        (
            "/simple/accounts/",
            json!({"accounts": {
                "a": {"user": {"email": "first@x.com"}},
                "b": {"user": {"email": "second@x.com"}, "user_identities": [{"method": "email:password", "subject": "second@x.com", "password": "Secret12!"}]},
            }}),
        ),
        (
            "/simple/accounts/users/",
            json!({"user": {"email": "dan@x.com"}}),
        ),
        (
            "/simple/accounts/users/identities/",
            json!({
                "user_ref": {"email": "cy@x.com"},
                "user_identity": {"method": "email:password", "subject": "cy@x.com", "password": "Secret12!"},
            }),
        ),
        (
            "/simple/accounts/organizations/",
            json!({"organization": {"name": "Acme", "slug": "acme"}, "owner": {"email": ada.email}}),
        ),
        (
            "/simple/accounts/organizations/memberships/",
            json!({"membership": {"organization_ref": organization, "user_ref": user, "role": "viewer"}}),
        ),
        (
            "/simple/accounts/workspaces/",
            json!({"workspace": {"name": "Lab", "organization_ref": organization}}),
        ),
        (
            "/simple/accounts/workspaces/memberships/",
            json!({"membership": {"workspace_ref": workspace, "user_ref": user, "role": "editor"}}),
        ),
        (
            "/simple/accounts/projects/",
            json!({"project": {"name": "Side", "organization_ref": organization, "workspace_ref": workspace, "is_default": true}}),
        ),
        (
            "/simple/accounts/projects/memberships/",
            json!({"membership": {"project_ref": project, "user_ref": user, "role": "viewer"}}),
        ),
        (
            "/simple/accounts/api-keys/",
            json!({"api_key": {"project_ref": project, "user_ref": {"id": ada.id}}, "options": {"return_api_keys": true}}),
        ),
    ]
}

/// As [`shape`], without the random prefixes of keys.
fn comparable_without_prefixes(response: &Value) -> Value {
    let mut shape = shape(response);
    clear_prefixes(&mut shape);
    shape
}

fn clear_prefixes(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(clear_prefixes),
        Value::Object(members) => {
            if let Some(prefix) = members.get_mut("prefix") {
                assert_eq!(text(prefix).len(), 8);
                *prefix = Value::Null;
            }
            members.values_mut().for_each(clear_prefixes);
        }
        _ => {}
    }
}

scenario!(every_provisioning_request_supports_dry_run, async |app| {
    for (path, request) in requests(app).await {
        let before = app.db().contents().await;
        let mut by_option = request.clone();
        by_option["options"]["dry_run"] = true.into();
        let by_option = post_as_operator(app, path, &by_option)
            .await
            .expect_status(200);
        let by_query = post_as_operator(app, &format!("{path}?dry_run=true"), &request).await;
        let by_query = by_query.expect_status(200);
        assert_eq!(app.db().contents().await, before, "{path}");

        let executed = post_as_operator(app, path, &request)
            .await
            .expect_status(200);
        assert_ne!(app.db().contents().await, before, "{path}");
        assert_eq!(executed.header("x-dry-run"), None);
        for dry_run in [by_option, by_query] {
            assert_eq!(dry_run.header("x-dry-run"), Some("true"), "{dry_run}");
            assert_eq!(
                comparable_without_prefixes(dry_run.json()).to_string(),
                comparable_without_prefixes(executed.json()).to_string(),
                "{path}"
            );
        }
    }
});

scenario!(provisioning_dry_run_refuses_alike, async |app| {
    let ada = app.sign_up("ada").await;
    let request = json!({"user": {"email": ada.email}, "options": {"dry_run": true}});
    let response = post_as_operator(app, "/simple/accounts/users/", &request)
        .await
        .expect_status(409);
    assert_eq!(response.code(), "account_exists");
});
