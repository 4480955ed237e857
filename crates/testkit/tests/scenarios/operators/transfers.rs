//! Ownership transfers by operators: the former owner, the new owner, and the
//! roles of both.

use freehold_testkit::{Response, TestApp, TestScope, TestUser, scenario};
use serde_json::{Value, json};

use crate::members::member_roles;
use crate::operators::deprovisioning::{UNKNOWN_ID, delete_as_operator, error_body};

const PATH: &str = "/admin/simple/accounts/transfer-ownership";

async fn transfer_as_operator(app: &TestApp, body: &Value) -> Response {
    app.operator().post(PATH, body).await
}

/// The body of a transfer from Ada to Bob, with more members.
fn transfer_body(from: &TestUser, to: &TestUser, fields: &Value) -> Value {
    let mut body = json!({"users": {"source": {"id": from.id}, "target": {"email": to.email}}});
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// Whether a user is an organization's owner, its creator, and its last editor.
async fn ownership_columns(app: &TestApp, organization: &str, who: &TestUser) -> Vec<i64> {
    let (id, user) = (app.sql_id(organization), app.sql_id(&who.id));
    let mut found = Vec::new();
    for column in ["owner_id", "created_by_id", "updated_by_id"] {
        let sql =
            format!("SELECT count(*) FROM organizations WHERE id = {id} AND {column} = {user}");
        found.push(app.db().query_number(&sql).await);
    }
    found
}

async fn organization_role(app: &TestApp, organization: &str, who: &TestUser) -> Vec<String> {
    let sql = format!(
        "SELECT role FROM organization_members WHERE organization_id = {} AND user_id = {}",
        app.sql_id(organization),
        app.sql_id(&who.id)
    );
    app.db().query_texts(&sql).await
}

scenario!(transfer_moves_all_owned_organizations, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.default_scope().await;
    let second = ada
        .default_scope_in(&ada.create_organization("Second").await)
        .await;
    let inner = ada
        .create_project(&second, "Inner")
        .await
        .text_field("project_id");
    // Bob is a member of one of them, and not of the other.
    app.insert_member(&second.organization, &bob, ["admin", "developer", "editor"])
        .await;
    // One that Ada only created, and one of which she is only a member.
    let given = ada.create_organization("Given").await;
    let cleo = app.sign_up("cleo").await;
    app.insert_member(&given, &cleo, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfer_organization(&given, &cleo.id)
        .await
        .expect_status(200);

    let body = transfer_body(
        &ada,
        &bob,
        &json!({"reason": "moved on", "recovery": false}),
    );
    let done = transfer_as_operator(app, &body).await.expect_status(204);
    assert_eq!(done.text(), "");
    for scope in [&home, &second] {
        assert_eq!(
            ownership_columns(app, &scope.organization, &bob).await,
            [1, 1, 1]
        );
        assert_eq!(
            organization_role(app, &scope.organization, &bob).await,
            ["owner"]
        );
        let as_bob = member_roles(app, scope, &bob).await;
        assert!(as_bob.iter().all(|role| role == "owner"), "{as_bob:?}");
    }
    assert_eq!(member_roles(app, &home, &bob).await.len(), 2);
    assert_eq!(member_roles(app, &second, &bob).await.len(), 3);
    // Ada has Bob's former roles, and is a viewer where he had none.
    assert_eq!(
        organization_role(app, &home.organization, &ada).await,
        ["viewer"]
    );
    assert_eq!(member_roles(app, &home, &ada).await, ["viewer", "viewer"]);
    assert_eq!(
        organization_role(app, &second.organization, &ada).await,
        ["admin"]
    );
    assert_eq!(
        member_roles(app, &second, &ada).await,
        ["developer", "editor", "editor"]
    );
    assert_eq!(ownership_columns(app, &given, &cleo).await[0], 1);
    let current = bob
        .get(&format!("/projects/current?project_id={inner}"))
        .await;
    assert_eq!(current.expect_status(200).json()["user_role"], "owner");
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'organization.transferred'
            AND organization_id IN ({}, {}) AND organization_id = target_id
            AND actor_name = 'admin key' AND reason = 'moved on' AND refused IS NULL",
        app.sql_id(&home.organization),
        app.sql_id(&second.organization)
    );
    assert_eq!(app.db().query_number(&sql).await, 2);

    // The former owner is deleted, and nothing else.
    let gone = delete_as_operator(app, &format!("/users/{}", ada.id)).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"users": [{"id": ada.id}]}}),
    );
    assert_eq!(bob.organizations().await.len(), 3);
    // Nothing is left to transfer.
    transfer_as_operator(
        app,
        &transfer_body(&cleo, &bob, &json!({"organizations": {}})),
    )
    .await
    .expect_status(204);
    assert_eq!(ownership_columns(app, &given, &cleo).await[0], 1);
});

