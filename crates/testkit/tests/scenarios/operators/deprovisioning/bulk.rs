//! `DELETE /admin/accounts/` and `DELETE /admin/simple/accounts/`: many at once,
//! all of them or nothing.

use freehold_testkit::{Answer, TestApp, story};
use serde_json::{Value, json};

use super::{NOWHERE, counts, ids_of, said};
use crate::members::joins;

async fn sweeps(app: &TestApp, body: &Value) -> Answer {
    app.operator().delete("/admin/accounts/").json(body).await
}

async fn sweeps_simply(app: &TestApp, body: &Value) -> Answer {
    app.operator()
        .delete("/admin/simple/accounts/")
        .json(body)
        .await
}

story!(without_a_word_it_is_a_rehearsal, async |app| {
    let ada = app.person("ada").await;
    let owned = ids_of(&ada).await;
    let before = app.db().contents().await;
    let target = json!({"user_ids": [ada.id]});
    for body in [
        json!({"target": target}),
        json!({"target": target, "dry_run": true, "reason": "a look", "confirm": "delete"}),
        json!({"target": target, "dry_run": null}),
    ] {
        let told = sweeps(app, &body).await;
        told.expect_body(
            200,
            &json!({"dry_run": true, "deleted": {
                "users": [{"id": ada.id}], "organizations": owned, "workspaces": [], "projects": [],
            }}),
        );
    }
    let nothing = json!({"users": [], "organizations": [], "workspaces": [], "projects": []});
    let told = sweeps(app, &json!({"target": {}})).await;
    told.expect_body(200, &json!({"dry_run": true, "deleted": nothing}));
    assert_eq!(app.db().contents().await, before);
    sweeps(app, &json!({})).await.expect(422);
    sweeps(app, &json!({"target": {"user_ids": "all"}}))
        .await
        .expect(422);
});

story!(
    what_was_there_is_deleted_and_the_rest_is_skipped,
    async |app| {
        let bystander = app.person("bystander").await;
        let before = counts(app).await;
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let body = json!({"dry_run": false, "reason": "spring", "target": {
            "user_ids": [ada.id, NOWHERE, ada.id],
            "user_emails": ["BOB@acme.test", "nobody@acme.test", "bob@acme.test"],
        }});
        let owned: Vec<Value> = [ids_of(&ada).await, ids_of(&bob).await].concat();
        let answer = sweeps(app, &body).await;
        answer.expect_body(
            200,
            &json!({
                "dry_run": false,
                "deleted": {"users": [{"id": ada.id}, {"id": bob.id}], "organizations": owned},
                "skipped": {"users": [{"id": NOWHERE}, {"email": "nobody@acme.test"}]},
            }),
        );
        assert_eq!(counts(app).await, before);
        bystander.get("/profile").await.expect(200);
        // Nothing was left to do; it is on record that it was asked for.
        let target = json!({
            "user_ids": [ada.id], "organization_ids": [NOWHERE], "workspace_ids": [NOWHERE],
            "project_ids": [NOWHERE],
        });
        let again = sweeps(app, &json!({"dry_run": false, "target": target})).await;
        let nowhere = json!([{"id": NOWHERE}]);
        again.expect_body(
            200,
            &json!({"dry_run": false, "deleted": {}, "skipped": {
                "users": [{"id": ada.id}], "organizations": nowhere, "workspaces": nowhere,
                "projects": nowhere,
            }}),
        );
        let sql = "SELECT count(*) FROM audit_events WHERE action = 'accounts.deleted'";
        assert_eq!(app.db().number(sql).await, 1);
        let none = sweeps(app, &json!({"dry_run": false, "target": {}})).await;
        none.expect_body(200, &json!({"dry_run": false, "deleted": {}}));
    }
);

story!(where_places_are_named_exactly_those_go, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let second = ada.place_in(&ada.founds("Second").await).await;
    let third = ada.place_in(&ada.founds("Third").await).await;
    let further = ada.adds_project(&third, "Further").await.word("project_id");
    let before = app.db().contents().await;
    // Somebody who would still own something stays, and with them all of it.
    let target = json!({"user_ids": [ada.id], "organization_ids": [second.organization]});
    for dry_run in [true, false] {
        let body = json!({"dry_run": dry_run, "target": target});
        let no = sweeps(app, &body).await.expect(409);
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
    let done = sweeps(app, &json!({"dry_run": false, "target": target})).await;
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
    // Everything named: the person goes, too.
    let target = json!({
        "user_ids": [ada.id], "organization_ids": [home.organization, third.organization],
    });
    sweeps(app, &json!({"dry_run": false, "target": target}))
        .await
        .expect(200);
    ada.get("/profile").await.expect(401);
});

