//! The responses to graphs and batches are exactly those of the reference API.

use freehold_testkit::scenario;
use serde_json::{Value, json};

use super::{create, only_entity, shape};

/// The example of the reference API.
fn example() -> Value {
    json!({
        "options": {"create_api_keys": true, "return_api_keys": true},
        "users": {"u1": {"email": "g@x.com", "name": "G"}},
        "user_identities": {"i1": {"user_ref": {"ref": "u1"}, "method": "email:password", "subject": "g@x.com", "password": "Secret12!"}},
        "organizations": {"o1": {"name": "GO", "owner_user_ref": {"ref": "u1"}}},
        "subscriptions": {"o1": {"plan": "cloud_v0_business"}},
        "workspaces": {"w1": {"name": "GW", "organization_ref": {"ref": "o1"}}},
        "projects": {"p1": {"name": "GP", "organization_ref": {"ref": "o1"}, "workspace_ref": {"ref": "w1"}, "is_default": true}},
        "organization_memberships": {"om": {"organization_ref": {"ref": "o1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "workspace_memberships": {"wm": {"workspace_ref": {"ref": "w1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "project_memberships": {"pm": {"project_ref": {"ref": "p1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "api_keys": {"k": {"project_ref": {"ref": "p1"}, "user_ref": {"ref": "u1"}}},
    })
}

/// The response, whose key has an unpredictable prefix.
fn made(prefix: &Value) -> Value {
    json!({"accounts": [{
        "users": {"u1": {"id": "#1", "uid": "#1", "email": "g@x.com", "username": "G", "name": "G", "created_at": "T", "updated_at": "T"}},
        "user_identities": {},
        "organizations": {"o1": {"id": "#2", "name": "GO", "owner_user_id": "#1", "created_at": "T", "updated_at": "T"}},
        "workspaces": {"w1": {"id": "#3", "name": "GW", "organization_id": "#2", "created_at": "T", "updated_at": "T"}},
        "projects": {"p1": {"id": "#4", "name": "GP", "organization_id": "#2", "workspace_id": "#3", "is_default": true, "created_at": "T", "updated_at": "T"}},
        "organization_memberships": {"om": {"id": "#5", "organization_id": "#2", "user_id": "#1", "role": "owner"}},
        "workspace_memberships": {"wm": {"id": "#6", "workspace_id": "#3", "user_id": "#1", "role": "owner"}},
        "project_memberships": {"pm": {"id": "#7", "project_id": "#4", "user_id": "#1", "role": "owner"}},
        "api_keys": {"k": {"id": "#8", "prefix": prefix, "project_id": "#4", "user_id": "#1", "value": "KEY"}},
    }]})
}

scenario!(graph_response_matches_the_reference, async |app| {
    let response = create(app, "/accounts/", &example()).await;
    let key = &response["accounts"][0]["api_keys"]["k"];
    let (prefix, _) = key["value"].as_str().unwrap().split_once('.').unwrap();
    assert_eq!(key["prefix"], prefix);
    assert_eq!(shape(&response), made(&prefix.into()));
    // The response has the order of the reference API, and each map that of the request.
    let order: Vec<_> = response["accounts"][0]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    let wanted = made(&prefix.into());
    let wanted: Vec<_> = wanted["accounts"][0].as_object().unwrap().keys().collect();
    assert_eq!(order, wanted);
});

scenario!(graph_options_limit_what_is_created, async |app| {
    let mut request = example();
    request["options"] = json!({"create_identities": true});
    let response = create(app, "/accounts", &request).await;
    let account = &response["accounts"][0];
    assert!(account.get("api_keys").is_none(), "{response}");
    assert!(response.get("errors").is_none(), "{response}");
    let user = &account["users"]["u1"]["id"];
    let identity = &account["user_identities"]["i1"];
    assert_eq!(
        shape(identity),
        json!({"id": "#1", "user_id": "#2", "method": "email:password", "subject": "g@x.com", "email": "g@x.com", "status": "created", "verified": false})
    );
    assert_eq!(identity["user_id"], *user);

    request["options"] = json!({"create_api_keys": true});
    request["users"]["u1"]["email"] = "h@x.com".into();
    let response = create(app, "/accounts", &request).await;
    let account = &response["accounts"][0];
    assert_eq!(account["user_identities"], json!({}));
    let key = account["api_keys"]["k"].as_object().unwrap();
    assert!(!key.contains_key("value"), "{response}");
});

scenario!(an_empty_graph_is_answered_with_empty_maps, async |app| {
    let response = create(app, "/accounts/", &json!({})).await;
    assert_eq!(response, only_entity(&json!({})));
    let counted = app.db().query_number("SELECT count(*) FROM users").await;
    assert_eq!(counted, 0);
});

scenario!(refs_come_back_in_the_order_of_the_request, async |app| {
    let names = ["zoe", "adam", "mia", "bob"];
    let mut users = json!({});
    for name in names {
        users[name] = json!({"email": format!("{name}@x.com")});
    }
    let response = create(app, "/accounts/", &json!({"users": users})).await;
    let users = response["accounts"][0]["users"].as_object().unwrap();
    assert_eq!(users.keys().collect::<Vec<_>>(), names);
    // Without a name in the request, the name is the part before the `@`.
    assert_eq!(users["zoe"]["username"], "zoe");
});

scenario!(
    simple_accounts_response_matches_the_reference,
    async |app| {
        let request = json!({
            "options": {"seed_defaults": true},
            "accounts": {"u1": {
                "user": {"email": "alice@x.com", "name": "Alice"},
                "organization": {"name": "Acme"}, "workspace": null, "project": null,
                "user_identities": [{"method": "email:password", "subject": "alice@x.com", "password": "Secret12!"}],
                "organization_memberships": null, "workspace_memberships": null, "project_memberships": null,
                "subscription": {"plan": "cloud_v0_business"},
                "options": {"create_api_keys": true, "return_api_keys": true},
            }},
        });
        let response = create(app, "/simple/accounts/", &request).await;
        let wanted = json!({"accounts": {"u1": {
            "user": {"id": "#1", "uid": "#1", "email": "alice@x.com", "username": "Alice", "name": "Alice", "created_at": "T", "updated_at": "T"},
            "user_identities": [{"id": "#2", "user_id": "#1", "method": "email:password", "subject": "alice@x.com", "email": "alice@x.com", "status": "created", "verified": false}],
            "organizations": {"org": {"id": "#3", "name": "Acme", "owner_user_id": "#1", "created_at": "T", "updated_at": "T"}},
            "workspaces": {"wrk": {"id": "#4", "name": "Default", "organization_id": "#3", "created_at": "T", "updated_at": "T"}},
            "projects": {"prj": {"id": "#5", "name": "Default", "organization_id": "#3", "workspace_id": "#4", "is_default": true, "created_at": "T", "updated_at": "T"}},
            "organization_memberships": [{"id": "#6", "organization_id": "#3", "user_id": "#1", "role": "owner"}],
            "workspace_memberships": [{"id": "#7", "workspace_id": "#4", "user_id": "#1", "role": "owner"}],
            "project_memberships": [{"id": "#8", "project_id": "#5", "user_id": "#1", "role": "owner"}],
            "api_keys": {"key": "KEY"},
        }}});
        assert_eq!(shape(&response), wanted);
        let order = |value: &Value| {
            let account = value["accounts"]["u1"].as_object().unwrap();
            account.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(order(&response), order(&wanted));
    }
);

scenario!(empty_batch_is_accepted, async |app| {
    let response = create(app, "/simple/accounts/", &json!({"accounts": {}})).await;
    assert_eq!(response, json!({"accounts": {}}));
});

scenario!(account_requires_only_an_email, async |app| {
    let request = json!({"accounts": {
        "z": {"user": {"email": "zoe.l@x.com"}},
        "a": {"user": {"email": "a@x.com", "username": "adam"}},
        "m": {"user": {"email": "m@x.com", "username": "mia", "name": "Mia L."}},
    }});
    let response = create(app, "/simple/accounts/", &request).await;
    let accounts = response["accounts"].as_object().unwrap();
    assert_eq!(accounts.keys().collect::<Vec<_>>(), ["z", "a", "m"]);
    for (key, organization, username) in [
        ("z", "zoe.l's Organization", "zoe.l"),
        ("a", "adam's Organization", "adam"),
        ("m", "Mia L.'s Organization", "mia"),
    ] {
        let account = &accounts[key];
        assert_eq!(account["organizations"]["org"]["name"], organization);
        assert_eq!(account["workspaces"]["wrk"]["name"], "Default");
        assert_eq!(account["projects"]["prj"]["name"], "Default");
        assert_eq!(account["user"]["username"], username);
        assert_eq!(account["user_identities"], json!([]));
        let key = account["api_keys"]["key"].as_str().unwrap();
        assert_eq!(key.len(), 73);
    }
});
