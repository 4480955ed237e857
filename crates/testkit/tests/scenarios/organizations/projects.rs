//! Creating, updating and deleting projects, and the members of a new one.

use freehold_testkit::{TestApp, TestScope, TestUser, scenario};
use serde_json::{Value, json};

use super::UNKNOWN_ID;

const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
const NOT_FOUND: &str = "Project not found";
const NO_NAME: &str = "Project name cannot be empty";
const ONLY_TRUE: &str = "make_default can only be set to true";
const NOTHING_TO_UPDATE: &str = "Provide a new name and/or set default flag";
const DEFAULT_PROJECT: &str = "Default project cannot be deleted";

async fn add_member(app: &TestApp, home: &TestScope, role: &str) -> TestUser {
    let who = app.sign_up(role).await;
    app.insert_member(&home.organization, &who, ["viewer", role, role])
        .await;
    who
}

/// A path within a workspace.
fn in_workspace(path: &str, scope: &TestScope) -> String {
    format!("{path}?workspace_id={}", scope.workspace)
}

async fn default_projects(app: &TestApp, scope: &TestScope) -> Vec<String> {
    let workspace = app.sql_id(&scope.workspace);
    let sql = format!(
        "SELECT project_name FROM projects WHERE workspace_id = {workspace} AND is_default"
    );
    app.db().query_texts(&sql).await
}

scenario!(workspace_members_join_a_new_project, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let admin = add_member(app, &home, "admin").await;
    let viewer = add_member(app, &home, "viewer").await;
    let eve = app.sign_up("eve").await;
    let made = admin
        .create_project(&home, "  Second \n")
        .await
        .expect_status(201);
    let id = made.text_field("project_id");
    assert_eq!(
        *made.json(),
        json!({
            "organization_id": home.organization, "organization_name": "ada",
            "workspace_id": home.workspace, "workspace_name": "Default", "project_id": id,
            "project_name": "Second", "is_default_project": false, "user_role": "admin", "is_demo": null,
        })
    );
    for (who, role) in [(&ada, "owner"), (&admin, "admin"), (&viewer, "viewer")] {
        let seen = who.get(&format!("/projects/{id}")).await.expect_status(200);
        assert_eq!(seen.json()["user_role"], role);
        assert_eq!(seen.json()["project_name"], "Second");
    }
    eve.get(&format!("/projects/{id}"))
        .await
        .expect_detail(404, NOT_FOUND);
    let project = app.sql_id(&id);
    let kinds =
        format!("SELECT DISTINCT kind FROM resources WHERE project_id = {project} ORDER BY kind");
    assert_eq!(
        app.db().query_texts(&kinds).await,
        ["environment", "evaluator"]
    );
    // The ids have the usual version, though the database generated them.
    let ids = format!(
        "SELECT DISTINCT {} FROM project_members WHERE project_id = {project}",
        match app.db().engine() {
            freehold_testkit::Engine::Postgres => "substr(id::text, 15, 1) || length(id::text)",
            freehold_testkit::Engine::Sqlite => "substr(hex(id), 13, 1) || (length(hex(id)) + 4)",
        }
    );
    assert_eq!(app.db().query_texts(&ids).await, ["736"]);
    let distinct_ids =
        format!("SELECT count(DISTINCT id) FROM project_members WHERE project_id = {project}");
    assert_eq!(app.db().query_number(&distinct_ids).await, 3);
    // Two projects may have the same name.
    admin
        .create_project(&home, "Second")
        .await
        .expect_status(201);
    assert_eq!(default_projects(app, &home).await, ["Default"]);
});

scenario!(api_key_creates_a_project_in_its_workspace, async |app| {
    let ada = app.sign_up("ada").await;
    let second = ada
        .create_workspace(&ada.only_organization_id().await, "Second")
        .await;
    let key = ada.create_api_key_at(&in_workspace("/keys", &second)).await;
    let made = key
        .post("/projects", &json!({"name": "By a program"}))
        .await;
    assert_eq!(
        made.expect_status(201).text_field("workspace_id"),
        second.workspace
    );
});

