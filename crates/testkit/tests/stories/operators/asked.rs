//! What a request says of itself counts wherever it stands in it; and what is
//! misspelt or too much is told, and does nothing.

use freehold_testkit::story;
use serde_json::json;

use crate::operator_deletes::row_id;

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
            body["dry_run"] = "yes".into();
            let told = operator.post(path, &body).await.expect(422);
            assert!(told.text().contains("dry_run"), "{told}");
        }
    }
    assert_eq!(app.db().contents().await, before);
});

story!(a_reason_is_a_sentence, async |app| {
    let before = app.db().contents().await;
    let body =
        json!({"options": {"reason": "r".repeat(501)}, "users": {"u": {"email": "a@b.test"}}});
    let told = app
        .operator()
        .post("/admin/accounts/", &body)
        .await
        .expect(422);
    assert!(told.text().contains("at most 500"), "{told}");
    let long = format!("/admin/users?reason={}", "r".repeat(501));
    app.operator().get(&long).await.expect(422);
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