scenario!(organizations_of_others_are_not_transferred, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let (home, theirs) = (
        ada.only_organization_id().await,
        bob.only_organization_id().await,
    );
    let second = ada.create_organization("Second").await;
    ada.patch(
        &format!("/organizations/{second}"),
        &json!({"slug": "second"}),
    )
    .await
    .expect_status(200);
    let given = ada.create_organization("Given").await;
    app.insert_member(&given, &bob, ["viewer", "viewer", "viewer"])
        .await;
    ada.transfer_organization(&given, &bob.id)
        .await
        .expect_status(200);
    let organizations = json!({
        "a": {"slug": "second"}, "b": {"slug": "nosuch"}, "c": {"id": theirs},
        "d": {"id": UNKNOWN_ID}, "e": {"id": second}, "f": {"id": given},
    });
    let cleo = app.sign_up("cleo").await;
    let body = transfer_body(&ada, &cleo, &json!({"organizations": organizations}));
    let stays = |key: &str, id: &str| {
        json!({
            "code": "not_owned_by_source",
            "message": format!(
                "Organization '{id}' is not owned by the source user and will not be transferred."
            ),
            "details": {"ref": key, "organization_id": id},
        })
    };
    let expected = json!({"transferred": [second], "errors": [
        {
            "code": "organization_not_found", "message": "Organization not found: nosuch.",
            "details": {"slug": "nosuch", "ref": "b"},
        },
        stays("c", &theirs), stays("d", UNKNOWN_ID), stays("f", &given),
    ]});
    let before = app.db().contents().await;
    let dry_run = app.operator().post(&format!("{PATH}?dry_run=true"), &body);
    dry_run.await.expect_body(200, &expected);
    assert_eq!(app.db().contents().await, before);

    let request = || {
        let operator = app.operator();
        operator.post(PATH, &body).header("idempotency-key", "t-1")
    };
    request().await.expect_body(200, &expected);
    let again = request().await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
    again.expect_body(200, &expected);
    assert_eq!(ownership_columns(app, &second, &cleo).await, [1, 1, 1]);
    for (organization, owner) in [(&home, &ada), (&theirs, &bob), (&given, &bob)] {
        assert_eq!(ownership_columns(app, organization, owner).await[0], 1);
    }
    // Each organization that was not transferred has an audit event with both users.
    for (target, refused) in [
        (theirs.as_str(), "not_owned_by_source"),
        (UNKNOWN_ID, "not_owned_by_source"),
        (ada.id.as_str(), "organization_not_found"),
    ] {
        let path = format!("/admin/events?action=organization.transferred&target={target}");
        let found = app.operator().get(&path).await.expect_status(200);
        let event = &found.json()["events"][0];
        assert_eq!(event["refused"], refused, "{found}");
        assert_eq!(event["details"]["from"], ada.id);
        assert_eq!(event["details"]["to"], cleo.id);
    }
    // Sent again without the key, the organization is not Ada's any more.
    let late = transfer_as_operator(app, &body).await.expect_status(200);
    assert_eq!(late.json()["transferred"], json!([]));
    assert_eq!(late.json()["errors"].as_array().unwrap().len(), 6);
});

/// Ada's second organization with two workspaces, and Bob's roles in them.
async fn two_organizations(app: &TestApp, ada: &TestUser, bob: &TestUser) -> [TestScope; 2] {
    let one = ada
        .default_scope_in(&ada.create_organization("Second").await)
        .await;
    let other = ada.create_workspace(&one.organization, "Other").await;
    app.insert_member(&one.organization, bob, ["viewer", "developer", "editor"])
        .await;
    [one, other]
}

scenario!(roles_are_swapped_only_on_request, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let [one, other] = two_organizations(app, &ada, &bob).await;
    let organizations = json!({"it": {"id": one.organization}});
    let body = transfer_body(
        &ada,
        &bob,
        &json!({
            "organizations": organizations,
            "include_workspaces": [one.workspace], "include_projects": [other.project],
        }),
    );
    transfer_as_operator(app, &body).await.expect_status(204);
    // Even where no roles are exchanged, there is one owner.
    assert_eq!(member_roles(app, &one, &ada).await, ["developer", "viewer"]);
    assert_eq!(member_roles(app, &other, &ada).await, ["viewer", "editor"]);
    for scope in [&one, &other] {
        assert_eq!(member_roles(app, scope, &bob).await, ["owner", "owner"]);
    }
    assert_eq!(
        organization_role(app, &one.organization, &ada).await,
        ["viewer"]
    );
    // A transfer back, with all fields of the body.
    let body = transfer_body(
        &bob,
        &ada,
        &json!({
            "organizations": organizations, "include_workspaces": "all", "include_projects": "all",
        }),
    );
    transfer_as_operator(app, &body).await.expect_status(204);
    assert_eq!(member_roles(app, &one, &bob).await, ["developer", "viewer"]);
    assert_eq!(member_roles(app, &other, &bob).await, ["viewer", "editor"]);
    assert_eq!(member_roles(app, &one, &ada).await, ["owner", "owner"]);
    let nowhere = transfer_body(
        &ada,
        &bob,
        &json!({
            "organizations": organizations, "include_workspaces": [], "include_projects": [UNKNOWN_ID],
        }),
    );
    transfer_as_operator(app, &nowhere).await.expect_status(204);
    assert_eq!(member_roles(app, &one, &ada).await, ["viewer", "viewer"]);
});

