//! Options of requests are accepted in the query and in the body; misspelled and
//! surplus options are reported, and nothing is changed.

use freehold_testkit::scenario;
use serde_json::json;

use crate::operators::deprovisioning::row_id;

scenario!(dry_run_counts_at_every_level, async |app| {
    let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
    let operator = app.operator();
    let users = json!({"source": {"id": ada.id}, "target": {"id": bob.id}});
    let logins =
        json!([{"method": "email:password", "subject": ada.email, "password": "Better-Horse-8"}]);
    let requests = [
        (
            "/admin/simple/accounts/transfer-ownership",
            json!({"users": users}),
            204,
        ),
        (
            "/admin/simple/accounts/reset-password",
            json!({"user_identities": logins}),
            204,
        ),
        (
            "/admin/operators",
            json!({"name": "ci", "scopes": ["audit:read"]}),
            200,
        ),
        (
            "/admin/accounts/",
            json!({"users": {"u": {"email": "new@acme.test"}}}),
            200,
        ),
    ];
    let before = app.db().contents().await;
    for (path, body, status) in requests {
        for location in ["", "options"] {
            let mut body = body.clone();
            match location {
                "" => body["dry_run"] = true.into(),
                location => body[location] = json!({"dry_run": true}),
            }
            let response = operator.post(path, &body).await.expect_status(status);
            assert_eq!(
                response.header("x-dry-run"),
                Some("true"),
                "{path} {location}"
            );
            for truth in [json!(1), json!("true"), json!("yes")] {
                match location {
                    "" => body["dry_run"] = truth,
                    location => body[location]["dry_run"] = truth,
                }
                let response = operator.post(path, &body).await.expect_status(status);
                assert_eq!(response.header("x-dry-run"), Some("true"), "{path} {body}");
            }
        }
    }
    assert_eq!(app.db().contents().await, before);
});

scenario!(reason_length_is_limited, async |app| {
    let before = app.db().contents().await;
    let long = format!("/admin/users?reason={}", "r".repeat(501));
    let response = app.operator().get(&long).await.expect_status(422);
    assert_eq!(response.detail()[0]["loc"], json!(["query", "reason"]));
    assert!(response.text().contains("at most 500"), "{response}");
    assert_eq!(app.db().contents().await, before);
});

scenario!(unknown_filter_is_refused, async |app| {
    app.sign_up("ada").await;
    for path in [
        "/admin/users?mail=ada",
        "/admin/organizations?q=a",
        "/admin/events?actors=x",
    ] {
        let response = app.operator().get(path).await.expect_status(422);
        assert!(
            response.text().contains("there is no such filter"),
            "{response}"
        );
    }
    for path in [
        "/admin/users/%00",
        "/admin/organizations/%00",
        "/admin/users/a%00@b.test",
    ] {
        app.operator().get(path).await.expect_status(404);
    }
});

scenario!(owners_keep_their_memberships, async |app| {
    let ada = app.sign_up("ada").await;
    let key = ada.create_api_key().await;
    for level in ["organization", "workspace", "project"] {
        let mine = format!("user_id = {}", app.sql_id(&ada.id));
        let membership = row_id(app, &format!("{level}_members"), &mine).await;
        let location = &ada.id;
        let path = format!("/admin/simple/accounts/{level}s/{location}/memberships/{membership}");
        let response = app.operator().delete(&path).await.expect_status(409);
        assert_eq!(response.code(), "accounts_conflict", "{response}");
    }
    key.get("/projects/current").await.expect_status(200);
});

