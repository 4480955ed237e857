//! The project of a session's request: `project_id` and `workspace_id` of the
//! query, and the default project without them.

use freehold_testkit::{TestApp, TestUser, scenario};
use serde_json::{Value, json};

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// Ada with her own project, Bob's project, where she is a developer, and Eve's.
async fn three_projects(app: &TestApp) -> (TestUser, Value, Value, Value) {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let eve = app.sign_up("eve").await;
    app.insert_member(
        &bob.only_organization_id().await,
        &ada,
        ["viewer", "developer", "developer"],
    )
    .await;
    let projects = ada.projects().await;
    let foreign = eve.projects().await[0].clone();
    (ada, projects[0].clone(), projects[1].clone(), foreign)
}

async fn expect_current_project(who: &TestUser, query: &str, project: &Value) {
    let current = who
        .get(&format!("/projects/current?{query}"))
        .await
        .expect_status(200);
    assert_eq!(current.json(), project, "{query}");
}

async fn expect_unauthorized(who: &TestUser, query: &str) {
    for path in ["/projects/current", "/profile", "/organizations/", "/keys"] {
        let response = who.get(&format!("{path}?{query}")).await;
        response.expect_detail(401, "Unauthorized");
    }
}

fn id<'a>(project: &'a Value, of: &str) -> &'a str {
    project[format!("{of}_id")].as_str().unwrap()
}

scenario!(query_selects_the_project, async |app| {
    let (ada, home, other, foreign) = three_projects(app).await;
    expect_current_project(&ada, "", &home).await;
    expect_current_project(
        &ada,
        "organization_id=nonsense&project_id=&workspace_id=",
        &home,
    )
    .await;
    for project in [&home, &other] {
        let (inner, outer) = (id(project, "project"), id(project, "workspace"));
        expect_current_project(&ada, &format!("project_id={inner}"), project).await;
        expect_current_project(
            &ada,
            &format!("project_id={}", inner.to_uppercase()),
            project,
        )
        .await;
        expect_current_project(
            &ada,
            &format!("project_id={}", inner.replace('-', "")),
            project,
        )
        .await;
        expect_current_project(&ada, &format!("workspace_id={outer}"), project).await;
        expect_current_project(
            &ada,
            &format!("workspace_id={outer}&project_id={inner}"),
            project,
        )
        .await;
    }
    for unknown in [
        UNKNOWN_ID,
        "null",
        "00000000-0000-0000-0000-000000000000",
        "nonsense",
        "%ff",
        "None",
    ] {
        expect_unauthorized(&ada, &format!("project_id={unknown}")).await;
        expect_unauthorized(&ada, &format!("workspace_id={unknown}")).await;
    }
    let (inner, outer) = (id(&home, "project"), id(&other, "workspace"));
    expect_unauthorized(&ada, &format!("project_id={inner}&workspace_id={outer}")).await;
    expect_unauthorized(&ada, &format!("project_id={}", id(&foreign, "project"))).await;
    expect_unauthorized(&ada, &format!("workspace_id={}", id(&foreign, "workspace"))).await;
});

scenario!(default_project_is_the_oldest_membership, async |app| {
    let (ada, home, other, _) = three_projects(app).await;
    expect_current_project(&ada, "", &home).await;
    // Imported rows have no date, and count as older.
    let (workspace, user) = (app.sql_id(id(&other, "workspace")), app.sql_id(&ada.id));
    let sql = format!(
        "UPDATE workspace_members SET created_at = NULL WHERE workspace_id = {workspace} AND user_id = {user}"
    );
    app.db().execute(&sql).await.unwrap();
    expect_current_project(&ada, "", &other).await;
    expect_current_project(&ada, &format!("project_id={}", id(&home, "project")), &home).await;
});

scenario!(revoked_access_ends_with_the_next_request, async |app| {
    let (ada, home, other, _) = three_projects(app).await;
    let at = format!("project_id={}", id(&other, "project"));
    expect_current_project(&ada, &at, &other).await;
    let path = format!("/keys?{at}");
    ada.post_empty(&path).await.expect_status(200);
    let user = app.sql_id(&ada.id);
    let demoted = format!(
        "UPDATE project_members SET role = 'viewer' WHERE user_id = {user} AND role = 'developer'"
    );
    app.db().execute(&demoted).await.unwrap();
    ada.post_empty(&path).await.expect_status(403);
    let removed =
        format!("DELETE FROM organization_members WHERE user_id = {user} AND role <> 'owner'");
    app.db().execute(&removed).await.unwrap();
    expect_unauthorized(&ada, &at).await;
    expect_current_project(&ada, "", &home).await;
});

scenario!(foreign_projects_look_missing, async |app| {
    let (ada, home, _, foreign) = three_projects(app).await;
    let own = ada
        .get(&format!("/projects/{}", id(&home, "project")))
        .await;
    own.expect_body(200, &home);
    for unknown in [id(&foreign, "project"), UNKNOWN_ID, "nonsense"] {
        ada.get(&format!("/projects/{unknown}"))
            .await
            .expect_detail(404, "Project not found");
    }
});

scenario!(content_is_read_in_its_project_only, async |app| {
    let (ada, home, other, foreign) = three_projects(app).await;
    let at = |project: &Value, path: &str| format!("{path}?project_id={}", id(project, "project"));
    let mut ids = Vec::new();
    for (kind, count) in [("testset", 1), ("evaluator", 9), ("environment", 3)] {
        let path = format!("/simple/{kind}s/query");
        let all = ada
            .post(&at(&home, &path), &json!({}))
            .await
            .expect_status(200);
        let items = all.json()[format!("{kind}s")].as_array().unwrap().clone();
        assert_eq!(all.json()["count"], items.len());
        assert!(kind == "evaluator" || items.len() == count, "{all}");
        let item = items[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/simple/{kind}s/{item}");
        let one = ada.get(&at(&home, &path)).await.expect_status(200);
        assert_eq!(one.json()[kind], items[0]);
        let elsewhere = ada.get(&at(&other, &path)).await;
        elsewhere.expect_body(200, &json!({"count": 0}));
        ada.get(&at(&foreign, &path)).await.expect_status(401);
        ids.push(item);
    }
    let wrong_kind = ada.get(&format!("/simple/testsets/{}", ids[1])).await;
    wrong_kind.expect_body(200, &json!({"count": 0}));
});