story!(whoever_writes_badly_deletes_nothing, async |app| {
    let ada = app.person("ada").await;
    let before = counts(app).await;
    for (field, good) in [
        ("user_ids", ada.id.as_str()),
        ("organization_ids", NOWHERE),
        ("workspace_ids", NOWHERE),
        ("project_ids", NOWHERE),
    ] {
        let body = json!({"dry_run": false, "target": {field: [good, "bad"]}});
        let path = format!("target.{field}.1");
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{path}': {reason}");
        let more = json!({"path": path, "reason": reason});
        sweeps(app, &body)
            .await
            .expect_detail(400, said(&sentence, more));
    }
    let body = json!({"dry_run": false, "target": {"user_emails": ["nobody"]}});
    let no = sweeps(app, &body).await.expect(400);
    assert_eq!(no.detail()["path"], "target.user_emails.0");
    let one = json!({"u1": {"user": {"email": ada.email}}});
    for confirm in ["yes", ""] {
        let body = json!({"dry_run": false, "target": {"user_ids": [ada.id]}, "confirm": confirm});
        let no = sweeps(app, &body).await.expect(400);
        assert_eq!(no.code(), "invalid_accounts", "{no}");
        sweeps_simply(app, &json!({"accounts": one, "confirm": confirm}))
            .await
            .expect(400);
    }
    for reference in [json!({"ref": "u1"}), json!({"slug": "acme"})] {
        let body = json!({"accounts": {"u1": {"user": reference}}});
        let no = sweeps_simply(app, &body).await.expect(400);
        assert_eq!(no.code(), "invalid_reference", "{no}");
        assert_eq!(no.detail()["path"], "user", "{no}");
    }
    for reference in [json!({}), json!({"id": ada.id, "email": ada.email})] {
        let body = json!({"accounts": {"u1": {"user": reference}}});
        sweeps_simply(app, &body).await.expect(422);
    }
    let bad = json!({"accounts": {"u1": {"user": {"id": "bad"}}}});
    let no = sweeps_simply(app, &bad).await.expect(400);
    assert_eq!(no.detail()["path"], "accounts.u1.user", "{no}");
    sweeps_simply(app, &json!({})).await.expect(422);
    assert_eq!(counts(app).await, before);
});

story!(simple_accounts_go_without_a_word, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let place = ada.place().await;
    joins(app, &place, "cleo", "editor").await;
    let before = app.db().contents().await;
    let accounts = json!({
        "u1": {"user": {"email": "ADA@acme.test"}}, "u2": {"user": {"id": bob.id}},
        "u3": {"user": {"email": "nobody@acme.test"}},
    });
    let rehearsed = sweeps_simply(app, &json!({"accounts": accounts, "dry_run": true})).await;
    assert_eq!(rehearsed.expect(204).text(), "");
    // One id that leads nowhere, and nobody goes.
    let mut more = accounts.clone();
    more["u4"] = json!({"user": {"id": NOWHERE}});
    let no = sweeps_simply(app, &json!({"accounts": more, "dry_run": true})).await;
    no.expect_detail(
        404,
        said(
            &format!("User not found: {NOWHERE}."),
            json!({"ref": NOWHERE}),
        ),
    );
    assert_eq!(app.db().contents().await, before);
    let body =
        json!({"accounts": accounts, "confirm": "delete", "reason": "left", "dry_run": false});
    let done = sweeps_simply(app, &body).await.expect(204);
    assert_eq!(done.text(), "");
    for person in [&ada, &bob] {
        person.get("/profile").await.expect(401);
    }
    assert_eq!(app.db().number("SELECT count(*) FROM users").await, 1);
    assert_eq!(
        app.db().number("SELECT count(*) FROM organizations").await,
        1
    );
    app.person("ada").await;
    sweeps_simply(app, &json!({"accounts": {}}))
        .await
        .expect(204);
});

story!(the_same_key_deletes_once, async |app| {
    let ada = app.person("ada").await;
    let body = json!({"accounts": {"u1": {"user": {"id": ada.id}}}});
    let operator = app.operator();
    let ask = |body: &Value| {
        let ask = operator.delete("/admin/simple/accounts/").json(body);
        ask.header("idempotency-key", "d-1")
    };
    ask(&body).await.expect(204);
    // Without the key they would not be found any more.
    let again = ask(&body).await.expect(204);
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
    ask(&json!({"accounts": {}})).await.expect(409);
    let path = format!(
        "/admin/simple/accounts/users/{}",
        app.person("bob").await.id
    );
    let key = "d-2";
    let one = operator.delete(&path).header("idempotency-key", key).await;
    let two = operator.delete(&path).header("idempotency-key", key).await;
    assert_eq!(one.expect(200).text(), two.expect(200).text());
});

story!(a_sweep_is_meant_wherever_it_says_so, async |app| {
    for (n, place) in ["", "options", "query"].into_iter().enumerate() {
        let person = app.person(&format!("p{n}")).await;
        let mut body = json!({"target": {"user_ids": [person.id]}});
        let mut path = "/admin/accounts/".to_owned();
        sweeps(app, &body).await.expect(200);
        person.get("/profile").await.expect(200);
        match place {
            "query" => path.push_str("?dry_run=false"),
            "" => body["dry_run"] = false.into(),
            place => body[place] = json!({"dry_run": false}),
        }
        let operator = app.operator();
        // Whoever wants a rehearsal somewhere gets one.
        let rehearsed = operator.delete(&path).json(&match place {
            "options" => json!({"target": body["target"], "options": body["options"], "dry_run": true}),
            _ => json!({"target": body["target"], "dry_run": body["dry_run"], "options": {"dry_run": true}}),
        });
        assert_eq!(rehearsed.await.expect(200).json()["dry_run"], true);
        person.get("/profile").await.expect(200);
        let done = operator.delete(&path).json(&body).await.expect(200);
        assert_eq!(done.json()["dry_run"], false, "{place} {done}");
        person.get("/profile").await.expect(401);
    }
});
