//! What operators delete: users with what they own, organizations and what is
//! in them; and that other users lose nothing.

mod bulk;
mod memberships_and_credentials;
mod scale;

use freehold_testkit::{Engine, Response, TestApp, TestUser, scenario};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::members::add_member;

pub(crate) const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";
const BASE_PATH: &str = "/admin/simple/accounts";

/// The id of the one row of a table for which `condition` is true.
pub(crate) async fn row_id(app: &TestApp, table: &str, condition: &str) -> String {
    let id = match app.db().engine() {
        Engine::Sqlite => "lower(hex(id))",
        Engine::Postgres => "id::text",
    };
    let sql = format!("SELECT {id} FROM {table} WHERE {condition}");
    let found = app.db().query_texts(&sql).await;
    assert_eq!(found.len(), 1, "{sql}");
    Uuid::parse_str(&found[0]).unwrap().to_string()
}

/// Sends a `DELETE` as the operator.
pub(crate) async fn delete_as_operator(app: &TestApp, path: &str) -> Response {
    app.operator().delete(&format!("{BASE_PATH}{path}")).await
}

/// The body of an error: its message and its details.
#[expect(clippy::needless_pass_by_value, reason = "it is written in place")]
pub(crate) fn error_body(message: &str, fields: Value) -> Value {
    let mut error_body = json!({"message": message});
    for (key, value) in fields.as_object().unwrap() {
        error_body[key] = value.clone();
    }
    error_body
}

/// Row counts of all tables without audit data.
async fn counts(app: &TestApp) -> std::collections::BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    for trace in ["audit_events", "outbox", "attempts"] {
        counts.remove(trace);
    }
    counts
}

async fn organization_ids(user: &TestUser) -> Vec<Value> {
    let all = user.organizations().await;
    all.iter().map(|it| json!({"id": it["id"]})).collect()
}

scenario!(
    deleting_a_user_deletes_owned_organizations_only,
    async |app| {
        let bob = app.sign_up("bob").await;
        let before = counts(app).await;
        let ada = app.sign_up("ada").await;
        let theirs = bob.only_organization_id().await;
        let second = ada.create_organization("Second").await;
        let owned = organization_ids(&ada).await;
        app.insert_member(&second, &bob, ["viewer", "admin", "admin"])
            .await;
        app.insert_member(&theirs, &ada, ["viewer", "developer", "developer"])
            .await;
        let scope = bob.default_scope_in(&theirs).await;
        let key = ada
            .create_api_key_at(&format!("/keys?project_id={}", scope.project))
            .await;
        let own = ada.create_api_key().await;
        let link = app.reset_link(&ada.email).await;

        let gone = delete_as_operator(app, &format!("/users/{}?reason=asked%20for", ada.id)).await;
        gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"users": [{"id": ada.id}], "organizations": owned}}),
    );
        // At once, with all their credentials.
        ada.get("/profile").await.expect_status(401);
        ada.refresh_session().await.expect_status(401);
        for key in [key, own] {
            key.get("/organizations/").await.expect_status(401);
        }
        let token = link.split(['=', '&']).nth(1).unwrap();
        let body = json!({
            "method": "token", "token": token,
            "formFields": [{"id": "password", "value": "Better-Horse-8"}],
        });
        let used = app
            .anonymous()
            .post("/auth/user/password/reset", &body)
            .await;
        used.expect_body(
            200,
            &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
        );
        // Other users have lost nothing.
        assert_eq!(counts(app).await, before);
        assert_eq!(bob.only_organization_id().await, theirs);
        bob.get("/profile").await.expect_status(200);

        let again = delete_as_operator(app, &format!("/users/{}", ada.id)).await;
        again.expect_detail(
            404,
            error_body(
                &format!("User not found: {}.", ada.id),
                json!({"ref": ada.id}),
            ),
        );
        let (user, home) = (app.sql_id(&ada.id), app.sql_id(&theirs));
        for (action, scope) in [
            ("user.deleted", "organization_id IS NULL".to_owned()),
            ("member.removed", format!("organization_id = {home}")),
        ] {
            let sql = format!(
                "SELECT count(*) FROM audit_events
              WHERE action = '{action}' AND target_id = {user} AND {scope} AND refused IS NULL
                AND actor_kind = 'operator' AND actor_name = 'admin key' AND reason = 'asked for'"
            );
            assert_eq!(app.db().query_number(&sql).await, 1, "{action}");
        }
        // The address can be used again.
        let anew = app.sign_up("ada").await;
        assert_ne!(anew.id, ada.id);
        assert_eq!(anew.organizations().await.len(), 1);
    }
);

