//! `DELETE /admin/accounts/` and `DELETE /admin/simple/accounts/`: many accounts,
//! all of them or none.

use freehold_testkit::{Response, TestApp, scenario};
use serde_json::{Value, json};

use super::{UNKNOWN_ID, counts, error_body, organization_ids};
use crate::members::add_member;

async fn bulk_delete(app: &TestApp, body: &Value) -> Response {
    app.operator().delete("/admin/accounts/").json(body).await
}

async fn bulk_delete_simple(app: &TestApp, body: &Value) -> Response {
    app.operator()
        .delete("/admin/simple/accounts/")
        .json(body)
        .await
}

scenario!(bulk_delete_is_a_dry_run_by_default, async |app| {
    let ada = app.sign_up("ada").await;
    let owned = organization_ids(&ada).await;
    let before = app.db().contents().await;
    let target = json!({"user_ids": [ada.id]});
    for body in [
        json!({"target": target}),
        json!({"target": target, "dry_run": true, "reason": "a look", "confirm": "delete"}),
        json!({"target": target, "dry_run": null}),
    ] {
        let response = bulk_delete(app, &body).await;
        response.expect_body(
            200,
            &json!({"dry_run": true, "deleted": {
                "users": [{"id": ada.id}], "organizations": owned, "workspaces": [], "projects": [],
            }}),
        );
    }
    let nothing = json!({"users": [], "organizations": [], "workspaces": [], "projects": []});
    let response = bulk_delete(app, &json!({"target": {}})).await;
    response.expect_body(200, &json!({"dry_run": true, "deleted": nothing}));
    assert_eq!(app.db().contents().await, before);
    bulk_delete(app, &json!({})).await.expect_status(422);
    bulk_delete(app, &json!({"target": {"user_ids": "all"}}))
        .await
        .expect_status(422);
});

scenario!(
    existing_targets_are_deleted_and_missing_ones_skipped,
    async |app| {
        let bystander = app.sign_up("bystander").await;
        let before = counts(app).await;
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let body = json!({"dry_run": false, "reason": "spring", "target": {
            "user_ids": [ada.id, UNKNOWN_ID, ada.id],
            "user_emails": ["BOB@acme.test", "nobody@acme.test", "bob@acme.test"],
        }});
        let owned: Vec<Value> =
            [organization_ids(&ada).await, organization_ids(&bob).await].concat();
        let response = bulk_delete(app, &body).await;
        response.expect_body(
            200,
            &json!({
                "dry_run": false,
                "deleted": {"users": [{"id": ada.id}, {"id": bob.id}], "organizations": owned},
                "skipped": {"users": [{"id": UNKNOWN_ID}, {"email": "nobody@acme.test"}]},
            }),
        );
        assert_eq!(counts(app).await, before);
        bystander.get("/profile").await.expect_status(200);
        // Nothing was left to delete; the request is audited.
        let target = json!({
            "user_ids": [ada.id], "organization_ids": [UNKNOWN_ID], "workspace_ids": [UNKNOWN_ID],
            "project_ids": [UNKNOWN_ID],
        });
        let again = bulk_delete(app, &json!({"dry_run": false, "target": target})).await;
        let nowhere = json!([{"id": UNKNOWN_ID}]);
        again.expect_body(
            200,
            &json!({"dry_run": false, "deleted": {}, "skipped": {
                "users": [{"id": ada.id}], "organizations": nowhere, "workspaces": nowhere,
                "projects": nowhere,
            }}),
        );
        let sql = "SELECT count(*) FROM audit_events WHERE action = 'deletion.requested'";
        assert_eq!(app.db().query_number(sql).await, 1);
        let none = bulk_delete(app, &json!({"dry_run": false, "target": {}})).await;
        none.expect_body(200, &json!({"dry_run": false, "deleted": {}}));
    }
);

