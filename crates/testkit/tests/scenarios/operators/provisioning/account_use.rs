//! Users whose account an operator created can use it like any others.

use freehold_testkit::{ApiKey, TestUser, scenario};
use serde_json::{Value, json};

use super::{create, text};

fn account(email: &str, more: &Value) -> Value {
    let mut account = json!({
        "user": {"email": email},
        "user_identities": [{"method": "email:password", "subject": email, "password": "Secret12!"}],
    });
    for (name, value) in more.as_object().unwrap() {
        account[name] = value.clone();
    }
    account
}

scenario!(provisioned_account_can_sign_in, async |app| {
    let request = json!({"accounts": {"a": account("ada@x.com", &json!({}))}});
    let response = create(app, "/simple/accounts/", &request).await;
    let made = &response["accounts"]["a"];
    let ada = TestUser::sign_in(app.anonymous(), "Ada@x.com", "Secret12!").await;
    assert_eq!(ada.id, text(&made["user"]["id"]));
    let organization = text(&made["organizations"]["org"]["id"]);
    assert_eq!(ada.only_organization_id().await, organization);

    let key = ApiKey::from_text(app.anonymous(), text(&made["api_keys"]["key"]));
    assert_eq!(key.organizations().await, [organization]);
    let current = key.get("/projects/current").await.expect_status(200);
    assert_eq!(current.json()["project_id"], made["projects"]["prj"]["id"]);
    // The project has initial content, which she can update.
    let environments = key.post("/simple/environments/query", &json!({})).await;
    assert_eq!(environments.expect_status(200).json()["count"], 3);
    ada.rename_organization(organization, "Another name")
        .await
        .expect_status(200);
    ada.create_organization("Second").await;
});

scenario!(entry_options_override_request_options, async |app| {
    let request = json!({
        "options": {"create_api_keys": true, "return_api_keys": false, "seed_defaults": false},
        "accounts": {
            "as_all": {"user": {"email": "a@x.com"}},
            // Empty options mean the defaults, not the options of the request.
            "own": {"user": {"email": "b@x.com"}, "options": {}},
            "keyless": {"user": {"email": "c@x.com"}, "options": {"create_api_keys": false, "seed_defaults": false}},
        },
    });
    let response = create(app, "/simple/accounts/", &request).await;
    let accounts = &response["accounts"];
    assert!(accounts["as_all"].get("api_keys").is_none(), "{response}");
    assert!(accounts["own"]["api_keys"]["key"].is_string(), "{response}");
    assert!(accounts["keyless"].get("api_keys").is_none(), "{response}");
    let keys = async |account: &str| {
        let user = app.sql_id(text(&accounts[account]["user"]["id"]));
        let sql = format!("SELECT count(*) FROM api_keys WHERE created_by_id = {user}");
        app.db().query_number(&sql).await
    };
    assert_eq!(keys("as_all").await, 1);
    assert_eq!(keys("own").await, 1);
    assert_eq!(keys("keyless").await, 0);
    let seeded = app
        .db()
        .query_texts("SELECT DISTINCT name FROM resources ORDER BY name")
        .await;
    assert!(!seeded.is_empty());
    let others = async |account: &str| {
        let project = app.sql_id(text(&accounts[account]["projects"]["prj"]["id"]));
        let sql = format!("SELECT count(*) FROM resources WHERE project_id = {project}");
        app.db().query_number(&sql).await
    };
    assert_eq!((others("as_all").await, others("keyless").await), (0, 0));
    assert!(others("own").await > 0);
});

scenario!(given_entities_replace_the_defaults, async |app| {
    let elsewhere = json!({"id": "01900000-0000-7000-8000-000000000000"});
    let scope_ids = json!({
        "organization": {"name": "Acme", "slug": "acme"},
        "workspace": {"name": "Lab", "organization_ref": elsewhere},
        "project": {"name": "P", "organization_ref": elsewhere, "workspace_ref": elsewhere, "is_default": false},
    });
    let request = json!({"accounts": {"a": account("ada@x.com", &scope_ids)}});
    let response = create(app, "/simple/accounts/", &request).await;
    let made = &response["accounts"]["a"];
    let organization = &made["organizations"]["org"];
    assert_eq!(
        (&organization["name"], &organization["slug"]),
        (&json!("Acme"), &json!("acme"))
    );
    let workspace = &made["workspaces"]["wrk"];
    assert_eq!(
        (&workspace["name"], &workspace["organization_id"]),
        (&json!("Lab"), &organization["id"])
    );
    let project = &made["projects"]["prj"];
    assert_eq!(
        (&project["name"], &project["workspace_id"]),
        (&json!("P"), &workspace["id"])
    );
    assert_eq!(project["is_default"], true);
});

