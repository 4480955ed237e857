//! Requests that cannot be executed get the reference API's error texts and change
//! nothing. Unresolvable references are in `references`.

use freehold_testkit::{ADMIN_KEY, TestApp, scenario};
use serde_json::{Value, json};

use super::{create, graph, post_as_operator, text};

/// A well-formed id of no entity.
pub(super) const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// All rows but audit events.
pub(super) async fn contents_without_audit(
    app: &TestApp,
) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut all = app.db().contents().await;
    all.remove("audit_events");
    all
}

/// A valid graph.
pub(super) fn valid_graph() -> Value {
    json!({
        "options": {"create_identities": true, "create_api_keys": true},
        "users": {"u1": {"email": "g@x.com"}},
        "user_identities": {"i1": {"user_ref": {"ref": "u1"}, "method": "email:password", "subject": "g@x.com", "password": "Secret12!"}},
        "organizations": {"o1": {"name": "GO", "owner_user_ref": {"ref": "u1"}}},
        "workspaces": {"w1": {"name": "GW", "organization_ref": {"ref": "o1"}}},
        "projects": {"p1": {"name": "GP", "organization_ref": {"ref": "o1"}, "workspace_ref": {"ref": "w1"}}},
        "organization_memberships": {"om": {"organization_ref": {"ref": "o1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "workspace_memberships": {"wm": {"workspace_ref": {"ref": "w1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "project_memberships": {"pm": {"project_ref": {"ref": "p1"}, "user_ref": {"ref": "u1"}, "role": "owner"}},
        "api_keys": {"k": {"project_ref": {"ref": "p1"}, "user_ref": {"ref": "u1"}}},
    })
}

/// The valid graph with another value at `path`, which is separated by dots.
pub(super) fn valid_graph_with(path: &str, value: &Value) -> Value {
    let mut graph = valid_graph();
    let at = format!("/{}", path.replace('.', "/"));
    *graph
        .pointer_mut(&at)
        .unwrap_or_else(|| panic!("no {path}")) = value.clone();
    graph
}

/// The error of an invalid reference.
pub(super) fn invalid_reference(path: &str, reason: &str) -> Value {
    json!({"message": format!("Invalid reference at '{path}': {reason}"), "path": path, "reason": reason})
}

/// The error of an entity that does not exist.
pub(super) fn not_found(kind: &str, named: &str) -> Value {
    json!({"message": format!("{kind} not found: {named}."), "ref": named})
}

scenario!(invalid_values_are_refused, async |app| {
    let before = contents_without_audit(app).await;
    for (path, bad) in [
        ("users.u1.email", json!("notanemail")),
        ("organizations.o1.name", json!(" ")),
        ("workspaces.w1.name", json!("")),
        ("projects.p1.name", json!("")),
        ("organization_memberships.om.role", json!("emperor")),
        ("workspace_memberships.wm.role", json!("emperor")),
        ("project_memberships.pm.role", json!("emperor")),
        ("user_identities.i1.password", json!("short")),
    ] {
        let response = post_as_operator(app, "/accounts/", &valid_graph_with(path, &bad))
            .await
            .expect_status(400);
        let message = text(&response.detail()["message"]);
        assert!(message.starts_with(&format!("{path}: ")), "{response}");
        assert_eq!(response.code(), "invalid_accounts");
    }
    for (path, kind, bad) in [
        ("users.u1.email", "string_type", json!(1)),
        ("organizations.o1", "model_attributes_type", json!([])),
        ("organizations", "dict_type", json!([])),
        ("options.dry_run", "bool_parsing", json!("maybe")),
    ] {
        let mut request = valid_graph();
        request["options"] = json!({"dry_run": false});
        let at = format!("/{}", path.replace('.', "/"));
        *request.pointer_mut(&at).unwrap() = bad;
        let response = post_as_operator(app, "/accounts/", &request)
            .await
            .expect_status(422);
        let mut location = vec!["body"];
        location.extend(path.split('.'));
        assert_eq!(response.detail()[0]["loc"], json!(location), "{response}");
        assert_eq!(response.detail()[0]["type"], kind, "{response}");
    }
    let owned = json!({"organizations": {"o1": {"name": "GO"}}});
    post_as_operator(app, "/accounts/", &owned)
        .await
        .expect_detail(
            400,
            json!({"message": "Organization 'o1' requires a valid owner user."}),
        );
    let paid = json!({"subscriptions": {"o1": {"plan": "x"}}});
    post_as_operator(app, "/accounts/", &paid)
        .await
        .expect_detail(
            400,
            invalid_reference(
                "subscriptions.o1",
                "request-local ref 'o1' not found in organizations",
            ),
        );
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(missing_fields_are_named, async |app| {
    for (path, body, missing) in [
        ("/simple/accounts/", json!({}), json!(["body", "accounts"])),
        (
            "/simple/accounts/",
            json!({"accounts": {"u1": {}}}),
            json!(["body", "accounts", "u1", "user"]),
        ),
        (
            "/simple/accounts/users/",
            json!({}),
            json!(["body", "user"]),
        ),
        (
            "/simple/accounts/users/",
            json!({"user": {}}),
            json!(["body", "user", "email"]),
        ),
        (
            "/simple/accounts/organizations/",
            json!({}),
            json!(["body", "organization"]),
        ),
        (
            "/simple/accounts/organizations/",
            json!({"organization": {}}),
            json!(["body", "organization", "name"]),
        ),
        (
            "/simple/accounts/workspaces/",
            json!({"workspace": {"name": "W"}}),
            json!(["body", "workspace", "organization_ref"]),
        ),
        (
            "/simple/accounts/api-keys/",
            json!({}),
            json!(["body", "api_key"]),
        ),
        (
            "/simple/accounts/users/identities/",
            json!({"user_identity": {"method": "email:password", "subject": "x"}}),
            json!(["body", "user_ref"]),
        ),
    ] {
        let response = post_as_operator(app, path, &body).await.expect_status(422);
        assert_eq!(response.detail()[0]["loc"], missing, "{response}");
        assert_eq!(response.detail()[0]["type"], "missing", "{response}");
    }
    let response = app.operator().post_empty("/admin/accounts/").await;
    assert_eq!(
        response.expect_status(422).detail()[0]["loc"],
        json!(["body"])
    );
    // An entity of an account needs its references, although they are implied.
    let account = json!({"user": {"email": "a@x.com"}, "project": {"name": "P"}});
    let response = post_as_operator(
        app,
        "/simple/accounts/",
        &json!({"accounts": {"a": account}}),
    )
    .await;
    let response = response.expect_status(422);
    let scope_ids: Vec<_> = [0, 1]
        .map(|n| response.detail()[n]["loc"][4].clone())
        .into();
    assert_eq!(scope_ids, ["organization_ref", "workspace_ref"]);
});

scenario!(organization_requires_an_owner, async |app| {
    let path = "/simple/accounts/organizations/";
    let alone = json!({"organization": {"name": "Acme"}});
    post_as_operator(app, path, &alone).await.expect_detail(
        400,
        json!({"message": "Organization 'org' requires a valid owner user."}),
    );
    let unknown_owner =
        json!({"organization": {"name": "Acme"}, "owner": {"email": "nobody@x.com"}});
    post_as_operator(app, path, &unknown_owner)
        .await
        .expect_detail(404, not_found("User", "nobody@x.com"));
    let unknown_owner =
        json!({"organization": {"name": "Acme", "owner_user_ref": {"id": UNKNOWN_ID}}});
    post_as_operator(app, path, &unknown_owner)
        .await
        .expect_detail(404, not_found("User", UNKNOWN_ID));
    assert_eq!(
        app.db()
            .query_number("SELECT count(*) FROM organizations")
            .await,
        0
    );
});

scenario!(existing_account_is_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let before = contents_without_audit(app).await;
    let taken =
        json!({"message": "User with email 'ada@acme.test' already exists.", "email": ada.email});
    let request = json!({"user": {"email": "Ada@Acme.test"}});
    post_as_operator(app, "/simple/accounts/users/", &request)
        .await
        .expect_detail(409, taken.clone());
    let mut accounts = json!({});
    for name in ["a", "b", "c"] {
        accounts[name] = json!({"user": {"email": format!("{name}@x.com")}});
    }
    accounts["late"] = json!({"user": {"email": ada.email}});
    post_as_operator(app, "/simple/accounts/", &json!({"accounts": accounts}))
        .await
        .expect_detail(409, taken);
    // The same in one request is refused, too.
    accounts["late"]["user"]["email"] = "A@x.com".into();
    let response = post_as_operator(app, "/simple/accounts/", &json!({"accounts": accounts})).await;
    assert_eq!(response.expect_status(409).detail()["email"], "a@x.com");
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(slug_is_unique, async |app| {
    let ada = app.sign_up("ada").await;
    let path = "/simple/accounts/organizations/";
    let request =
        json!({"organization": {"name": "Acme", "slug": "acme"}, "owner": {"email": ada.email}});
    create(app, path, &request).await;
    let before = contents_without_audit(app).await;
    post_as_operator(app, path, &request)
        .await
        .expect_status(409);
    let request = json!({
        "users": {"u": {"email": "new@x.com"}},
        "organizations": {"a": {"name": "A", "slug": "same"}, "b": {"name": "B", "slug": "same"}},
    });
    post_as_operator(app, "/accounts/", &request)
        .await
        .expect_status(409);
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(unknown_login_method_is_refused, async |app| {
    let ada = app.sign_up("ada").await;
    app.create_account_as_operator("bob@x.com").await;
    let before = contents_without_audit(app).await;
    let path = "/simple/accounts/users/identities/";
    let login_request = |method: &str, email: &str, password: Value| {
        json!({
            "user_ref": {"email": email},
            "user_identity": {"method": method, "subject": email, "password": password},
        })
    };
    for method in ["email:otp", "social:google", "sso:acme"] {
        let feature = format!(
            "create_user_identity for method '{method}' (configured email_method='password')"
        );
        post_as_operator(
            app,
            path,
            &login_request(method, "bob@x.com", "Secret12!".into()),
        )
        .await
        .expect_detail(
            501,
            json!({
                "message": format!("'{feature}' is not yet implemented in this edition."),
                "feature": feature,
            }),
        );
    }
    // An existing login, no password, and a weak one.
    for bad in [
        login_request("email:password", &ada.email, "Secret12!".into()),
        login_request("email:password", "bob@x.com", Value::Null),
        login_request("email:password", "bob@x.com", "short".into()),
    ] {
        let response = post_as_operator(app, path, &bad).await.expect_status(400);
        assert!(!text(&response.detail()["message"]).is_empty());
    }
    let unknown_user = login_request("email:password", "nobody@x.com", "Secret12!".into());
    post_as_operator(app, path, &unknown_user)
        .await
        .expect_detail(404, not_found("User", "nobody@x.com"));
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(
    unsupported_login_in_a_graph_is_reported_separately,
    async |app| {
        let ada = app.sign_up("ada").await;
        let request = json!({
            "options": {"create_identities": true},
            "users": {"ada": {"email": ada.email}, "bob": {"email": "bob@x.com"}},
            "user_identities": {
                "known": {"user_ref": {"ref": "ada"}, "method": "email:password", "subject": ada.email, "password": "Secret12!"},
                "code": {"user_ref": {"ref": "bob"}, "method": "email:otp", "subject": "bob@x.com"},
                "bare": {"user_ref": {"ref": "bob"}, "method": "email:password", "subject": "bob@x.com"},
            },
            "organizations": {"o": {"name": "O", "owner_user_ref": {"ref": "bob"}}},
            "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
            "projects": {"p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
        });
        let response = create(app, "/accounts/", &request).await;
        let errors = response["errors"].as_array().unwrap();
        let error_of = |name: &str| {
            let mut of_it = errors.iter().filter(|it| it["details"]["ref"] == name);
            let (error, another) = (of_it.next().unwrap(), of_it.next());
            assert!(another.is_none() && !text(&error["message"]).is_empty());
            (error["code"].clone(), error["details"].clone())
        };
        assert_eq!(errors.len(), 3, "{response}");
        assert_eq!(
            error_of("known"),
            (
                json!("identity_already_exists"),
                json!({"ref": "known", "email": ada.email})
            )
        );
        assert_eq!(
            error_of("code"),
            (
                json!("not_implemented"),
                json!({"ref": "code", "method": "email:otp", "configured_email_method": "password"})
            )
        );
        assert_eq!(error_of("bare").0, "invalid_identity");
        let made = graph(&response);
        assert_eq!(made["user_identities"], json!({}));
        assert_eq!(
            made["organizations"]["o"]["owner_user_id"],
            made["users"]["bob"]["id"]
        );

        // In a batch, the error also names the account.
        let account = json!({
            "user": {"email": "cy@x.com"},
            "user_identities": [{"method": "sso:acme", "subject": "cy"}],
        });
        let request = json!({"accounts": {"c": account}});
        let response = create(app, "/simple/accounts/", &request).await;
        let error = &response["errors"][0];
        assert_eq!(error["code"], "not_implemented");
        assert_eq!(error["details"]["account"], "c");
        assert_eq!(response["accounts"]["c"]["user_identities"], json!([]));
    }
);

scenario!(provisioning_requires_the_operator_key, async |app| {
    let unauthorized = json!({"message": "Unauthorized"});
    for authorization in ["", "Access", "Access wrong", &format!("Bearer {ADMIN_KEY}")] {
        let client = app.anonymous().with_authorization(authorization);
        for body in [json!({}), json!({"user": {"email": "a@x.com"}})] {
            client
                .post("/admin/simple/accounts/users/", &body)
                .await
                .expect_detail(401, unauthorized.clone());
        }
    }
    assert_eq!(app.db().query_number("SELECT count(*) FROM users").await, 0);
});