scenario!(only_named_organizations_are_deleted, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let second = ada
        .default_scope_in(&ada.create_organization("Second").await)
        .await;
    let third = ada
        .default_scope_in(&ada.create_organization("Third").await)
        .await;
    let further = ada
        .create_project(&third, "Further")
        .await
        .text_field("project_id");
    let before = app.db().contents().await;
    // A user who would still own an organization is not deleted, nor is anything else.
    let target = json!({"user_ids": [ada.id], "organization_ids": [second.organization]});
    for dry_run in [true, false] {
        let body = json!({"dry_run": dry_run, "target": target});
        let no = bulk_delete(app, &body).await.expect_status(409);
        let sentence = no.detail()["message"].as_str().unwrap();
        assert_eq!(no.code(), "accounts_conflict");
        let named = [&ada.email, &home.organization, &third.organization];
        assert!(sentence.contains(named[0]), "{no}");
        assert!(
            sentence.contains(named[1]) || sentence.contains(named[2]),
            "{no}"
        );
        if dry_run {
            assert_eq!(app.db().contents().await, before);
        }
    }
    let target = json!({
        "organization_ids": [second.organization], "workspace_ids": [home.workspace],
        "project_ids": [third.project],
    });
    let done = bulk_delete(app, &json!({"dry_run": false, "target": target})).await;
    done.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {
            "organizations": [{"id": second.organization}], "workspaces": [{"id": home.workspace}],
            "projects": [{"id": third.project}],
        }}),
    );
    let left = ada.projects().await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["project_id"], further);
    assert_eq!(left[0]["is_default_project"], true);
    // With all organizations named, the user is deleted, too.
    let target = json!({
        "user_ids": [ada.id], "organization_ids": [home.organization, third.organization],
    });
    bulk_delete(app, &json!({"dry_run": false, "target": target}))
        .await
        .expect_status(200);
    ada.get("/profile").await.expect_status(401);
});

scenario!(malformed_bulk_delete_deletes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let before = counts(app).await;
    for (field, good) in [
        ("user_ids", ada.id.as_str()),
        ("organization_ids", UNKNOWN_ID),
        ("workspace_ids", UNKNOWN_ID),
        ("project_ids", UNKNOWN_ID),
    ] {
        let body = json!({"dry_run": false, "target": {field: [good, "bad"]}});
        let path = format!("target.{field}.1");
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{path}': {reason}");
        let fields = json!({"path": path, "reason": reason});
        bulk_delete(app, &body)
            .await
            .expect_detail(400, error_body(&sentence, fields));
    }
    let body = json!({"dry_run": false, "target": {"user_emails": ["nosuch"]}});
    let no = bulk_delete(app, &body).await.expect_status(400);
    assert_eq!(no.detail()["path"], "target.user_emails.0");
    let one = json!({"u1": {"user": {"email": ada.email}}});
    for confirm in ["yes", ""] {
        let body = json!({"dry_run": false, "target": {"user_ids": [ada.id]}, "confirm": confirm});
        let no = bulk_delete(app, &body).await.expect_status(400);
        assert_eq!(no.code(), "invalid_accounts", "{no}");
        bulk_delete_simple(app, &json!({"accounts": one, "confirm": confirm}))
            .await
            .expect_status(400);
    }
    for reference in [json!({"ref": "u1"}), json!({"slug": "acme"})] {
        let body = json!({"accounts": {"u1": {"user": reference}}});
        let no = bulk_delete_simple(app, &body).await.expect_status(400);
        assert_eq!(no.code(), "invalid_reference", "{no}");
        assert_eq!(no.detail()["path"], "user", "{no}");
    }
    for reference in [json!({}), json!({"id": ada.id, "email": ada.email})] {
        let body = json!({"accounts": {"u1": {"user": reference}}});
        bulk_delete_simple(app, &body).await.expect_status(422);
    }
    let bad = json!({"accounts": {"u1": {"user": {"id": "bad"}}}});
    let no = bulk_delete_simple(app, &bad).await.expect_status(400);
    assert_eq!(no.detail()["path"], "accounts.u1.user", "{no}");
    bulk_delete_simple(app, &json!({})).await.expect_status(422);
    assert_eq!(counts(app).await, before);
});

