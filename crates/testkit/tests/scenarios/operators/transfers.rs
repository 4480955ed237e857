//! Handing organizations over by an operator: whose they were, whose they are,
//! and what both of them are in them.

use freehold_testkit::{Answer, Person, Place, TestApp, story};
use serde_json::{Value, json};

use crate::members::roles;
use crate::operators::deprovisioning::{NOWHERE, deletes, said};

const PATH: &str = "/admin/simple/accounts/transfer-ownership";

async fn hands_over(app: &TestApp, body: &Value) -> Answer {
    app.operator().post(PATH, body).await
}

/// From Ada to Bob, with more members of the body.
fn from_to(from: &Person, to: &Person, more: &Value) -> Value {
    let mut body = json!({"users": {"source": {"id": from.id}, "target": {"email": to.email}}});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// An organization's owner, its maker and who changed it last, as three truths.
async fn stands_for(app: &TestApp, organization: &str, who: &Person) -> Vec<i64> {
    let (id, user) = (app.sql(organization), app.sql(&who.id));
    let mut found = Vec::new();
    for column in ["owner_id", "created_by_id", "updated_by_id"] {
        let sql =
            format!("SELECT count(*) FROM organizations WHERE id = {id} AND {column} = {user}");
        found.push(app.db().number(&sql).await);
    }
    found
}

async fn role_in(app: &TestApp, organization: &str, who: &Person) -> Vec<String> {
    let sql = format!(
        "SELECT role FROM organization_members WHERE organization_id = {} AND user_id = {}",
        app.sql(organization),
        app.sql(&who.id)
    );
    app.db().texts(&sql).await
}

story!(all_that_somebody_owns_is_somebody_elses, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let home = ada.place().await;
    let second = ada.place_in(&ada.founds("Second").await).await;
    let inner = ada.adds_project(&second, "Inner").await.word("project_id");
    // In one of them Bob is somebody; in the other he is nobody yet.
    app.adds_member(&second.organization, &bob, ["admin", "developer", "editor"])
        .await;
    // One that Ada only made, and one that she is only in.
    let given = ada.founds("Given").await;
    let cleo = app.person("cleo").await;
    app.adds_member(&given, &cleo, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfers(&given, &cleo.id).await.expect(200);

    let body = from_to(
        &ada,
        &bob,
        &json!({"reason": "moved on", "recovery": false}),
    );
    let done = hands_over(app, &body).await.expect(204);
    assert_eq!(done.text(), "");
    for place in [&home, &second] {
        assert_eq!(stands_for(app, &place.organization, &bob).await, [1, 1, 1]);
        assert_eq!(role_in(app, &place.organization, &bob).await, ["owner"]);
        let as_bob = roles(app, place, &bob).await;
        assert!(as_bob.iter().all(|role| role == "owner"), "{as_bob:?}");
    }
    assert_eq!(roles(app, &home, &bob).await.len(), 2);
    assert_eq!(roles(app, &second, &bob).await.len(), 3);
    // Ada has what Bob had, and where he had nothing she looks on.
    assert_eq!(role_in(app, &home.organization, &ada).await, ["viewer"]);
    assert_eq!(roles(app, &home, &ada).await, ["viewer", "viewer"]);
    assert_eq!(role_in(app, &second.organization, &ada).await, ["admin"]);
    assert_eq!(
        roles(app, &second, &ada).await,
        ["developer", "editor", "editor"]
    );
    assert_eq!(stands_for(app, &given, &cleo).await[0], 1);
    let current = bob
        .get(&format!("/projects/current?project_id={inner}"))
        .await;
    assert_eq!(current.expect(200).json()["user_role"], "owner");
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'organization.transferred'
            AND organization_id IN ({}, {}) AND organization_id = target_id
            AND actor_name = 'admin key' AND reason = 'moved on' AND refused IS NULL",
        app.sql(&home.organization),
        app.sql(&second.organization)
    );
    assert_eq!(app.db().number(&sql).await, 2);

    // The old owner goes, and takes nothing along.
    let gone = deletes(app, &format!("/users/{}", ada.id)).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"users": [{"id": ada.id}]}}),
    );
    assert_eq!(bob.organizations().await.len(), 3);
    // Nothing is left to be handed over.
    hands_over(app, &from_to(&cleo, &bob, &json!({"organizations": {}})))
        .await
        .expect(204);
    assert_eq!(stands_for(app, &given, &cleo).await[0], 1);
});

