//! Explanations of decisions. Each test sends the real request and compares its
//! audit event with the explanation.

use std::time::Duration;

use freehold_domain::{AccessPolicy, AllowedOwners, Email};
use freehold_testkit::{PASSWORD, Response, TestApp, TestUser, credentials_form, scenario};
use serde_json::{Value, json};

async fn explain_response(app: &TestApp, query: &str) -> Response {
    app.operator().get(&format!("/admin/explain?{query}")).await
}

async fn explanation(app: &TestApp, query: &str) -> Value {
    explain_response(app, query)
        .await
        .expect_status(200)
        .json()
        .clone()
}

/// The audit event of a refusal, found by the reference in its response.
async fn recorded_refusal(app: &TestApp, refused: &Response) -> Value {
    let reference = refused.text_field("request_id");
    let path = format!("/admin/events?request={reference}");
    let found = app.operator().get(&path).await.expect_status(200);
    let events = found.json()["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 1, "{found}");
    events[0].clone()
}

/// Requires that the explanation is a refusal with the same reasons and the same
/// text as the response.
async fn expect_same_refusal(app: &TestApp, query: &str, refused: &Response) {
    let explanation = explanation(app, query).await;
    let kept = recorded_refusal(app, refused).await;
    assert_eq!(explanation["allowed"], false, "{explanation}");
    assert_eq!(explanation["code"], kept["refused"], "{explanation} {kept}");
    assert_eq!(
        explanation["code"],
        refused.code(),
        "{explanation} {refused}"
    );
    assert_eq!(
        explanation["trace"], kept["details"]["trace"],
        "{explanation} {kept}"
    );
    let detail = refused.detail();
    let message = detail.get("message").unwrap_or(detail);
    assert_eq!(explanation["message"], *message, "{explanation} {refused}");
}

fn expect_allowed(explanation: &Value) {
    assert_eq!(explanation["allowed"], true, "{explanation}");
    assert!(explanation.get("code").is_none(), "{explanation}");
    let steps = explanation["trace"].as_array().unwrap();
    assert!(!steps.is_empty());
    for step in steps {
        assert_eq!(step["passed"], true, "{explanation}");
    }
}

/// The details of the newest event of this kind.
async fn newest_event_details(app: &TestApp, action: &str) -> Value {
    let path = format!("/admin/events?action={action}&refused=false&limit=1");
    let found = app.operator().get(&path).await.expect_status(200);
    found.json()["events"][0]["details"].clone()
}

scenario!(a_permission_in_a_project, async |app| {
    let [ada, bob, eve] = [
        app.sign_up("ada").await,
        app.sign_up("bob").await,
        app.sign_up("eve").await,
    ];
    let scope = ada.default_scope().await;
    app.insert_member(&scope.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let keys = format!("/keys?project_id={}", scope.project);
    let on = |who: &TestUser| format!("user={}&action=edit_api_keys&on={}", who.id, scope.project);

    let refused = bob.post_empty(&keys).await.expect_status(403);
    expect_same_refusal(app, &on(&bob), &refused).await;

    ada.post_empty(&keys).await.expect_status(200);
    let allowed = explanation(app, &on(&ada)).await;
    expect_allowed(&allowed);
    assert_eq!(allowed["on"]["kind"], "project");
    assert_eq!(allowed["on"]["organization_id"], scope.organization);
    assert_eq!(allowed["user"], json!({"id": ada.id, "email": ada.email}));

    // Callers outside the organization are refused first, and so is the explanation.
    let turned_away = eve.get(&keys).await.expect_status(401);
    assert_eq!(turned_away.code(), "out_of_scope");
    let refused_explanation = explanation(app, &on(&eve)).await;
    assert_eq!(refused_explanation["code"], "out_of_scope");
    assert_eq!(refused_explanation["message"], *turned_away.detail());
    assert_eq!(
        refused_explanation["trace"],
        json!([{"rule": "is_member", "input": "", "passed": false}])
    );
});

scenario!(
    a_permission_in_a_workspace_and_an_organization,
    async |app| {
        let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
        let scope = ada.default_scope().await;
        app.insert_member(&scope.organization, &bob, ["viewer", "editor", "editor"])
            .await;
        let body = json!({"name": "x"});
        let path = format!(
            "/organizations/{}/workspaces/{}",
            scope.organization, scope.workspace
        );
        let refused = bob.put(&path, &body).await.expect_status(403);
        let kept = recorded_refusal(app, &refused).await;
        let query =
            |who: &TestUser, on: &str| format!("user={}&action=edit_workspace&on={on}", who.email);
        for on in [&scope.workspace, &scope.organization] {
            let refused_explanation = explanation(app, &query(&bob, on)).await;
            assert_eq!(refused_explanation["allowed"], false);
            assert_eq!(
                refused_explanation["trace"], kept["details"]["trace"],
                "{refused_explanation} {kept}"
            );
            expect_allowed(&explanation(app, &query(&ada, on)).await);
        }
        ada.put(&path, &body).await.expect_status(200);

        let refused = bob
            .rename_organization(&scope.organization, "x")
            .await
            .expect_status(403);
        let query = |who: &TestUser| {
            format!(
                "user={}&action=edit_organization&on={}",
                who.id, scope.organization
            )
        };
        expect_same_refusal(app, &query(&bob), &refused).await;
        expect_allowed(&explanation(app, &query(&ada)).await);
    }
);

scenario!(deleting_an_organization, async |app| {
    let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
    let scope = ada.default_scope().await;
    let home = scope.organization.clone();
    let query_for =
        |who: &TestUser, on: &str| format!("user={}&action=delete_organization&on={on}", who.id);
    // Another user's; the user's only one; and, with a second one, no reason to refuse.
    let foreign = bob.delete_organization(&home).await.expect_status(403);
    expect_same_refusal(app, &query_for(&bob, &home), &foreign).await;
    let only = ada.delete_organization(&home).await.expect_status(400);
    assert_eq!(only.code(), "last_organization");
    expect_same_refusal(app, &query_for(&ada, &home), &only).await;
    expect_same_refusal(app, &query_for(&ada, &scope.workspace), &only).await;

    let path = format!("/organizations/{home}");
    ada.patch(&path, &json!({"slug": "go"}))
        .await
        .expect_status(200);
    ada.create_organization("Second").await;
    let allowed = explanation(app, &query_for(&ada, "go")).await;
    expect_allowed(&allowed);
    assert_eq!(allowed["on"]["id"], home);
    ada.delete_organization(&home).await.expect_status(200);
});

scenario!(owning_an_organization, async |app| {
    let bob = app.sign_up("bob").await;
    expect_allowed(&explanation(app, "user=bob@acme.test&action=create_organization").await);
    app.restart(|settings| {
        settings.allowed_owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
    })
    .await;
    let refused = bob
        .post("/organizations/", &json!({}))
        .await
        .expect_status(403);
    expect_same_refusal(
        app,
        "user=bob@acme.test&action=create_organization",
        &refused,
    )
    .await;
});

scenario!(signing_up, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let sign_up = async |app: &TestApp, email: &str| {
        app.anonymous()
            .post("/auth/signup", &credentials_form(email, PASSWORD))
            .await
    };
    let query_for = |email: &str| format!("user={email}&action=sign_up");
    expect_allowed(&explanation(app, &query_for("new@acme.test")).await);
    app.restart(|settings| {
        let (none, evil) = ([""; 0], ["evil.test"]);
        settings.access_policy = AccessPolicy::new(&none, &evil, &none).unwrap();
        settings.open_sign_up = false;
    })
    .await;
    for email in ["a@evil.test", "new@acme.test"] {
        let refused = sign_up(app, email).await.expect_status(401);
        expect_same_refusal(app, &query_for(email), &refused).await;
    }
    ada.invite_by_link(&scope, "new@acme.test", "viewer").await;
    let invited = explanation(app, &query_for("new@acme.test")).await;
    assert_eq!(invited["allowed"], true, "{invited}");
    let steps = invited["trace"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["rule"], "is_invited");
    let made = sign_up(app, "new@acme.test").await.expect_status(200);
    assert_eq!(made.json()["status"], "OK");
});

scenario!(signing_in, async |app| {
    let ada = app.sign_up("ada").await;
    app.create_account_as_operator("keyless@acme.test").await;
    let is_yes_for = explanation(app, &format!("user={}&action=sign_in", ada.id)).await;
    expect_allowed(&is_yes_for);
    for (email, last) in [
        (ada.email.as_str(), None),
        ("keyless@acme.test", Some("has_password")),
        ("nobody@acme.test", Some("has_account")),
    ] {
        let form = credentials_form(email, "Wrong-Horse-7");
        let response = app
            .anonymous()
            .post("/auth/signin", &form)
            .await
            .expect_status(200);
        assert_eq!(response.json()["status"], "WRONG_CREDENTIALS_ERROR");
        let found = app
            .operator()
            .get("/admin/events?refused=true&limit=1")
            .await;
        let kept = &found.json()["events"][0];
        assert_eq!(kept["refused"], "wrong_credentials", "{found}");
        let kept = kept["details"]["trace"].as_array().unwrap();
        let why = explanation(app, &format!("user={email}&action=sign_in")).await;
        let why_steps = why["trace"].as_array().unwrap();
        match last {
            Some(rule) => {
                assert_eq!(why["code"], "wrong_credentials");
                assert_eq!(why_steps, kept);
                assert_eq!(kept.last().unwrap()["rule"], rule);
            }
            // Only a user who knows the password can take the last step.
            None => {
                let (last, before) = kept.split_last().unwrap();
                assert_eq!(last["rule"], "password_matches");
                assert_eq!(why_steps, before);
            }
        }
    }
});

scenario!(inviting, async |app| {
    let [ada, bob, eve] = [
        app.sign_up("ada").await,
        app.sign_up("bob").await,
        app.sign_up("eve").await,
    ];
    let scope = ada.default_scope().await;
    app.insert_member(&scope.organization, &bob, ["viewer", "admin", "admin"])
        .await;
    let query_for = |who: &TestUser, email: &str, role: &str| {
        let (id, on) = (&who.id, &scope.workspace);
        format!("user={id}&action=invite&on={on}&email={email}&role={role}")
    };
    // The role does not rank below the caller's; the address is a member's (twice); the
    // role does not exist; the caller is not a member.
    for (who, email, role, status) in [
        (&bob, "new@acme.test", "admin", 403),
        (&bob, "ada@acme.test", "viewer", 400),
        (&bob, "bob@acme.test", "viewer", 400),
        (&bob, "new@acme.test", "king", 400),
        (&eve, "new@acme.test", "viewer", 403),
    ] {
        let refused = who.invite(&scope, email, role).await.expect_status(status);
        expect_same_refusal(app, &query_for(who, email, role), &refused).await;
    }
    let allowed = explanation(app, &query_for(&bob, "new@acme.test", "editor")).await;
    expect_allowed(&allowed);
    bob.invite(&scope, "new@acme.test", "editor")
        .await
        .expect_status(200);
    let kept = newest_event_details(app, "invitation.issued").await;
    assert_eq!(allowed["trace"], kept["trace"]);
    let again = bob.invite(&scope, "new@acme.test", "editor").await;
    expect_same_refusal(
        app,
        &query_for(&bob, "new@acme.test", "editor"),
        &again.expect_status(400),
    )
    .await;
});

scenario!(accepting, async |app| {
    let [ada, bob, eve] = [
        app.sign_up("ada").await,
        app.sign_up("bob").await,
        app.sign_up("eve").await,
    ];
    let scope = ada.default_scope().await;
    let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    let query_for = |who: &TestUser| format!("user={}&action=accept_invitation&on={id}", who.id);

    let foreign = eve.accept_invitation(&link).await.expect_status(400);
    expect_same_refusal(app, &query_for(&eve), &foreign).await;

    let allowed = explanation(app, &query_for(&bob)).await;
    expect_allowed(&allowed);
    // The short name of the action.
    let short = query_for(&bob).replace("accept_invitation", "accept");
    assert_eq!(explanation(app, &short).await, allowed);
    // An explanation does not execute the action.
    assert_eq!(explanation(app, &query_for(&bob)).await, allowed);
    bob.accept_invitation(&link).await.expect_status(200);
    let kept = newest_event_details(app, "invitation.accepted").await;
    assert_eq!(allowed["trace"], kept["trace"]);
    let again = bob.accept_invitation(&link).await.expect_status(409);
    expect_same_refusal(app, &query_for(&bob), &again).await;

    let late = ada.invite_by_link(&scope, &eve.email, "viewer").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &eve.email)
        .await;
    app.clock().advance(Duration::from_secs(8 * 24 * 60 * 60));
    let eve = TestUser::sign_in(app.anonymous(), &eve.email, PASSWORD).await;
    let expired = eve.accept_invitation(&late).await.expect_status(410);
    let query_for = format!("user={}&action=accept_invitation&on={id}", eve.id);
    expect_same_refusal(app, &query_for, &expired).await;
});

