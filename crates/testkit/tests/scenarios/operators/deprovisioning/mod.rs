//! What operators delete: people with what they own, organizations and what is
//! in them; and that nobody else loses anything.

mod bulk;
mod memberships_and_credentials;
mod scale;

use freehold_testkit::{Answer, Engine, Person, TestApp, story};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::members::joins;

pub(crate) const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";
const BELOW: &str = "/admin/simple/accounts";

/// The id of the one row of a table for which `holds` is true.
pub(crate) async fn row_id(app: &TestApp, table: &str, holds: &str) -> String {
    let id = match app.db().engine() {
        Engine::Sqlite => "lower(hex(id))",
        Engine::Postgres => "id::text",
    };
    let sql = format!("SELECT {id} FROM {table} WHERE {holds}");
    let found = app.db().texts(&sql).await;
    assert_eq!(found.len(), 1, "{sql}");
    Uuid::parse_str(&found[0]).unwrap().to_string()
}

/// What the operator answers to a `DELETE`.
pub(crate) async fn deletes(app: &TestApp, path: &str) -> Answer {
    app.operator().delete(&format!("{BELOW}{path}")).await
}

/// A sentence of an error, with what else there is to know.
#[expect(clippy::needless_pass_by_value, reason = "it is written in place")]
pub(crate) fn said(message: &str, more: Value) -> Value {
    let mut said = json!({"message": message});
    for (key, value) in more.as_object().unwrap() {
        said[key] = value.clone();
    }
    said
}

/// Counts of everything that is no trace.
async fn counts(app: &TestApp) -> std::collections::BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    for trace in ["audit_events", "outbox", "attempts"] {
        counts.remove(trace);
    }
    counts
}

async fn ids_of(person: &Person) -> Vec<Value> {
    let all = person.organizations().await;
    all.iter().map(|it| json!({"id": it["id"]})).collect()
}

story!(a_person_goes_with_what_is_theirs_alone, async |app| {
    let bob = app.person("bob").await;
    let before = counts(app).await;
    let ada = app.person("ada").await;
    let theirs = bob.home().await;
    let second = ada.founds("Second").await;
    let owned = ids_of(&ada).await;
    app.adds_member(&second, &bob, ["viewer", "admin", "admin"])
        .await;
    app.adds_member(&theirs, &ada, ["viewer", "developer", "developer"])
        .await;
    let place = bob.place_in(&theirs).await;
    let key = ada
        .adds_key_at(&format!("/keys?project_id={}", place.project))
        .await;
    let own = ada.adds_key().await;
    let link = app.reset_link(&ada.email).await;

    let gone = deletes(app, &format!("/users/{}?reason=asked%20for", ada.id)).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"users": [{"id": ada.id}], "organizations": owned}}),
    );
    // At once, whatever they hold.
    ada.get("/profile").await.expect(401);
    ada.refreshes().await.expect(401);
    for key in [key, own] {
        key.get("/organizations/").await.expect(401);
    }
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Better-Horse-8"}],
    });
    let used = app
        .stranger()
        .post("/auth/user/password/reset", &body)
        .await;
    used.expect_body(
        200,
        &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
    );
    // Nobody else has lost anything.
    assert_eq!(counts(app).await, before);
    assert_eq!(bob.home().await, theirs);
    bob.get("/profile").await.expect(200);

    let again = deletes(app, &format!("/users/{}", ada.id)).await;
    again.expect_detail(
        404,
        said(
            &format!("User not found: {}.", ada.id),
            json!({"ref": ada.id}),
        ),
    );
    let (user, home) = (app.sql(&ada.id), app.sql(&theirs));
    for (action, place) in [
        ("user.deleted", "organization_id IS NULL".to_owned()),
        ("member.removed", format!("organization_id = {home}")),
    ] {
        let sql = format!(
            "SELECT count(*) FROM audit_events
              WHERE action = '{action}' AND target_id = {user} AND {place} AND refused IS NULL
                AND actor_kind = 'operator' AND actor_name = 'admin key' AND reason = 'asked for'"
        );
        assert_eq!(app.db().number(&sql).await, 1, "{action}");
    }
    // The address is free.
    let anew = app.person("ada").await;
    assert_ne!(anew.id, ada.id);
    assert_eq!(anew.organizations().await.len(), 1);
});

story!(whoever_only_made_it_takes_nothing_along, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfers(&second, &bob.id).await.expect(200);
    let left = json!([{"id": ada.organizations().await[0]["id"]}]);
    let gone = deletes(app, &format!("/users/{}", ada.id)).await;
    assert_eq!(gone.expect(200).json()["deleted"]["organizations"], left);
    let kept = bob.get(&format!("/organizations/{second}")).await;
    assert_eq!(kept.expect(200).json()["name"], "Second");
});

story!(an_invitation_outlives_whom_it_names, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "editor").await;
    bob.accepts(&link).await.expect(200);
    let cleo = ada
        .invites_by_link(&place, "cleo@acme.test", "viewer")
        .await;
    let by_bob = joins(app, &place, "dan", "admin").await;
    let eve = by_bob
        .invites_by_link(&place, "eve@acme.test", "viewer")
        .await;
    let sql =
        "SELECT count(*) FROM project_invitations WHERE status = 'accepted' AND user_id IS NULL";
    assert_eq!(app.db().number(sql).await, 0);
    deletes(app, &format!("/users/{}", bob.id))
        .await
        .expect(200);
    assert_eq!(app.db().number(sql).await, 1);
    // What somebody who is gone has asked for is worth nothing any more.
    deletes(app, &format!("/users/{}", by_bob.id))
        .await
        .expect(200);
    let evening = app.person("eve").await;
    let late = evening.accepts(&eve).await.expect(410);
    assert_eq!(late.code(), "invite_issuer_not_member", "{late}");
    let coming = app.person("cleo").await;
    coming.accepts(&cleo).await.expect(200);
});