story!(what_is_not_the_sources_stays_where_it_is, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let (home, theirs) = (ada.home().await, bob.home().await);
    let second = ada.founds("Second").await;
    ada.patch(
        &format!("/organizations/{second}"),
        &json!({"slug": "second"}),
    )
    .await
    .expect(200);
    let given = ada.founds("Given").await;
    app.adds_member(&given, &bob, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfers(&given, &bob.id).await.expect(200);
    let organizations = json!({
        "a": {"slug": "second"}, "b": {"slug": "nosuch"}, "c": {"id": theirs},
        "d": {"id": NOWHERE}, "e": {"id": second}, "f": {"id": given},
    });
    let cleo = app.person("cleo").await;
    let body = from_to(&ada, &cleo, &json!({"organizations": organizations}));
    let stays = |key: &str, id: &str| {
        json!({
            "code": "not_owned_by_source",
            "message": format!(
                "Organization '{id}' is not owned by the source user and will not be transferred."
            ),
            "details": {"ref": key, "organization_id": id},
        })
    };
    let told = json!({"transferred": [second], "errors": [
        {
            "code": "organization_not_found", "message": "Organization not found: nosuch.",
            "details": {"slug": "nosuch", "ref": "b"},
        },
        stays("c", &theirs), stays("d", NOWHERE), stays("f", &given),
    ]});
    let before = app.db().contents().await;
    let rehearsed = app.operator().post(&format!("{PATH}?dry_run=true"), &body);
    rehearsed.await.expect_body(200, &told);
    assert_eq!(app.db().contents().await, before);

    let ask = || {
        let operator = app.operator();
        operator.post(PATH, &body).header("idempotency-key", "t-1")
    };
    ask().await.expect_body(200, &told);
    let again = ask().await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
    again.expect_body(200, &told);
    assert_eq!(stands_for(app, &second, &cleo).await, [1, 1, 1]);
    for (organization, owner) in [(&home, &ada), (&theirs, &bob), (&given, &bob)] {
        assert_eq!(stands_for(app, organization, owner).await[0], 1);
    }
    // What stayed is on record with what was named, and told to nobody else.
    for (target, refused) in [
        (theirs.as_str(), "not_owned_by_source"),
        (NOWHERE, "not_owned_by_source"),
        (ada.id.as_str(), "organization_not_found"),
    ] {
        let path = format!("/admin/events?action=organization.transferred&target={target}");
        let found = app.operator().get(&path).await.expect(200);
        let event = &found.json()["events"][0];
        assert_eq!(event["refused"], refused, "{found}");
        assert_eq!(event["details"]["from"], ada.id);
        assert_eq!(event["details"]["to"], cleo.id);
    }
    // Sent again without the key, it is not Ada's any more.
    let late = hands_over(app, &body).await.expect(200);
    assert_eq!(late.json()["transferred"], json!([]));
    assert_eq!(late.json()["errors"].as_array().unwrap().len(), 6);
});

/// Ada's second organization with two workspaces, and what Bob is in them.
async fn two_places(app: &TestApp, ada: &Person, bob: &Person) -> [Place; 2] {
    let one = ada.place_in(&ada.founds("Second").await).await;
    let other = ada.adds_workspace(&one.organization, "Other").await;
    app.adds_member(&one.organization, bob, ["viewer", "developer", "editor"])
        .await;
    [one, other]
}

story!(roles_are_exchanged_only_where_it_is_said, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let [one, other] = two_places(app, &ada, &bob).await;
    let organizations = json!({"it": {"id": one.organization}});
    let body = from_to(
        &ada,
        &bob,
        &json!({
            "organizations": organizations,
            "include_workspaces": [one.workspace], "include_projects": [other.project],
        }),
    );
    hands_over(app, &body).await.expect(204);
    // Even where nothing is exchanged, one owner is left.
    assert_eq!(roles(app, &one, &ada).await, ["developer", "viewer"]);
    assert_eq!(roles(app, &other, &ada).await, ["viewer", "editor"]);
    for place in [&one, &other] {
        assert_eq!(roles(app, place, &bob).await, ["owner", "owner"]);
    }
    assert_eq!(role_in(app, &one.organization, &ada).await, ["viewer"]);
    // And back, with everything named at length.
    let body = from_to(
        &bob,
        &ada,
        &json!({
            "organizations": organizations, "include_workspaces": "all", "include_projects": "all",
        }),
    );
    hands_over(app, &body).await.expect(204);
    assert_eq!(roles(app, &one, &bob).await, ["developer", "viewer"]);
    assert_eq!(roles(app, &other, &bob).await, ["viewer", "editor"]);
    assert_eq!(roles(app, &one, &ada).await, ["owner", "owner"]);
    let nowhere = from_to(
        &ada,
        &bob,
        &json!({
            "organizations": organizations, "include_workspaces": [], "include_projects": [NOWHERE],
        }),
    );
    hands_over(app, &nowhere).await.expect(204);
    assert_eq!(roles(app, &one, &ada).await, ["viewer", "viewer"]);
});