scenario!(given_memberships_replace_the_defaults, async |app| {
    let bob = app.sign_up("bob").await;
    let lists = json!({
        "organization_memberships": [
            {"organization_ref": {"ref": "org"}, "user_ref": {"ref": "user"}, "role": "owner"},
            {"organization_ref": {"ref": "org"}, "user_ref": {"email": bob.email}, "role": "viewer"},
        ],
        "workspace_memberships": [
            {"workspace_ref": {"ref": "wrk"}, "user_ref": {"id": bob.id}, "role": "editor"},
        ],
        "project_memberships": [],
    });
    let request = json!({"accounts": {"a": account("ada@x.com", &lists)}});
    let response = create(app, "/simple/accounts/", &request).await;
    let made = &response["accounts"]["a"];
    let memberships_of = |kind: &str| -> Vec<(String, String)> {
        let memberships = made[kind].as_array().unwrap().iter();
        let roles = memberships.map(|it| {
            (
                text(&it["user_id"]).to_owned(),
                text(&it["role"]).to_owned(),
            )
        });
        roles.collect()
    };
    let ada = text(&made["user"]["id"]).to_owned();
    assert_eq!(
        memberships_of("organization_memberships"),
        [
            (ada, "owner".to_owned()),
            (bob.id.clone(), "viewer".to_owned())
        ]
    );
    assert_eq!(
        memberships_of("workspace_memberships"),
        [(bob.id.clone(), "editor".to_owned())]
    );
    assert_eq!(memberships_of("project_memberships"), []);
    // Bob and Ada can use the project, although the lists do not name all memberships.
    let project = text(&made["projects"]["prj"]["id"]);
    bob.get(&format!("/projects/{project}"))
        .await
        .expect_status(200);
    let ada = TestUser::sign_in(app.anonymous(), "ada@x.com", "Secret12!").await;
    assert_eq!(ada.projects().await.len(), 1);
});

scenario!(verified_option_verifies_the_address, async |app| {
    let identity = |verified: bool| {
        let email = format!("{verified}@x.com");
        json!({
            "user": {"email": email},
            "user_identities": [{"method": "email:password", "subject": email, "password": "Secret12!", "verified": verified}],
        })
    };
    let request = json!({"accounts": {"yes": identity(true), "no": identity(false)}});
    let response = create(app, "/simple/accounts/", &request).await;
    let accounts = &response["accounts"];
    assert_eq!(accounts["yes"]["user_identities"][0]["verified"], true);
    assert_eq!(accounts["no"]["user_identities"][0]["verified"], false);
    let verified = "SELECT email FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(app.db().query_texts(verified).await, ["true@x.com"]);
});

scenario!(provisioning_reason_is_in_the_audit_log, async |app| {
    let request = json!({
        "options": {"reason": "ticket 7"},
        "accounts": {"a": {"user": {"email": "ada@x.com"}}},
    });
    create(app, "/simple/accounts/", &request).await;
    let mut request = json!({"accounts": {"b": {"user": {"email": "bob@x.com"}}}});
    request["accounts"]["b"]["options"] = json!({"reason": "ticket 8"});
    create(app, "/simple/accounts/", &request).await;
    let reasons = "SELECT DISTINCT actor_name || ': ' || reason FROM audit_events ORDER BY 1";
    assert_eq!(
        app.db().query_texts(reasons).await,
        ["admin key: ticket 7", "admin key: ticket 8"]
    );
});

scenario!(hundreds_of_accounts_are_created_concurrently, async |app| {
    let mut accounts = json!({});
    for n in 0..300 {
        accounts[format!("n{n}")] = json!({"user": {"email": format!("p{n}@x.com")}});
    }
    let request = json!({"options": {"seed_defaults": false}, "accounts": accounts});
    let response = create(app, "/simple/accounts/", &request).await;
    let made = response["accounts"].as_object().unwrap();
    assert_eq!(made.len(), 300);
    for (n, (key, account)) in made.iter().enumerate() {
        assert_eq!(*key, format!("n{n}"));
        assert_eq!(account["user"]["email"], format!("p{n}@x.com"));
    }
    let last = ApiKey::from_text(app.anonymous(), text(&made["n299"]["api_keys"]["key"]));
    assert_eq!(
        last.organizations().await,
        [text(&made["n299"]["organizations"]["org"]["id"])]
    );
});
