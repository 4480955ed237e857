//! Listing, reading, creating and updating workspaces; and their listed members.

use freehold_testkit::{TestApp, TestScope, TestUser, scenario};
use serde_json::{Value, json};

use super::UNKNOWN_ID;

const FORBIDDEN: &str = "You do not have permission to perform this action";
const NO_UPDATE: &str = "You do not have permission to update this workspace";
const NO_CHANGE: &str = "Please provide a name or description to update";
const NO_NAME: &str = "Please provide a name to create a workspace";
const NOT_FOUND: &str = "Workspace not found";

fn workspace_path(scope: &TestScope) -> String {
    let (organization, workspace) = (&scope.organization, &scope.workspace);
    format!("/organizations/{organization}/workspaces/{workspace}")
}

/// Inserts an invitation that is open until `until`, as its endpoint stores it.
async fn insert_invitation(
    app: &TestApp,
    scope: &TestScope,
    number: u32,
    email: &str,
    until: Option<i64>,
) {
    let id = app.sql_id(&format!("01900000-0000-7000-8000-0000000001{number:02}"));
    let (organization, workspace) = (
        app.sql_id(&scope.organization),
        app.sql_id(&scope.workspace),
    );
    let time = |micros: i64| {
        app.db()
            .sql_time(freehold_domain::Timestamp::from_micros(micros))
    };
    let made = time(1_700_000_000_000_000 + i64::from(number));
    let until = until.map_or_else(|| "NULL".to_owned(), time);
    let sql = format!(
        "INSERT INTO project_invitations
             (id, token, email, role, workspace_id, organization_id, expiration_date, created_at)
         VALUES ({id}, '{number:064}', '{email}', 'editor', {workspace}, {organization}, {until}, {made})"
    );
    app.db().execute(&sql).await.unwrap();
}

scenario!(list_contains_own_workspaces_and_null_fields, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let scope = ada.default_scope().await;
    let default =
        json!({"id": scope.workspace, "name": "Default", "description": "", "type": "default"});
    assert_eq!(ada.workspaces().await, std::slice::from_ref(&default));
    app.insert_member(&scope.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let all = bob.workspaces().await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], default, "by the age of the workspace");
    let workspace = app.sql_id(&scope.workspace);
    let sql =
        format!("UPDATE workspaces SET description = NULL, type = NULL WHERE id = {workspace}");
    app.db().execute(&sql).await.unwrap();
    assert_eq!(ada.workspaces().await[0]["description"], Value::Null);
    assert_eq!(ada.workspaces().await[0]["type"], Value::Null);
});

scenario!(members_read_a_workspace_and_others_get_404, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let eve = app.sign_up("eve").await;
    let scope = ada.default_scope().await;
    app.insert_member(&scope.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let details = ada
        .get(&format!("/organizations/{}", scope.organization))
        .await;
    for who in [&ada, &bob] {
        let seen = who.get(&format!("/workspaces/{}", scope.workspace)).await;
        let seen = seen.expect_status(200);
        assert_eq!(*seen.json(), details.json()["default_workspace"]);
        assert_eq!(seen.json()["members"].as_array().unwrap().len(), 2);
    }
    for unknown in [scope.workspace.as_str(), UNKNOWN_ID, "nonsense"] {
        eve.get(&format!("/workspaces/{unknown}"))
            .await
            .expect_detail(404, NOT_FOUND);
    }
});

scenario!(
    new_workspace_has_a_default_project_and_its_creator,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let home = ada.default_scope().await;
        app.insert_member(&home.organization, &bob, ["admin", "admin", "admin"])
            .await;
        let path = format!("/organizations/{}/workspaces/", home.organization);
        let made = ada
            .post(&path, &json!({"name": "Research"}))
            .await
            .expect_status(200);
        let seen = made.json();
        let word = |name: &str| seen[name].as_str().unwrap();
        assert_eq!(
            *seen,
            json!({
                "created_at": word("created_at"), "updated_at": word("updated_at"), "id": word("id"),
                "name": "Research", "description": "", "type": "", "organization": home.organization,
                "members": seen["members"],
            })
        );
        let again = ada.get(&format!("/workspaces/{}", word("id"))).await;
        assert_eq!(again.expect_status(200).json(), seen);
        let members = seen["members"].as_array().unwrap();
        assert_eq!(members.len(), 1);
        assert_eq!(members[0]["user"]["id"], ada.id);
        assert_eq!(members[0]["roles"][0]["role_name"], "owner");

        let scope = format!("/projects/current?workspace_id={}", word("id"));
        let project = ada.get(&scope).await.expect_status(200);
        let project = project.json();
        assert_eq!(project["project_name"], "Default");
        assert_eq!(project["is_default_project"], true);
        assert_eq!(project["user_role"], "owner");
        let id = app.sql_id(project["project_id"].as_str().unwrap());
        let kinds =
            format!("SELECT DISTINCT kind FROM resources WHERE project_id = {id} ORDER BY kind");
        assert_eq!(
            app.db().query_texts(&kinds).await,
            ["environment", "evaluator"]
        );

        // The default workspace is unchanged, and the new one has no other member.
        let details = ada
            .get(&format!("/organizations/{}", home.organization))
            .await;
        assert_eq!(details.json()["workspaces"], json!([home.workspace]));
        assert_eq!(bob.workspaces().await.len(), 2);
        bob.get(&format!("/workspaces/{}", word("id")))
            .await
            .expect_detail(404, NOT_FOUND);
        let body = json!({"name": " B ", "description": "d", "type": "team"});
        let other = ada.post(&path, &body).await.expect_status(200);
        for (member, value) in [("name", " B "), ("description", "d"), ("type", "team")] {
            assert_eq!(other.json()[member], value);
        }
    }
);