scenario!(transfer_to_the_same_user_changes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let before = app.db().contents().await;
    transfer_as_operator(app, &transfer_body(&ada, &ada, &json!({})))
        .await
        .expect_status(204);
    assert_eq!(member_roles(app, &home, &ada).await, ["owner", "owner"]);
    let mut after = app.db().contents().await;
    let trace = "audit_events";
    assert_eq!(after[trace].len(), before[trace].len() + 1);
    after.insert(trace.to_owned(), before[trace].clone());
    assert_eq!(after, before);
    // The audit event is found by the users and organizations concerned.
    let path = format!("/admin/events?target={}&limit=1", ada.email);
    let found = app.operator().get(&path).await.expect_status(200);
    let event = &found.json()["events"][0];
    assert_eq!(event["action"], "organization.transferred", "{found}");
    let nothing = json!({"from": ada.id, "to": ada.id, "transferred": 0});
    assert_eq!(event["details"], nothing);
});

scenario!(invalid_transfer_changes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    let mut before = app.db().contents().await;
    let (source, target) = (json!({"id": ada.id}), json!({"id": bob.id}));
    let users = json!({"source": source, "target": target});
    let keys = "transfer_ownership requires 'source' and 'target' keys in 'users'.";
    for users in [
        json!({}),
        json!({"source": source}),
        json!({"target": target, "x": source}),
    ] {
        let no = transfer_as_operator(app, &json!({"users": users})).await;
        no.expect_detail(400, error_body(keys, json!({})));
    }
    for (users, who) in [
        (json!({"source": {"slug": "x"}, "target": target}), "source"),
        (json!({"source": source, "target": {"ref": "x"}}), "target"),
    ] {
        let no = transfer_as_operator(app, &json!({"users": users})).await;
        let sentence = format!("users.{who} must use 'id' or 'email'.");
        no.expect_detail(400, error_body(&sentence, json!({})));
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
            json!({"users": users, "include_workspaces": [UNKNOWN_ID, "bad"]}),
            "include_workspaces.1",
        ),
        (
            json!({"users": users, "include_projects": ["bad"]}),
            "include_projects.0",
        ),
    ] {
        let reason = "'bad' is not a valid UUID";
        let sentence = format!("Invalid reference at '{path}': {reason}");
        let fields = json!({"path": path, "reason": reason});
        transfer_as_operator(app, &body)
            .await
            .expect_detail(400, error_body(&sentence, fields));
    }
    for wrong in [json!({"ref": "x"}), json!({"email": "x@acme.test"})] {
        let no = transfer_as_operator(
            app,
            &json!({"users": users, "organizations": {"org": wrong}}),
        )
        .await;
        assert_eq!(no.expect_status(400).detail()["path"], "organizations.org");
    }
    for body in [
        json!({}),
        json!({"users": []}),
        json!({"users": {"source": {}, "target": target}}),
        json!({"users": users, "organizations": {"org": {}}}),
        json!({"users": users, "include_workspaces": "some"}),
        json!({"users": users, "include_projects": [1]}),
    ] {
        transfer_as_operator(app, &body).await.expect_status(422);
    }
    // Refusals are audited, and nothing else changed.
    let mut after = app.db().contents().await;
    for contents in [&mut before, &mut after] {
        contents.remove("audit_events");
    }
    assert_eq!(after, before);
    for (body, named) in [
        (
            json!({"source": {"id": UNKNOWN_ID}, "target": target}),
            UNKNOWN_ID,
        ),
        (
            json!({"source": source, "target": {"email": "nobody@acme.test"}}),
            "nobody@acme.test",
        ),
        (
            json!({"source": source, "target": {"email": "nosuch"}}),
            "nosuch",
        ),
    ] {
        let no = transfer_as_operator(app, &json!({"users": body})).await;
        let sentence = format!("User not found: {named}.");
        no.expect_detail(404, error_body(&sentence, json!({"ref": named})));
    }
    assert_eq!(ownership_columns(app, &home, &ada).await[0], 1);
});