scenario!(owner_membership_determines_the_owner, async |app| {
    let body = json!({
        "users": {"a": {"email": "a@acme.test"}, "b": {"email": "b@acme.test"}},
        "organizations": {"o": {"name": "O"}},
        "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
        "projects": {"p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
        "organization_memberships": {
            "m": {"organization_ref": {"ref": "o"}, "user_ref": {"ref": "b"}, "role": "owner"}},
    });
    let made = app
        .operator()
        .post("/admin/accounts/", &body)
        .await
        .expect_status(200);
    let account = &made.json()["accounts"][0];
    assert_eq!(
        account["organizations"]["o"]["owner_user_id"],
        account["users"]["b"]["id"]
    );
    assert_eq!(account["organization_memberships"]["m"]["role"], "owner");
});

scenario!(validation_errors_have_a_location, async |app| {
    let user = json!({"u": {"email": "a@b.test"}});
    let long = "r".repeat(501);
    let past = "2020-01-01T00:00:00Z";
    let name = json!("ci");
    for (path, body, location, input) in [
        (
            "/admin/accounts/",
            json!({"users": user, "options": {"dry_run": 7}}),
            json!(["body", "options", "dry_run"]),
            json!(7),
        ),
        (
            "/admin/accounts/",
            json!({"users": user, "dry_run": 7}),
            json!(["body", "dry_run"]),
            json!(7),
        ),
        (
            "/admin/accounts/",
            json!({"users": user, "options": {"reason": long}}),
            json!(["body", "options", "reason"]),
            json!(long),
        ),
        (
            "/admin/accounts/",
            json!({"users": user, "idempotency_key": 7}),
            json!(["body", "idempotency_key"]),
            json!(7),
        ),
        (
            "/admin/accounts/",
            json!({"users": user, "idempotency_key": "a", "options": {"idempotency_key": "b"}}),
            json!(["body", "options", "idempotency_key"]),
            json!("b"),
        ),
        (
            "/admin/operators",
            json!({"name": name, "scopes": []}),
            json!(["body", "scopes"]),
            json!([]),
        ),
        (
            "/admin/operators",
            json!({"name": name, "scopes": ["audit:read"], "expires_at": past}),
            json!(["body", "expires_at"]),
            json!(past),
        ),
    ] {
        let response = app.operator().post(path, &body).await.expect_status(422);
        let response = &response.detail()[0];
        assert_eq!(
            (&response["loc"], &response["input"]),
            (&location, &input),
            "{body}"
        );
    }
});

scenario!(early_refusals_are_recorded, async |app| {
    let bad = json!({"user": {"email": "a@b.test"}, "options": {"idempotency_key": "other"}});
    let users = json!({"source": {"id": "x"}});
    let kept = [
        (
            "DELETE",
            "/admin/accounts/",
            json!({"target": {}, "confirm": "no"}),
            "invalid_accounts",
        ),
        (
            "DELETE",
            "/admin/accounts/",
            json!({"target": {"user_ids": ["bad"]}}),
            "invalid_reference",
        ),
        (
            "DELETE",
            "/admin/simple/accounts/",
            json!({"accounts": {"a": {"user": {"ref": "u"}}}}),
            "invalid_reference",
        ),
        (
            "DELETE",
            "/admin/simple/accounts/users/bad/",
            json!({}),
            "invalid_reference",
        ),
        (
            "DELETE",
            "/admin/simple/accounts/api-keys/bad/",
            json!({}),
            "invalid_reference",
        ),
        (
            "POST",
            "/admin/simple/accounts/transfer-ownership/",
            json!({"users": users}),
            "invalid_accounts",
        ),
        (
            "POST",
            "/admin/accounts/",
            json!({"subscriptions": {"o": {"plan": "p"}}}),
            "invalid_reference",
        ),
        (
            "POST",
            "/admin/simple/accounts/",
            json!({"accounts": {"a": bad}}),
            "invalid_accounts",
        ),
        (
            "POST",
            "/admin/accounts/",
            json!({"users": 7}),
            "invalid_request",
        ),
    ];
    for (method, path, body, code) in kept {
        let count = async |request: &str| {
            let sql = format!(
                "SELECT count(*) FROM audit_events
                  WHERE request_id = '{request}' AND refused = '{code}' AND reason = 'order 7'
                    AND actor_kind = 'operator' AND actor_name = 'admin key'"
            );
            app.db().query_number(&sql).await
        };
        for (dry_run, left) in [(false, 1), (true, 0)] {
            let mut body = body.clone();
            body["dry_run"] = dry_run.into();
            let path = format!("{path}?reason=order%207");
            let response = app.operator().request(method, &path).json(&body).await;
            assert_eq!(response.code(), code, "{response}");
            let request = response.text_field("request_id");
            assert_eq!(count(&request).await, left, "{method} {path} {body}");
        }
    }
    // A caller without access gets 401, and no row changes.
    let before = app.db().contents().await;
    let unauthorized = app
        .anonymous()
        .post("/admin/accounts/", &json!({"users": 7}));
    unauthorized.await.expect_status(401);
    assert_eq!(app.db().contents().await, before);
});

scenario!(invalid_options_of_a_deletion_are_audited, async |app| {
    let operator = app.operator();
    let reason = "x".repeat(501);
    for query in [
        format!("dry_run=false&reason={reason}"),
        "dry_run=maybe".to_owned(),
    ] {
        let path = format!("/admin/accounts/?{query}");
        operator
            .delete(&path)
            .json(&json!({"users": {}}))
            .await
            .expect_status(422);
    }
    let audited = app
        .db()
        .query_texts("SELECT action FROM audit_events WHERE action = 'operator.refused'");
    assert_eq!(audited.await, ["operator.refused"; 2]);
});