scenario!(only_the_owner_creates_a_workspace, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let eve = app.sign_up("eve").await;
    let home = ada.default_scope().await;
    app.insert_member(&home.organization, &bob, ["admin", "admin", "admin"])
        .await;
    let path = format!("/organizations/{}/workspaces", home.organization);
    let before = app.db().row_counts().await;
    for who in [&bob, &eve] {
        who.post(&path, &json!({"name": "Mine"}))
            .await
            .expect_detail(403, FORBIDDEN);
    }
    let nowhere = format!("/organizations/{UNKNOWN_ID}/workspaces");
    ada.post(&nowhere, &json!({"name": "Mine"}))
        .await
        .expect_detail(403, FORBIDDEN);
    ada.post(
        "/organizations/nonsense/workspaces",
        &json!({"name": "Mine"}),
    )
    .await
    .expect_detail(400, "badly formed hexadecimal UUID string");
    for who in [&ada, &eve] {
        for blank in ["", "  "] {
            who.post(&path, &json!({"name": blank}))
                .await
                .expect_detail(400, NO_NAME);
        }
        who.post(&path, &json!({})).await.expect_status(422);
    }
    let after = app.db().row_counts().await;
    for table in ["workspaces", "workspace_members", "projects", "resources"] {
        assert_eq!(after[table], before[table], "{table}");
    }
});

scenario!(
    workspace_creation_supports_dry_run_and_idempotency,
    async |app| {
        let ada = app.sign_up("ada").await;
        let path = format!(
            "/organizations/{}/workspaces",
            ada.only_organization_id().await
        );
        let body = json!({"name": "Research"});
        let dry_run = ada
            .post(&format!("{path}?dry_run=true"), &body)
            .await
            .expect_status(200);
        assert_eq!(dry_run.json()["would_change"], json!(["workspace.created"]));
        assert_eq!(dry_run.json()["members"].as_array().unwrap().len(), 1);
        assert_eq!(ada.workspaces().await.len(), 1);
        let once = async || {
            ada.post(&path, &body)
                .header("idempotency-key", "w-1")
                .await
        };
        let first = once().await.expect_status(200);
        let second = once().await.expect_status(200);
        assert_eq!(first.text_field("id"), second.text_field("id"));
        assert_eq!(second.header("idempotency-replayed"), Some("true"));
        assert_eq!(ada.workspaces().await.len(), 2);
    }
);

scenario!(update_checks_permission_first, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let mut others = Vec::new();
    for role in ["admin", "developer", "viewer"] {
        let who = app.sign_up(role).await;
        app.insert_member(&home.organization, &who, ["viewer", role, role])
            .await;
        others.push(who);
    }
    let eve = app.sign_up("eve").await;
    let foreign = eve.default_scope().await;
    let change = json!({"name": "New"});
    let path = workspace_path(&home);
    for who in [&others[1], &others[2], &eve] {
        for body in [&change, &json!({})] {
            who.put(&path, body).await.expect_detail(403, NO_UPDATE);
        }
    }
    for who in [&ada, &others[0]] {
        for nothing in [
            json!({}),
            json!({"name": ""}),
            json!({"name": null, "description": ""}),
        ] {
            who.put(&path, &nothing).await.expect_detail(400, NO_CHANGE);
        }
    }
    // A workspace of another organization is not found by members of either; for other
    // users the organization is not found.
    let (organization, workspace) = (&home.organization, &home.workspace);
    for other in [foreign.workspace.as_str(), UNKNOWN_ID] {
        let elsewhere = format!("/organizations/{organization}/workspaces/{other}");
        ada.put(&elsewhere, &change)
            .await
            .expect_detail(404, NOT_FOUND);
        let unknown = format!("/organizations/{}/workspaces/{other}", foreign.organization);
        ada.put(&unknown, &change)
            .await
            .expect_detail(403, NO_UPDATE);
    }
    for nonsense in ["nonsense", UNKNOWN_ID] {
        let unknown = format!("/organizations/{nonsense}/workspaces/{workspace}");
        ada.put(&unknown, &change)
            .await
            .expect_detail(404, NOT_FOUND);
        eve.put(&unknown, &change)
            .await
            .expect_detail(403, NO_UPDATE);
    }
    assert_eq!(ada.workspaces().await[0]["name"], "Default");
    assert_eq!(eve.workspaces().await[0]["name"], "Default");
});