story!(to_oneself_nothing_changes, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let before = app.db().contents().await;
    hands_over(app, &from_to(&ada, &ada, &json!({})))
        .await
        .expect(204);
    assert_eq!(roles(app, &home, &ada).await, ["owner", "owner"]);
    let mut after = app.db().contents().await;
    let trace = "audit_events";
    assert_eq!(after[trace].len(), before[trace].len() + 1);
    after.insert(trace.to_owned(), before[trace].clone());
    assert_eq!(after, before);
    // It is found with whom it was about.
    let path = format!("/admin/events?target={}&limit=1", ada.email);
    let found = app.operator().get(&path).await.expect(200);
    let event = &found.json()["events"][0];
    assert_eq!(event["action"], "organization.transferred", "{found}");
    let nothing = json!({"from": ada.id, "to": ada.id, "transferred": 0});
    assert_eq!(event["details"], nothing);
});

story!(an_order_that_makes_no_sense_changes_nothing, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let home = ada.home().await;
    let mut before = app.db().contents().await;
    let (source, target) = (json!({"id": ada.id}), json!({"id": bob.id}));
    let users = json!({"source": source, "target": target});
    let keys = "transfer_ownership requires 'source' and 'target' keys in 'users'.";
    for users in [
        json!({}),
        json!({"source": source}),
        json!({"target": target, "x": source}),
    ] {
        let no = hands_over(app, &json!({"users": users})).await;
        no.expect_detail(400, said(keys, json!({})));
    }
    for (users, who) in [
        (json!({"source": {"slug": "x"}, "target": target}), "source"),
        (json!({"source": source, "target": {"ref": "x"}}), "target"),
    ] {
        let no = hands_over(app, &json!({"users": users})).await;
        let sentence = format!("users.{who} must use 'id' or 'email'.");
        no.expect_detail(400, said(&sentence, json!({})));
    }
    for (body, path) in [
        (
            json!({"users": {"source": {"id": "bad"}, "target": target}}),
            "users.source",
        ),
        (
            json!({"users": {"source": source, "target": {"id": "bad"}}}),
            "users.target",
        ),
        (
            json!({"users": users, "organizations": {"org": {"id": "bad"}}}),
            "organizations.org",
        ),
        (
            json!({"users": users, "include_workspaces": [NOWHERE, "bad"]}),
            "include_workspaces.1",
        ),
        (
            json!({"users": users, "include_projects": ["bad"]}),
            "include_projects.0",
        ),
    ] {
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{path}': {reason}");
        let more = json!({"path": path, "reason": reason});
        hands_over(app, &body)
            .await
            .expect_detail(400, said(&sentence, more));
    }
    for wrong in [json!({"ref": "x"}), json!({"email": "x@acme.test"})] {
        let no = hands_over(
            app,
            &json!({"users": users, "organizations": {"org": wrong}}),
        )
        .await;
        assert_eq!(no.expect(400).detail()["path"], "organizations.org");
    }
    for body in [
        json!({}),
        json!({"users": []}),
        json!({"users": {"source": {}, "target": target}}),
        json!({"users": users, "organizations": {"org": {}}}),
        json!({"users": users, "include_workspaces": "some"}),
        json!({"users": users, "include_projects": [1]}),
    ] {
        hands_over(app, &body).await.expect(422);
    }
    // Refusals are on record, and nothing else happened.
    let mut after = app.db().contents().await;
    for contents in [&mut before, &mut after] {
        contents.remove("audit_events");
    }
    assert_eq!(after, before);
    for (body, named) in [
        (
            json!({"source": {"id": NOWHERE}, "target": target}),
            NOWHERE,
        ),
        (
            json!({"source": source, "target": {"email": "nobody@acme.test"}}),
            "nobody@acme.test",
        ),
        (
            json!({"source": source, "target": {"email": "nobody"}}),
            "nobody",
        ),
    ] {
        let no = hands_over(app, &json!({"users": body})).await;
        let sentence = format!("User not found: {named}.");
        no.expect_detail(404, said(&sentence, json!({"ref": named})));
    }
    assert_eq!(stands_for(app, &home, &ada).await[0], 1);
});