scenario!(simple_bulk_delete_executes_by_default, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let scope = ada.default_scope().await;
    add_member(app, &scope, "cleo", "editor").await;
    let before = app.db().contents().await;
    let accounts = json!({
        "u1": {"user": {"email": "ADA@acme.test"}}, "u2": {"user": {"id": bob.id}},
        "u3": {"user": {"email": "nobody@acme.test"}},
    });
    let dry_run = bulk_delete_simple(app, &json!({"accounts": accounts, "dry_run": true})).await;
    assert_eq!(dry_run.expect_status(204).text(), "");
    // With one unknown id, no user is deleted.
    let mut fields = accounts.clone();
    fields["u4"] = json!({"user": {"id": UNKNOWN_ID}});
    let no = bulk_delete_simple(app, &json!({"accounts": fields, "dry_run": true})).await;
    no.expect_detail(
        404,
        error_body(
            &format!("User not found: {UNKNOWN_ID}."),
            json!({"ref": UNKNOWN_ID}),
        ),
    );
    assert_eq!(app.db().contents().await, before);
    let body =
        json!({"accounts": accounts, "confirm": "delete", "reason": "left", "dry_run": false});
    let done = bulk_delete_simple(app, &body).await.expect_status(204);
    assert_eq!(done.text(), "");
    for user in [&ada, &bob] {
        user.get("/profile").await.expect_status(401);
    }
    assert_eq!(app.db().query_number("SELECT count(*) FROM users").await, 1);
    assert_eq!(
        app.db()
            .query_number("SELECT count(*) FROM organizations")
            .await,
        1
    );
    app.sign_up("ada").await;
    bulk_delete_simple(app, &json!({"accounts": {}}))
        .await
        .expect_status(204);
});

scenario!(bulk_delete_is_idempotent, async |app| {
    let ada = app.sign_up("ada").await;
    let body = json!({"accounts": {"u1": {"user": {"id": ada.id}}}});
    let operator = app.operator();
    let request = |body: &Value| {
        let request = operator.delete("/admin/simple/accounts/").json(body);
        request.header("idempotency-key", "d-1")
    };
    request(&body).await.expect_status(204);
    // Without the idempotency key they would not be found any more.
    let again = request(&body).await.expect_status(204);
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
    request(&json!({"accounts": {}})).await.expect_status(409);
    let path = format!(
        "/admin/simple/accounts/users/{}",
        app.sign_up("bob").await.id
    );
    let key = "d-2";
    let one = operator.delete(&path).header("idempotency-key", key).await;
    let two = operator.delete(&path).header("idempotency-key", key).await;
    assert_eq!(one.expect_status(200).text(), two.expect_status(200).text());
});

scenario!(dry_run_false_counts_at_every_level, async |app| {
    for (n, scope) in ["", "options", "query"].into_iter().enumerate() {
        let user = app.sign_up(&format!("p{n}")).await;
        let mut body = json!({"target": {"user_ids": [user.id]}});
        let mut path = "/admin/accounts/".to_owned();
        bulk_delete(app, &body).await.expect_status(200);
        user.get("/profile").await.expect_status(200);
        match scope {
            "query" => path.push_str("?dry_run=false"),
            "" => body["dry_run"] = false.into(),
            scope => body[scope] = json!({"dry_run": false}),
        }
        let operator = app.operator();
        // A dry run in any of the options makes the request a dry run.
        let dry_run = operator.delete(&path).json(&match scope {
            "options" => json!({"target": body["target"], "options": body["options"], "dry_run": true}),
            _ => json!({"target": body["target"], "dry_run": body["dry_run"], "options": {"dry_run": true}}),
        });
        assert_eq!(dry_run.await.expect_status(200).json()["dry_run"], true);
        user.get("/profile").await.expect_status(200);
        let done = operator.delete(&path).json(&body).await.expect_status(200);
        assert_eq!(done.json()["dry_run"], false, "{scope} {done}");
        user.get("/profile").await.expect_status(401);
    }
});