scenario!(update_changes_named_fields, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.default_scope().await;
    app.insert_member(&home.organization, &bob, ["viewer", "admin", "admin"])
        .await;
    let path = workspace_path(&home);
    let body = json!({"name": "Lab", "updated_at": "1999-01-01", "description": "d"});
    let updated = bob.put(&path, &body).await.expect_status(200);
    let seen = bob.get(&format!("/workspaces/{}", home.workspace)).await;
    assert_eq!(updated.json(), seen.expect_status(200).json());
    assert_eq!(updated.text_field("name"), "Lab");
    assert_eq!(updated.text_field("description"), "d");
    assert!(updated.text_field("updated_at") > updated.text_field("created_at"));
    assert_eq!(updated.json()["members"].as_array().unwrap().len(), 2);
    let updated = ada
        .put(&path, &json!({"name": "Lab 2"}))
        .await
        .expect_status(200);
    assert_eq!(updated.text_field("description"), "d");
    let updated = ada
        .put(&path, &json!({"name": "", "description": "e"}))
        .await;
    assert_eq!(updated.expect_status(200).text_field("name"), "Lab 2");
    let body = json!({"name": "Lab 3", "description": null});
    let updated = ada.put(&path, &body).await.expect_status(200);
    assert_eq!(updated.json()["description"], Value::Null);
    let dry_run = ada
        .put(&format!("{path}?dry_run=true"), &json!({"name": "Lab 4"}))
        .await
        .expect_status(200);
    assert_eq!(dry_run.text_field("name"), "Lab 4");
    assert_eq!(ada.workspaces().await[0]["name"], "Lab 3");
});

scenario!(invitations_are_listed_before_members, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.default_scope().await;
    insert_invitation(app, &home, 2, "bob@acme.test", None).await;
    insert_invitation(
        app,
        &home,
        1,
        "new+1@acme.test",
        Some(4_000_000_000_000_000),
    )
    .await;
    insert_invitation(app, &home, 3, "late@acme.test", Some(1_700_000_000_000_000)).await;
    let members = ada.default_workspace_members(&home.organization).await;
    let listed: Vec<_> = members
        .iter()
        .map(|it| {
            json!([
                it["user"]["id"],
                it["user"]["username"],
                it["user"]["status"]
            ])
        })
        .collect();
    assert_eq!(
        listed,
        [
            json!(["new+1@acme.test", "new+1", "pending"]),
            json!([bob.id, "bob", "pending"]),
            json!(["late@acme.test", "late", "expired"]),
            json!([ada.id, "ada", "member"]),
        ]
    );
    assert_eq!(members[0]["user"]["email"], "new+1@acme.test");
    assert_eq!(
        members[0]["user"]["created_at"],
        "2023-11-14 22:13:20.000001+00:00"
    );
    assert_eq!(
        members[0]["roles"],
        json!([{
            "role_name": "editor", "permissions": null,
            "role_description": "Can edit prompts, testsets, evaluators, and workflows.",
        }])
    );
    let permissions = members[3]["roles"][0]["permissions"].as_array().unwrap();
    assert_eq!(permissions.len(), 64);
    // Accepted and declined invitations are not returned.
    app.db()
        .execute("UPDATE project_invitations SET status = 'declined'")
        .await
        .unwrap();
    assert_eq!(
        ada.default_workspace_members(&home.organization)
            .await
            .len(),
        1
    );
});

scenario!(
    the_default_workspace_is_one_with_a_default_project,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let second = ada.create_workspace(&home.organization, "Second").await;
        let shown = async |ada: &TestUser| {
            let path = format!("/organizations/{}", home.organization);
            ada.get(&path).await.expect_status(200).json()["default_workspace"].clone()
        };
        assert_eq!(shown(&ada).await["id"], home.workspace);
        let id = app.sql_id(&home.project);
        let sql = format!("UPDATE projects SET is_default = NULL WHERE id = {id}");
        app.db().execute(&sql).await.unwrap();
        assert_eq!(shown(&ada).await["id"], second.workspace);
        // Without any, the existing one is returned without members.
        app.db()
            .execute("UPDATE projects SET is_default = NULL")
            .await
            .unwrap();
        assert_eq!(shown(&ada).await["id"], home.workspace);
        assert_eq!(shown(&ada).await["members"], json!([]));
        app.db()
            .execute(&format!(
                "UPDATE projects SET is_default = true WHERE id IN ({id}, {})",
                app.sql_id(&second.project)
            ))
            .await
            .unwrap();
    }
);