scenario!(
    deleting_a_former_owner_keeps_the_organization,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let second = ada.create_organization("Second").await;
        app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
            .await;
        ada.transfer_organization(&second, &bob.id)
            .await
            .expect_status(200);
        let left = json!([{"id": ada.organizations().await[0]["id"]}]);
        let gone = delete_as_operator(app, &format!("/users/{}", ada.id)).await;
        assert_eq!(
            gone.expect_status(200).json()["deleted"]["organizations"],
            left
        );
        let kept = bob.get(&format!("/organizations/{second}")).await;
        assert_eq!(kept.expect_status(200).json()["name"], "Second");
    }
);

scenario!(accepted_invitation_survives_its_deleted_user, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
    bob.accept_invitation(&link).await.expect_status(200);
    let cleo = ada.invite_by_link(&scope, "cleo@acme.test", "viewer").await;
    let by_bob = add_member(app, &scope, "dan", "admin").await;
    let eve = by_bob
        .invite_by_link(&scope, "eve@acme.test", "viewer")
        .await;
    let sql =
        "SELECT count(*) FROM project_invitations WHERE status = 'accepted' AND user_id IS NULL";
    assert_eq!(app.db().query_number(sql).await, 0);
    delete_as_operator(app, &format!("/users/{}", bob.id))
        .await
        .expect_status(200);
    assert_eq!(app.db().query_number(sql).await, 1);
    // The pending requests of a deleted user are invalid.
    delete_as_operator(app, &format!("/users/{}", by_bob.id))
        .await
        .expect_status(200);
    let eve_user = app.sign_up("eve").await;
    let late = eve_user.accept_invitation(&eve).await.expect_status(410);
    assert_eq!(late.code(), "invite_issuer_not_member", "{late}");
    let cleo_user = app.sign_up("cleo").await;
    cleo_user.accept_invitation(&cleo).await.expect_status(200);
});

scenario!(
    operator_deletes_organization_workspace_and_project,
    async |app| {
        let bob = app.sign_up("bob").await;
        let ada = app.sign_up("ada").await;
        let before = counts(app).await;
        let second = ada.create_organization("Second").await;
        app.insert_member(&second, &bob, ["viewer", "admin", "admin"])
            .await;
        let scope = ada.default_scope_in(&second).await;
        let key = bob
            .create_api_key_at(&format!("/keys?project_id={}", scope.project))
            .await;
        let further = ada
            .create_project(&scope, "Further")
            .await
            .text_field("project_id");
        let last = ada
            .create_project(&scope, "Last")
            .await
            .text_field("project_id");

        // The default project is deleted; the oldest remaining one replaces it.
        let gone = delete_as_operator(app, &format!("/projects/{}", scope.project)).await;
        gone.expect_body(
            200,
            &json!({"dry_run": false, "deleted": {"projects": [{"id": scope.project}]}}),
        );
        key.get("/projects/current").await.expect_status(401);
        let current = ada
            .get(&format!(
                "/projects/current?workspace_id={}",
                scope.workspace
            ))
            .await
            .expect_status(200);
        assert_eq!(current.json()["project_id"], further, "{current}");
        assert_eq!(current.json()["is_default_project"], true, "{current}");
        delete_as_operator(app, &format!("/projects/{last}"))
            .await
            .expect_status(200);

        // The last workspace can be deleted, too.
        let gone = delete_as_operator(app, &format!("/workspaces/{}", scope.workspace)).await;
        gone.expect_body(
            200,
            &json!({"dry_run": false, "deleted": {"workspaces": [{"id": scope.workspace}]}}),
        );
        let sql = format!(
            "SELECT count(*) FROM audit_events WHERE organization_id = {} AND refused IS NULL
            AND action IN ('project.deleted', 'project.updated', 'workspace.deleted')",
            app.sql_id(&second)
        );
        assert_eq!(app.db().query_number(&sql).await, 4);
        let gone = delete_as_operator(app, &format!("/organizations/{second}")).await;
        gone.expect_body(
            200,
            &json!({"dry_run": false, "deleted": {"organizations": [{"id": second}]}}),
        );
        assert_eq!(counts(app).await, before);
        assert_eq!(bob.organizations().await.len(), 1);
    }
);