scenario!(invalid_explain_queries_are_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let unknown_id = "01a2082d-5df6-7a31-8c44-0123456789ab";
    for (query, status, expected_text) in [
        (
            format!("user={unknown_id}&action=invite"),
            404,
            "User not found",
        ),
        (
            format!("user={unknown_id}&action=sign_in"),
            404,
            "User not found",
        ),
        (
            "user=x@acme.test&action=create_organization".to_owned(),
            404,
            "User not found",
        ),
        (format!("user={}&action=fly", ada.id), 422, "action"),
        (
            format!("user={}&action=fly", ada.id),
            422,
            "sign_in, sign_up, create_organization, invite, accept_invitation, accept, or a permission",
        ),
        (
            format!("user={}&action=view_spans&on=nosuch", ada.id),
            404,
            "Organization not found: nosuch",
        ),
        (
            format!("user={}&action=view_spans&on=ada@acme.test", ada.id),
            422,
            "\"on\"",
        ),
        (format!("user={}&action=invite", ada.id), 422, "\"on\""),
        (
            format!("user={}&action=invite&on={}", ada.id, scope.project),
            422,
            "\"on\"",
        ),
        (
            format!("user={}&action=view_spans&on={unknown_id}", ada.id),
            404,
            "Project not found",
        ),
        (
            format!("user={}&action=accept_invitation&on={unknown_id}", ada.id),
            404,
            "Invitation not found",
        ),
        (
            format!("user={}&action=view_spans&on=x_", ada.id),
            422,
            "\"on\"",
        ),
        ("user=&action=view_spans".to_owned(), 422, "user"),
        (format!("user={}", ada.id), 422, "action"),
    ] {
        let response = explain_response(app, &query).await.expect_status(status);
        assert!(
            response.text().contains(expected_text),
            "{expected_text}: {response}"
        );
    }
    ada.get("/admin/explain").await.expect_status(401);
});
