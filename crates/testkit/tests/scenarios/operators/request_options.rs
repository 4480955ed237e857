//! What a request says of itself counts wherever it stands in it; and what is
//! misspelt or too much is told, and does nothing.

use freehold_testkit::story;
use serde_json::json;

use crate::operators::deprovisioning::row_id;

story!(a_rehearsal_is_one_wherever_it_is_asked_for, async |app| {
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
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
        for place in ["", "options"] {
            let mut body = body.clone();
            match place {
                "" => body["dry_run"] = true.into(),
                place => body[place] = json!({"dry_run": true}),
            }
            let answer = operator.post(path, &body).await.expect(status);
            assert_eq!(answer.header("x-dry-run"), Some("true"), "{path} {place}");
            for truth in [json!(1), json!("true"), json!("yes")] {
                match place {
                    "" => body["dry_run"] = truth,
                    place => body[place]["dry_run"] = truth,
                }
                let answer = operator.post(path, &body).await.expect(status);
                assert_eq!(answer.header("x-dry-run"), Some("true"), "{path} {body}");
            }
        }
    }
    assert_eq!(app.db().contents().await, before);
});

story!(a_reason_is_a_sentence, async |app| {
    let before = app.db().contents().await;
    let long = format!("/admin/users?reason={}", "r".repeat(501));
    let told = app.operator().get(&long).await.expect(422);
    assert_eq!(told.detail()[0]["loc"], json!(["query", "reason"]));
    assert!(told.text().contains("at most 500"), "{told}");
    assert_eq!(app.db().contents().await, before);
});

story!(a_misspelt_filter_is_told, async |app| {
    app.person("ada").await;
    for path in [
        "/admin/users?mail=ada",
        "/admin/organizations?q=a",
        "/admin/events?actors=x",
    ] {
        let told = app.operator().get(path).await.expect(422);
        assert!(told.text().contains("there is no such filter"), "{told}");
    }
    for path in [
        "/admin/users/%00",
        "/admin/organizations/%00",
        "/admin/users/a%00@b.test",
    ] {
        app.operator().get(path).await.expect(404);
    }
});

story!(owners_keep_their_memberships, async |app| {
    let ada = app.person("ada").await;
    let key = ada.adds_key().await;
    for level in ["organization", "workspace", "project"] {
        let mine = format!("user_id = {}", app.sql(&ada.id));
        let membership = row_id(app, &format!("{level}_members"), &mine).await;
        let place = &ada.id;
        let path = format!("/admin/simple/accounts/{level}s/{place}/memberships/{membership}");
        let told = app.operator().delete(&path).await.expect(409);
        assert_eq!(told.code(), "accounts_conflict", "{told}");
    }
    key.get("/projects/current").await.expect(200);
});

story!(a_membership_says_who_owns_what_is_new, async |app| {
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
        .expect(200);
    let account = &made.json()["accounts"][0];
    assert_eq!(
        account["organizations"]["o"]["owner_user_id"],
        account["users"]["b"]["id"]
    );
    assert_eq!(account["organization_memberships"]["m"]["role"], "owner");
});

story!(a_mistake_is_told_where_it_stands, async |app| {
    let user = json!({"u": {"email": "a@b.test"}});
    let long = "r".repeat(501);
    let past = "2020-01-01T00:00:00Z";
    let name = json!("ci");
    for (path, body, place, input) in [
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
        let told = app.operator().post(path, &body).await.expect(422);
        let told = &told.detail()[0];
        assert_eq!((&told["loc"], &told["input"]), (&place, &input), "{body}");
    }
});

story!(what_is_refused_before_it_is_tried_is_kept, async |app| {
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
            app.db().number(&sql).await
        };
        for (dry_run, left) in [(false, 1), (true, 0)] {
            let mut body = body.clone();
            body["dry_run"] = dry_run.into();
            let path = format!("{path}?reason=order%207");
            let told = app.operator().ask(method, &path).json(&body).await;
            assert_eq!(told.code(), code, "{told}");
            let request = told.word("request_id");
            assert_eq!(count(&request).await, left, "{method} {path} {body}");
        }
    }
    // Who may not ask at all is told nothing more, and leaves what they left before.
    let before = app.db().contents().await;
    let nobody = app
        .stranger()
        .post("/admin/accounts/", &json!({"users": 7}));
    nobody.await.expect(401);
    assert_eq!(app.db().contents().await, before);
});