story!(an_organization_a_workspace_or_a_project_goes, async |app| {
    let bob = app.person("bob").await;
    let ada = app.person("ada").await;
    let before = counts(app).await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "admin", "admin"])
        .await;
    let place = ada.place_in(&second).await;
    let key = bob
        .adds_key_at(&format!("/keys?project_id={}", place.project))
        .await;
    let further = ada.adds_project(&place, "Further").await.word("project_id");
    let last = ada.adds_project(&place, "Last").await.word("project_id");

    // The default project goes; the oldest one that is left takes its place.
    let gone = deletes(app, &format!("/projects/{}", place.project)).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"projects": [{"id": place.project}]}}),
    );
    key.get("/projects/current").await.expect(401);
    let current = ada
        .get(&format!(
            "/projects/current?workspace_id={}",
            place.workspace
        ))
        .await
        .expect(200);
    assert_eq!(current.json()["project_id"], further, "{current}");
    assert_eq!(current.json()["is_default_project"], true, "{current}");
    deletes(app, &format!("/projects/{last}")).await.expect(200);

    // The last workspace may go, too.
    let gone = deletes(app, &format!("/workspaces/{}", place.workspace)).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"workspaces": [{"id": place.workspace}]}}),
    );
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE organization_id = {} AND refused IS NULL
            AND action IN ('project.deleted', 'project.updated', 'workspace.deleted')",
        app.sql(&second)
    );
    assert_eq!(app.db().number(&sql).await, 4);
    let gone = deletes(app, &format!("/organizations/{second}")).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"organizations": [{"id": second}]}}),
    );
    assert_eq!(counts(app).await, before);
    assert_eq!(bob.organizations().await.len(), 1);
});

story!(what_is_no_id_and_what_is_nowhere, async |app| {
    app.person("ada").await;
    let before = app.db().contents().await;
    for (path, field) in [
        ("/users/bad", "user_id"),
        ("/organizations/bad", "organization_id"),
        ("/workspaces/bad", "workspace_id"),
        ("/projects/bad", "project_id"),
        ("/api-keys/bad", "api_key_id"),
        (&format!("/users/bad/identities/{NOWHERE}"), "user_id"),
        (&format!("/users/{NOWHERE}/identities/bad"), "identity_id"),
        (
            &format!("/organizations/bad/memberships/{NOWHERE}"),
            "organization_id",
        ),
        (
            &format!("/organizations/{NOWHERE}/memberships/bad"),
            "membership_id",
        ),
        (
            &format!("/workspaces/bad/memberships/{NOWHERE}"),
            "workspace_id",
        ),
        (
            &format!("/workspaces/{NOWHERE}/memberships/bad"),
            "membership_id",
        ),
        (
            &format!("/projects/bad/memberships/{NOWHERE}"),
            "project_id",
        ),
        (
            &format!("/projects/{NOWHERE}/memberships/bad"),
            "membership_id",
        ),
    ] {
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{field}': {reason}");
        let more = json!({"path": field, "reason": reason});
        deletes(app, path)
            .await
            .expect_detail(400, said(&sentence, more));
    }
    // What was refused is told, each, and that is all.
    let mut after = app.db().contents().await;
    let told = after.insert("audit_events".to_owned(), before["audit_events"].clone());
    assert_eq!(
        told.map(|it| it.len()),
        Some(before["audit_events"].len() + 13)
    );
    assert_eq!(after, before);
    for (path, kind) in [
        ("/users", "User"),
        ("/organizations", "Organization"),
        ("/workspaces", "Workspace"),
        ("/projects", "Project"),
        ("/api-keys", "API key"),
        (&format!("/users/{NOWHERE}/identities"), "User"),
        (
            &format!("/organizations/{NOWHERE}/memberships"),
            "Membership",
        ),
        (&format!("/workspaces/{NOWHERE}/memberships"), "Membership"),
        (&format!("/projects/{NOWHERE}/memberships"), "Membership"),
    ] {
        let answer = deletes(app, &format!("{path}/{NOWHERE}/")).await;
        let sentence = format!("{kind} not found: {NOWHERE}.");
        answer.expect_detail(404, said(&sentence, json!({"ref": NOWHERE})));
    }
});

story!(a_rehearsal_answers_and_deletes_nothing, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = joins(app, &place, "bob", "viewer").await;
    let key = bob.adds_key().await;
    let (user, at) = (app.sql(&bob.id), app.sql(&place.organization));
    let member = row_id(
        app,
        "organization_members",
        &format!("user_id = {user} AND organization_id = {at}"),
    )
    .await;
    let login = row_id(app, "user_identities", &format!("user_id = {user}")).await;
    let held = row_id(app, "api_keys", &format!("created_by_id = {user}")).await;
    let before = app.db().contents().await;
    for path in [
        format!("/users/{}", ada.id),
        format!("/organizations/{}", place.organization),
        format!("/workspaces/{}", place.workspace),
        format!("/projects/{}", place.project),
        format!("/organizations/{}/memberships/{member}", place.organization),
        format!("/users/{}/identities/{login}", bob.id),
        format!("/api-keys/{held}"),
    ] {
        let answer = deletes(app, &format!("{path}?dry_run=true"))
            .await
            .expect(200);
        assert_eq!(answer.json()["dry_run"], true, "{answer}");
        assert_eq!(answer.header("x-dry-run"), Some("true"), "{answer}");
        let deleted = answer.json()["deleted"].as_object().unwrap();
        assert!(!deleted.is_empty(), "{answer}");
    }
    assert_eq!(app.db().contents().await, before);
    key.get("/profile").await.expect(200);
});
