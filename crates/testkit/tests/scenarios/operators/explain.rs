//! Why: an explanation is the decision itself. Each story does the thing for
//! real and compares what was kept about it with what was explained.

use std::time::Duration;

use freehold_domain::{AccessPolicy, AllowedOwners, Email};
use freehold_testkit::{Answer, PASSWORD, Person, TestApp, form, story};
use serde_json::{Value, json};

async fn asked(app: &TestApp, query: &str) -> Answer {
    app.operator().get(&format!("/admin/explain?{query}")).await
}

async fn explained(app: &TestApp, query: &str) -> Value {
    asked(app, query).await.expect(200).json().clone()
}

/// What is on record of a refusal, found by the reference that it was shown with.
async fn on_record(app: &TestApp, refused: &Answer) -> Value {
    let reference = refused.word("request_id");
    let path = format!("/admin/events?request={reference}");
    let found = app.operator().get(&path).await.expect(200);
    let events = found.json()["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 1, "{found}");
    events[0].clone()
}

/// The explanation says no as the refusal did, for the same reasons and in the
/// same words.
async fn same_no(app: &TestApp, query: &str, refused: &Answer) {
    let explained = explained(app, query).await;
    let kept = on_record(app, refused).await;
    assert_eq!(explained["allowed"], false, "{explained}");
    assert_eq!(explained["code"], kept["refused"], "{explained} {kept}");
    assert_eq!(explained["code"], refused.code(), "{explained} {refused}");
    assert_eq!(
        explained["trace"], kept["details"]["trace"],
        "{explained} {kept}"
    );
    let detail = refused.detail();
    let told = detail.get("message").unwrap_or(detail);
    assert_eq!(explained["message"], *told, "{explained} {refused}");
}

fn is_yes(explained: &Value) {
    assert_eq!(explained["allowed"], true, "{explained}");
    assert!(explained.get("code").is_none(), "{explained}");
    let steps = explained["trace"].as_array().unwrap();
    assert!(!steps.is_empty());
    for step in steps {
        assert_eq!(step["passed"], true, "{explained}");
    }
}

/// The details of the newest event of this kind.
async fn newest(app: &TestApp, action: &str) -> Value {
    let path = format!("/admin/events?action={action}&refused=false&limit=1");
    let found = app.operator().get(&path).await.expect(200);
    found.json()["events"][0]["details"].clone()
}

story!(a_permission_in_a_project, async |app| {
    let [ada, bob, eve] = [
        app.person("ada").await,
        app.person("bob").await,
        app.person("eve").await,
    ];
    let place = ada.place().await;
    app.adds_member(&place.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let keys = format!("/keys?project_id={}", place.project);
    let on = |who: &Person| format!("user={}&action=edit_api_keys&on={}", who.id, place.project);

    let refused = bob.post_nothing(&keys).await.expect(403);
    same_no(app, &on(&bob), &refused).await;

    ada.post_nothing(&keys).await.expect(200);
    let yes = explained(app, &on(&ada)).await;
    is_yes(&yes);
    assert_eq!(yes["on"]["kind"], "project");
    assert_eq!(yes["on"]["organization_id"], place.organization);
    assert_eq!(yes["user"], json!({"id": ada.id, "email": ada.email}));

    // Whoever is not in it gets no further than the door, and so does the question.
    let turned_away = eve.get(&keys).await.expect(401);
    assert_eq!(turned_away.code(), "out_of_scope");
    let no = explained(app, &on(&eve)).await;
    assert_eq!(no["code"], "out_of_scope");
    assert_eq!(no["message"], *turned_away.detail());
    assert_eq!(
        no["trace"],
        json!([{"rule": "is_member", "input": "", "passed": false}])
    );
});

story!(
    a_permission_in_a_workspace_and_an_organization,
    async |app| {
        let [ada, bob] = [app.person("ada").await, app.person("bob").await];
        let place = ada.place().await;
        app.adds_member(&place.organization, &bob, ["viewer", "editor", "editor"])
            .await;
        let body = json!({"name": "x"});
        let path = format!(
            "/organizations/{}/workspaces/{}",
            place.organization, place.workspace
        );
        let refused = bob.put(&path, &body).await.expect(403);
        let kept = on_record(app, &refused).await;
        let query =
            |who: &Person, on: &str| format!("user={}&action=edit_workspace&on={on}", who.email);
        for on in [&place.workspace, &place.organization] {
            let no = explained(app, &query(&bob, on)).await;
            assert_eq!(no["allowed"], false);
            assert_eq!(no["trace"], kept["details"]["trace"], "{no} {kept}");
            is_yes(&explained(app, &query(&ada, on)).await);
        }
        ada.put(&path, &body).await.expect(200);

        let refused = bob.renames(&place.organization, "x").await.expect(403);
        let query = |who: &Person| {
            format!(
                "user={}&action=edit_organization&on={}",
                who.id, place.organization
            )
        };
        same_no(app, &query(&bob), &refused).await;
        is_yes(&explained(app, &query(&ada)).await);
    }
);

story!(deleting_an_organization, async |app| {
    let [ada, bob] = [app.person("ada").await, app.person("bob").await];
    let place = ada.place().await;
    let home = place.organization.clone();
    let about =
        |who: &Person, on: &str| format!("user={}&action=delete_organization&on={on}", who.id);
    // Somebody else's; one's only one; and, with another, no reason is left.
    let foreign = bob.deletes(&home).await.expect(403);
    same_no(app, &about(&bob, &home), &foreign).await;
    let only = ada.deletes(&home).await.expect(400);
    assert_eq!(only.code(), "last_organization");
    same_no(app, &about(&ada, &home), &only).await;
    same_no(app, &about(&ada, &place.workspace), &only).await;

    let path = format!("/organizations/{home}");
    ada.patch(&path, &json!({"slug": "go"})).await.expect(200);
    ada.founds("Second").await;
    let yes = explained(app, &about(&ada, "go")).await;
    is_yes(&yes);
    assert_eq!(yes["on"]["id"], home);
    ada.deletes(&home).await.expect(200);
});

story!(owning_an_organization, async |app| {
    let bob = app.person("bob").await;
    is_yes(&explained(app, "user=bob@acme.test&action=create_organization").await);
    app.restart(|settings| {
        settings.owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
    })
    .await;
    let refused = bob.post("/organizations/", &json!({})).await.expect(403);
    same_no(
        app,
        "user=bob@acme.test&action=create_organization",
        &refused,
    )
    .await;
});

story!(signing_up, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let sign_up = async |app: &TestApp, email: &str| {
        app.stranger()
            .post("/auth/signup", &form(email, PASSWORD))
            .await
    };
    let about = |email: &str| format!("user={email}&action=sign_up");
    is_yes(&explained(app, &about("new@acme.test")).await);
    app.restart(|settings| {
        let (nobody, evil) = ([""; 0], ["evil.test"]);
        settings.access = AccessPolicy::new(&nobody, &evil, &nobody).unwrap();
        settings.open_sign_up = false;
    })
    .await;
    for email in ["a@evil.test", "new@acme.test"] {
        let refused = sign_up(app, email).await.expect(401);
        same_no(app, &about(email), &refused).await;
    }
    ada.invites_by_link(&place, "new@acme.test", "viewer").await;
    let invited = explained(app, &about("new@acme.test")).await;
    assert_eq!(invited["allowed"], true, "{invited}");
    let steps = invited["trace"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["rule"], "is_invited");
    let made = sign_up(app, "new@acme.test").await.expect(200);
    assert_eq!(made.json()["status"], "OK");
});

story!(signing_in, async |app| {
    let ada = app.person("ada").await;
    app.operator_makes("keyless@acme.test").await;
    let is_yes_for = explained(app, &format!("user={}&action=sign_in", ada.id)).await;
    is_yes(&is_yes_for);
    for (email, last) in [
        (ada.email.as_str(), None),
        ("keyless@acme.test", Some("has_password")),
        ("nobody@acme.test", Some("has_account")),
    ] {
        let form = form(email, "Wrong-Horse-7");
        let answer = app.stranger().post("/auth/signin", &form).await.expect(200);
        assert_eq!(answer.json()["status"], "WRONG_CREDENTIALS_ERROR");
        let found = app
            .operator()
            .get("/admin/events?refused=true&limit=1")
            .await;
        let kept = &found.json()["events"][0];
        assert_eq!(kept["refused"], "wrong_credentials", "{found}");
        let kept = kept["details"]["trace"].as_array().unwrap();
        let why = explained(app, &format!("user={email}&action=sign_in")).await;
        let why_steps = why["trace"].as_array().unwrap();
        match last {
            Some(rule) => {
                assert_eq!(why["code"], "wrong_credentials");
                assert_eq!(why_steps, kept);
                assert_eq!(kept.last().unwrap()["rule"], rule);
            }
            // Only whoever knows the password can take the last step.
            None => {
                let (last, before) = kept.split_last().unwrap();
                assert_eq!(last["rule"], "password_matches");
                assert_eq!(why_steps, before);
            }
        }
    }
});

story!(inviting, async |app| {
    let [ada, bob, eve] = [
        app.person("ada").await,
        app.person("bob").await,
        app.person("eve").await,
    ];
    let place = ada.place().await;
    app.adds_member(&place.organization, &bob, ["viewer", "admin", "admin"])
        .await;
    let about = |who: &Person, email: &str, role: &str| {
        let (id, on) = (&who.id, &place.workspace);
        format!("user={id}&action=invite&on={on}&email={email}&role={role}")
    };
    // By rank, by who is asked already, by what the role is, by where one stands.
    for (who, email, role, status) in [
        (&bob, "new@acme.test", "admin", 403),
        (&bob, "ada@acme.test", "viewer", 400),
        (&bob, "bob@acme.test", "viewer", 400),
        (&bob, "new@acme.test", "king", 400),
        (&eve, "new@acme.test", "viewer", 403),
    ] {
        let refused = who.invites(&place, email, role).await.expect(status);
        same_no(app, &about(who, email, role), &refused).await;
    }
    let yes = explained(app, &about(&bob, "new@acme.test", "editor")).await;
    is_yes(&yes);
    bob.invites(&place, "new@acme.test", "editor")
        .await
        .expect(200);
    let kept = newest(app, "invitation.issued").await;
    assert_eq!(yes["trace"], kept["trace"]);
    let again = bob.invites(&place, "new@acme.test", "editor").await;
    same_no(
        app,
        &about(&bob, "new@acme.test", "editor"),
        &again.expect(400),
    )
    .await;
});

story!(accepting, async |app| {
    let [ada, bob, eve] = [
        app.person("ada").await,
        app.person("bob").await,
        app.person("eve").await,
    ];
    let place = ada.place().await;
    let link = ada.invites_by_link(&place, &bob.email, "editor").await;
    let id = ada.invitation_of(&place.organization, &bob.email).await;
    let about = |who: &Person| format!("user={}&action=accept_invitation&on={id}", who.id);

    let foreign = eve.accepts(&link).await.expect(400);
    same_no(app, &about(&eve), &foreign).await;

    let yes = explained(app, &about(&bob)).await;
    is_yes(&yes);
    // The action in short.
    let short = about(&bob).replace("accept_invitation", "accept");
    assert_eq!(explained(app, &short).await, yes);
    // Asking is not answering.
    assert_eq!(explained(app, &about(&bob)).await, yes);
    bob.accepts(&link).await.expect(200);
    let kept = newest(app, "invitation.accepted").await;
    assert_eq!(yes["trace"], kept["trace"]);
    let again = bob.accepts(&link).await.expect(409);
    same_no(app, &about(&bob), &again).await;

    let late = ada.invites_by_link(&place, &eve.email, "viewer").await;
    let id = ada.invitation_of(&place.organization, &eve.email).await;
    app.clock().pass(Duration::from_secs(8 * 24 * 60 * 60));
    let eve = Person::sign_in(app.stranger(), &eve.email, PASSWORD).await;
    let expired = eve.accepts(&late).await.expect(410);
    let about = format!("user={}&action=accept_invitation&on={id}", eve.id);
    same_no(app, &about, &expired).await;
});

story!(a_question_that_cannot_be_answered, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let nobody = "01a2082d-5df6-7a31-8c44-0123456789ab";
    for (query, status, told) in [
        (
            format!("user={nobody}&action=invite"),
            404,
            "User not found",
        ),
        (
            format!("user={nobody}&action=sign_in"),
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
            format!("user={}&action=invite&on={}", ada.id, place.project),
            422,
            "\"on\"",
        ),
        (
            format!("user={}&action=view_spans&on={nobody}", ada.id),
            404,
            "Project not found",
        ),
        (
            format!("user={}&action=accept_invitation&on={nobody}", ada.id),
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
        let answer = asked(app, &query).await.expect(status);
        assert!(answer.text().contains(told), "{told}: {answer}");
    }
    ada.get("/admin/explain").await.expect(401);
});