scenario!(project_management_requires_permission, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let made = ada.create_project(&home, "Second").await.expect_status(201);
    let id = made.text_field("project_id");
    let path = format!("/projects/{id}");
    let mut unprivileged = Vec::new();
    for role in ["viewer", "annotator", "editor", "developer"] {
        unprivileged.push(add_member(app, &home, role).await);
    }
    for who in &unprivileged {
        who.create_project(&home, "Mine")
            .await
            .expect_detail(403, FORBIDDEN);
        for body in [json!({"name": "Mine"}), json!({"make_default": true})] {
            who.patch(&path, &body).await.expect_detail(403, FORBIDDEN);
        }
        who.delete(&in_workspace(&path, &home))
            .await
            .expect_detail(403, FORBIDDEN);
    }
    // For other users it is not found.
    let eve = app.sign_up("eve").await;
    for unknown in [id.as_str(), UNKNOWN_ID] {
        let path = format!("/projects/{unknown}");
        eve.patch(&path, &json!({"name": "x"}))
            .await
            .expect_detail(404, NOT_FOUND);
        eve.delete(&path).await.expect_detail(404, NOT_FOUND);
    }
    let refused = eve
        .post(&in_workspace("/projects", &home), &json!({"name": "x"}))
        .await;
    refused.expect_detail(401, "Unauthorized");
    assert_eq!(ada.projects().await.len(), 2);
    assert_eq!(default_projects(app, &home).await, ["Default"]);
});

scenario!(invalid_project_input_is_refused_first, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    for blank in ["", "   ", "\n\t"] {
        ada.create_project(&home, blank)
            .await
            .expect_detail(400, NO_NAME);
    }
    ada.post("/projects", &json!({})).await.expect_status(422);
    ada.post(
        "/projects",
        &json!({"name": "x", "make_default": "perhaps"}),
    )
    .await
    .expect_status(422);
    let path = format!("/projects/{}", home.project);
    for (body, detail) in [
        (json!({}), NOTHING_TO_UPDATE),
        (json!({"name": null}), NOTHING_TO_UPDATE),
        (json!({"name": " "}), NO_NAME),
        (json!({"make_default": false}), ONLY_TRUE),
        (json!({"name": "Renamed", "make_default": false}), ONLY_TRUE),
        (json!({"name": "", "make_default": true}), NO_NAME),
    ] {
        ada.patch(&path, &body).await.expect_detail(400, detail);
    }
    for method in ["PATCH", "DELETE"] {
        let request = ada
            .request(method, "/projects/nonsense")
            .json(&json!({"name": "x"}));
        let response = request.await.expect_status(422);
        assert_eq!(response.detail()[0]["type"], "uuid_parsing");
        assert_eq!(response.detail()[0]["loc"], json!(["path", "project_id"]));
    }
    let project = &ada.projects().await[0];
    assert_eq!(project["project_name"], "Default");
});

scenario!(workspace_always_has_one_default_project, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let body = json!({"name": "Second", "make_default": true});
    let second = ada.post("/projects", &body).await.expect_status(201);
    assert_eq!(second.json()["is_default_project"], true);
    assert_eq!(default_projects(app, &home).await, ["Second"]);
    let path = format!("/projects/{}", home.project);
    let first = ada
        .patch(&path, &json!({"make_default": true, "name": " First "}))
        .await;
    let first = first.expect_status(200);
    assert_eq!(first.json()["is_default_project"], true);
    assert_eq!(first.json()["project_name"], "First");
    assert_eq!(default_projects(app, &home).await, ["First"]);
    // It already has this value.
    ada.patch(&path, &json!({"make_default": true}))
        .await
        .expect_status(200);
    ada.delete(&path).await.expect_detail(400, DEFAULT_PROJECT);
    let second = second.text_field("project_id");
    let gone = ada.delete(&format!("/projects/{second}")).await;
    gone.expect_body(200, &json!({"detail": "Project deleted"}));
    ada.delete(&format!("/projects/{second}"))
        .await
        .expect_detail(404, NOT_FOUND);

    // A workspace without a default gets the next project that is created.
    app.db()
        .execute("UPDATE projects SET is_default = NULL")
        .await
        .unwrap();
    let third = ada
        .post(
            &format!("/projects?project_id={}", home.project),
            &json!({"name": "Third"}),
        )
        .await;
    assert_eq!(third.expect_status(201).json()["is_default_project"], true);
    assert_eq!(default_projects(app, &home).await, ["Third"]);
});

