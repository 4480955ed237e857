//! Queries of the audit log: by operators, who read all events, and by the owner
//! and admins of an organization, who read its events without internal details.

use std::time::Duration;

use freehold_testkit::{PASSWORD, Response, TestApp, TestUser, scenario};
use serde_json::{Value, json};

async fn query_events(app: &TestApp, query: &str) -> Vec<Value> {
    let response = app.operator().get(&format!("/admin/events?{query}")).await;
    events(&response)
}

#[track_caller]
fn events(response: &Response) -> Vec<Value> {
    let response = response.clone().expect_status(200);
    response.json()["events"].as_array().unwrap().clone()
}

fn text_fields(events: &[Value], member: &str) -> Vec<String> {
    let text_fields = events
        .iter()
        .map(|event| event[member].as_str().unwrap_or_default());
    text_fields.map(str::to_owned).collect()
}

scenario!(
    events_are_filtered_by_actor_target_and_organization,
    async |app| {
        let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
        let home = ada.only_organization_id().await;
        let second = ada.create_organization("Second").await;
        let path = format!("/organizations/{home}");
        let rename = bob.patch(&path, &json!({"name": "x"}));
        let refused = rename
            .header("x-request-id", "bobs-request")
            .await
            .expect_status(403);
        assert_eq!(refused.text_field("request_id"), "bobs-request");

        // By actor.
        let by_ada = query_events(app, &format!("actor={}", ada.id)).await;
        assert!(
            by_ada.iter().all(|event| event["actor"]["id"] == ada.id),
            "{by_ada:?}"
        );
        assert!(text_fields(&by_ada, "action").contains(&"organization.created".to_owned()));
        // By target.
        let to_home = query_events(app, &format!("target={home}")).await;
        assert_eq!(text_fields(&to_home, "action")[0], "organization.updated");
        assert_eq!(to_home[0]["refused"], "forbidden");
        // By organization.
        let of_second = query_events(app, &format!("organization={second}")).await;
        assert_eq!(text_fields(&of_second, "action"), ["organization.created"]);
        assert_eq!(of_second[0]["organization_id"], second);
        // By action, and by whether it was refused.
        let created = query_events(app, "action=organization.created").await;
        assert_eq!(created.len(), 3);
        let refusal = query_events(app, "refused=true").await;
        assert_eq!(text_fields(&refusal, "refused"), ["forbidden"]);
        assert_eq!(refusal[0]["details"]["trace"][0]["rule"], "is_owner");
        let succeeded = query_events(app, "refused=false&limit=200").await;
        assert!(succeeded.iter().all(|event| event.get("refused").is_none()));
        // By the request id of Bob's response.
        let by_request = query_events(app, "request=bobs-request").await;
        assert_eq!(by_request, refusal);
        assert_eq!(query_events(app, "request=unknown").await, [Value::Null; 0]);
        // All filters apply together.
        let both = query_events(
            app,
            &format!("actor={}&action=organization.created", ada.id),
        )
        .await;
        // The first one was created by the sign-up, before Ada was a user who could act.
        assert_eq!(text_fields(&both, "target_id"), [second.as_str()]);
        let none = query_events(app, &format!("actor={}&target={second}", bob.id)).await;
        assert_eq!(none.len(), 0);
        // Users by their address, organizations by their slug.
        let patch = ada.patch(
            &format!("/organizations/{second}"),
            &json!({"slug": "second"}),
        );
        patch.await.expect_status(200);
        let same = query_events(app, &format!("actor={}&refused=true", bob.email)).await;
        assert_eq!(same, refusal);
        let of_second = query_events(app, &format!("organization={second}")).await;
        assert_eq!(of_second.len(), 2);
        assert_eq!(query_events(app, "organization=second").await, of_second);
        assert_eq!(query_events(app, "target=second").await, of_second);
        let to_ada = query_events(app, &format!("target={}", ada.id)).await;
        assert!(!to_ada.is_empty());
        assert_eq!(query_events(app, "target=ADA@acme.test").await, to_ada);
        for query in [
            "actor=nobody@acme.test",
            "target=nobody@acme.test",
            "target=nosuch",
            "organization=nosuch",
        ] {
            let response = app.operator().get(&format!("/admin/events?{query}")).await;
            assert_eq!(
                response.expect_status(404).code(),
                "entity_not_found",
                "{query}"
            );
        }
        // An operator's name may look like an email address.
        let key = json!({"name": "Bot@acme.test", "scopes": ["operators:write"]});
        let key = app
            .operator()
            .post("/admin/operators", &key)
            .await
            .expect_status(200);
        let bot = app
            .anonymous()
            .with_authorization(format!("Access {}", key.text_field("key")));
        bot.get("/admin/operators").await.expect_status(200);
        let by_bot = query_events(app, "actor=Bot@acme.test").await;
        assert_eq!(text_fields(&by_bot, "action"), ["operator.read"]);
        // By the operator's name, which is no id.
        let operators = query_events(app, "actor=admin%20key&limit=200").await;
        assert!(operators.len() > 10);
        assert!(
            operators
                .iter()
                .all(|event| event["actor"]["name"] == "admin key")
        );
    }
);