scenario!(malformed_and_unknown_ids_are_refused, async |app| {
    app.sign_up("ada").await;
    let before = app.db().contents().await;
    for (path, field) in [
        ("/users/bad", "user_id"),
        ("/organizations/bad", "organization_id"),
        ("/workspaces/bad", "workspace_id"),
        ("/projects/bad", "project_id"),
        ("/api-keys/bad", "api_key_id"),
        (&format!("/users/bad/identities/{UNKNOWN_ID}"), "user_id"),
        (
            &format!("/users/{UNKNOWN_ID}/identities/bad"),
            "identity_id",
        ),
        (
            &format!("/organizations/bad/memberships/{UNKNOWN_ID}"),
            "organization_id",
        ),
        (
            &format!("/organizations/{UNKNOWN_ID}/memberships/bad"),
            "membership_id",
        ),
        (
            &format!("/workspaces/bad/memberships/{UNKNOWN_ID}"),
            "workspace_id",
        ),
        (
            &format!("/workspaces/{UNKNOWN_ID}/memberships/bad"),
            "membership_id",
        ),
        (
            &format!("/projects/bad/memberships/{UNKNOWN_ID}"),
            "project_id",
        ),
        (
            &format!("/projects/{UNKNOWN_ID}/memberships/bad"),
            "membership_id",
        ),
    ] {
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{field}': {reason}");
        let fields = json!({"path": field, "reason": reason});
        delete_as_operator(app, path)
            .await
            .expect_detail(400, error_body(&sentence, fields));
    }
    // Each refusal has an audit event, and nothing else changed.
    let mut after = app.db().contents().await;
    let refusals = after.insert("audit_events".to_owned(), before["audit_events"].clone());
    assert_eq!(
        refusals.map(|it| it.len()),
        Some(before["audit_events"].len() + 13)
    );
    assert_eq!(after, before);
    for (path, kind) in [
        ("/users", "User"),
        ("/organizations", "Organization"),
        ("/workspaces", "Workspace"),
        ("/projects", "Project"),
        ("/api-keys", "API key"),
        (&format!("/users/{UNKNOWN_ID}/identities"), "User"),
        (
            &format!("/organizations/{UNKNOWN_ID}/memberships"),
            "Membership",
        ),
        (
            &format!("/workspaces/{UNKNOWN_ID}/memberships"),
            "Membership",
        ),
        (&format!("/projects/{UNKNOWN_ID}/memberships"), "Membership"),
    ] {
        let response = delete_as_operator(app, &format!("{path}/{UNKNOWN_ID}/")).await;
        let sentence = format!("{kind} not found: {UNKNOWN_ID}.");
        response.expect_detail(404, error_body(&sentence, json!({"ref": UNKNOWN_ID})));
    }
});

scenario!(delete_dry_run_deletes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = add_member(app, &scope, "bob", "viewer").await;
    let key = bob.create_api_key().await;
    let (user, at) = (app.sql_id(&bob.id), app.sql_id(&scope.organization));
    let member = row_id(
        app,
        "organization_members",
        &format!("user_id = {user} AND organization_id = {at}"),
    )
    .await;
    let login = row_id(app, "user_identities", &format!("user_id = {user}")).await;
    let key_id = row_id(app, "api_keys", &format!("created_by_id = {user}")).await;
    let before = app.db().contents().await;
    for path in [
        format!("/users/{}", ada.id),
        format!("/organizations/{}", scope.organization),
        format!("/workspaces/{}", scope.workspace),
        format!("/projects/{}", scope.project),
        format!("/organizations/{}/memberships/{member}", scope.organization),
        format!("/users/{}/identities/{login}", bob.id),
        format!("/api-keys/{key_id}"),
    ] {
        let response = delete_as_operator(app, &format!("{path}?dry_run=true"))
            .await
            .expect_status(200);
        assert_eq!(response.json()["dry_run"], true, "{response}");
        assert_eq!(response.header("x-dry-run"), Some("true"), "{response}");
        let deleted = response.json()["deleted"].as_object().unwrap();
        assert!(!deleted.is_empty(), "{response}");
    }
    assert_eq!(app.db().contents().await, before);
    key.get("/profile").await.expect_status(200);
});