scenario!(
    concurrent_default_changes_leave_one_default,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let second = ada
            .create_project(&home, "Second")
            .await
            .text_field("project_id");
        for round in 0..10 {
            let new = json!({"name": format!("{round}"), "make_default": true});
            let change = json!({"make_default": true});
            let (first, other) = (
                format!("/projects/{}", home.project),
                format!("/projects/{second}"),
            );
            let (one, two_owned_organizations, three) = tokio::join!(
                ada.post("/projects", &new),
                ada.patch(&first, &change),
                ada.patch(&other, &change)
            );
            one.expect_status(201);
            two_owned_organizations.expect_status(200);
            three.expect_status(200);
            assert_eq!(default_projects(app, &home).await.len(), 1);
        }
    }
);

scenario!(deleting_a_project_deletes_its_keys, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let admin = add_member(app, &home, "admin").await;
    let id = ada
        .create_project(&home, "Second")
        .await
        .text_field("project_id");
    let key = ada
        .create_api_key_at(&format!("/keys?project_id={id}"))
        .await;
    let rest = ada.create_api_key().await;
    key.get("/projects/current").await.expect_status(200);
    let path = format!("/projects/{id}");
    let dry_run = admin
        .delete(&format!(
            "{path}?dry_run=true&workspace_id={}",
            home.workspace
        ))
        .await;
    assert_eq!(
        dry_run.expect_status(200).json()["would_change"],
        json!(["project.deleted"])
    );
    key.get("/projects/current").await.expect_status(200);
    admin
        .delete(&in_workspace(&path, &home))
        .await
        .expect_status(200);
    key.get("/projects/current").await.expect_status(401);
    rest.get("/projects/current").await.expect_status(200);
    assert_eq!(
        app.db().query_number("SELECT count(*) FROM api_keys").await,
        1
    );
    ada.get(&format!("/projects/current?project_id={id}"))
        .await
        .expect_status(401);
});

scenario!(
    a_project_is_deleted_from_its_own_workspace_only,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let other = ada.create_workspace(&home.organization, "Other").await;
        let id = ada
            .create_project(&other, "There")
            .await
            .text_field("project_id");
        let path = format!("/projects/{id}");
        ada.delete(&in_workspace(&path, &home))
            .await
            .expect_detail(404, NOT_FOUND);
        // An update finds it in any workspace.
        ada.patch(&in_workspace(&path, &home), &json!({"name": "Here"}))
            .await
            .expect_status(200);
        ada.delete(&in_workspace(&path, &other))
            .await
            .expect_status(200);
    }
);

scenario!(role_in_the_project_itself_decides, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let admin = add_member(app, &home, "admin").await;
    let id = ada
        .create_project(&home, "Second")
        .await
        .text_field("project_id");
    let (project, user) = (app.sql_id(&id), app.sql_id(&admin.id));
    let sql = format!(
        "UPDATE project_members SET role = 'viewer' WHERE project_id = {project} AND user_id = {user}"
    );
    app.db().execute(&sql).await.unwrap();
    let path = format!("/projects/{id}");
    admin
        .patch(&path, &json!({"name": "x"}))
        .await
        .expect_detail(403, FORBIDDEN);
    admin
        .delete(&in_workspace(&path, &home))
        .await
        .expect_detail(403, FORBIDDEN);
    admin
        .create_project(&home, "Third")
        .await
        .expect_status(201);
});

scenario!(project_creation_is_idempotent, async |app| {
    let ada = app.sign_up("ada").await;
    let body = json!({"name": "Once"});
    let dry_run = ada
        .post("/projects?dry_run=true", &body)
        .await
        .expect_status(201);
    assert_eq!(dry_run.json()["would_change"], json!(["project.created"]));
    assert_eq!(dry_run.json()["user_role"], "owner");
    assert_eq!(ada.projects().await.len(), 1);
    let once = async || {
        ada.post("/projects", &body)
            .header("idempotency-key", "p-1")
            .await
    };
    let first = once().await.expect_status(201);
    let second = once().await.expect_status(201);
    assert_eq!(first.json(), second.json());
    assert_eq!(ada.projects().await.len(), 2);
});

scenario!(user_without_project_cannot_create_one, async |app| {
    let ada = app.sign_up("ada").await;
    let home = app.sql_id(&ada.only_organization_id().await);
    let sql = format!("DELETE FROM organizations WHERE id = {home}");
    app.db().execute(&sql).await.unwrap();
    let response = ada
        .post("/projects", &json!({"name": "x"}))
        .await
        .expect_status(403);
    assert_eq!(response.code(), "no_membership");
    assert_eq!(ada.projects().await, Vec::<Value>::new());
    assert_eq!(ada.workspaces().await, Vec::<Value>::new());
});