scenario!(events_are_paginated_newest_first, async |app| {
    let ada = app.sign_up("ada").await;
    let mut created = Vec::new();
    for number in 0..5 {
        app.clock().advance(Duration::from_secs(1));
        created.push(ada.create_organization(&format!("Number {number}")).await);
    }
    created.reverse();
    let mut query = format!("action=organization.created&actor={}&limit=2", ada.id);
    let mut pages = Vec::new();
    loop {
        let page = app.operator().get(&format!("/admin/events?{query}")).await;
        pages.push(text_fields(&events(&page), "target_id"));
        let Some(link) = page.header("link") else {
            break;
        };
        let link = link.split_once('>').unwrap().0;
        query = link.strip_prefix("<?").unwrap().to_owned();
    }
    assert_eq!(pages.len(), 3);
    assert_eq!(pages.concat()[..5], created);

    // From a time on, and before it.
    let all = query_events(
        app,
        &format!("actor={}&action=organization.created", ada.id),
    )
    .await;
    let third = all[2]["at"].as_str().unwrap().replace('+', "%2B");
    let since = query_events(app, &format!("action=organization.created&after={third}")).await;
    assert_eq!(text_fields(&since, "target_id"), created[..3]);
    let until = query_events(app, &format!("action=organization.created&before={third}")).await;
    assert_eq!(text_fields(&until, "target_id")[..2], created[3..]);
    assert_eq!(until.len(), 3);
    let between = format!("action=organization.created&after={third}&before={third}");
    assert_eq!(query_events(app, &between).await.len(), 0);
});

scenario!(organization_admins_read_its_events, async |app| {
    let [ada, bob, cy, eve] = [
        app.sign_up("ada").await,
        app.sign_up("bob").await,
        app.sign_up("cy").await,
        app.sign_up("eve").await,
    ];
    let scope = ada.default_scope().await;
    let home = &scope.organization;
    app.insert_member(home, &bob, ["viewer", "admin", "admin"])
        .await;
    app.insert_member(home, &cy, ["viewer", "editor", "editor"])
        .await;
    let path = format!("/organizations/{home}/events");
    ada.rename_organization(home, "Other")
        .await
        .expect_status(200);
    cy.rename_organization(home, "Mine")
        .await
        .expect_status(403);
    eve.rename_organization(home, "Evil")
        .await
        .expect_status(403);
    bob.invite(&scope, "new@acme.test", "viewer")
        .await
        .expect_status(200);

    let as_owner = events(&ada.get(&path).await);
    assert_eq!(as_owner, events(&bob.get(&path).await));
    // An admin of the organization who is a viewer in its workspaces and projects.
    let dee = app.sign_up("dee").await;
    app.insert_member(home, &dee, ["admin", "viewer", "viewer"])
        .await;
    assert_eq!(as_owner, events(&dee.get(&path).await));
    let expected = [
        "invitation.issued",
        "organization.updated",
        "organization.updated",
    ];
    let actions = text_fields(&as_owner, "action");
    assert_eq!(actions[..2], expected[..2], "{as_owner:?}");
    let find_by = |actor: &TestUser| {
        let mut events = as_owner.iter();
        events.find(|event| event["actor"]["id"] == actor.id)
    };
    assert_eq!(find_by(&bob).unwrap()["actor"]["name"], "bob");
    assert!(find_by(&ada).is_some());
    assert!(find_by(&eve).is_none());
    let text = ada.get(&path).await.text();
    for hidden in [
        "127.0.0.1",
        "trace",
        "details",
        "address",
        "reason",
        &eve.id,
        &eve.email,
        "new@acme.test",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    // Others are refused, and cannot see whether the organization exists.
    cy.get(&path).await.expect_status(403);
    let outside = eve.get(&path).await.expect_status(403);
    let missing = "/organizations/01a2082d-5df6-7a31-8c44-0123456789ab/events";
    let unknown = eve.get(missing).await.expect_status(403);
    assert_eq!(outside.detail(), unknown.detail());
    eve.get("/organizations/what/events")
        .await
        .expect_status(403);
    app.anonymous().get(&path).await.expect_status(401);

    // Pages, and a filter by action.
    let one = ada.get(&format!("{path}?limit=1")).await.expect_status(200);
    assert_eq!(events(&one).len(), 1);
    assert!(one.header("link").is_some() && one.json()["next"].is_string());
    let kind = events(&ada.get(&format!("{path}?action=invitation.issued")).await);
    assert_eq!(text_fields(&kind, "action"), ["invitation.issued"]);
    assert_eq!(ada.get(&format!("{path}?limit=0")).await.status(), 422);
});

scenario!(operator_events_are_shown_without_reason, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let bob = app.sign_up("bob").await;
    let body = json!({
        "membership": {"organization_ref": {"id": home}, "user_ref": {"email": bob.email}, "role": "viewer"},
        "options": {"reason": "a secret reason"},
    });
    let path = "/admin/simple/accounts/organizations/memberships";
    app.operator().post(path, &body).await.expect_status(200);
    let complete = query_events(app, &format!("organization={home}&action=member.added")).await;
    assert_eq!(complete[0]["reason"], "a secret reason");
    let ada = TestUser::sign_in(app.anonymous(), &ada.email, PASSWORD).await;
    let own = ada.get(&format!("/organizations/{home}/events")).await;
    let added = events(&own);
    let added = added
        .iter()
        .find(|event| event["action"] == "member.added")
        .unwrap();
    assert_eq!(
        added["actor"],
        json!({"kind": "operator", "id": null, "name": null})
    );
    assert!(!own.text().contains("secret reason"));
});
