//! In which project a session works: `project_id` and `workspace_id` of the
//! query, and what counts when there is neither.

use freehold_testkit::{Person, TestApp, story};
use serde_json::{Value, json};

const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

/// Ada at home, and as a member of Bob's organization.
async fn neighbours(app: &TestApp) -> (Person, Value, Value, Value) {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let eve = app.person("eve").await;
    app.adds_member(
        &bob.home().await,
        &ada,
        ["viewer", "developer", "developer"],
    )
    .await;
    let projects = ada.projects().await;
    let foreign = eve.projects().await[0].clone();
    (ada, projects[0].clone(), projects[1].clone(), foreign)
}

async fn works_in(who: &Person, query: &str, project: &Value) {
    let current = who
        .get(&format!("/projects/current?{query}"))
        .await
        .expect(200);
    assert_eq!(current.json(), project, "{query}");
}

async fn opens_nothing(who: &Person, query: &str) {
    for path in ["/projects/current", "/profile", "/organizations/", "/keys"] {
        let answer = who.get(&format!("{path}?{query}")).await;
        answer.expect_detail(401, "Unauthorized");
    }
}

fn id<'a>(project: &'a Value, of: &str) -> &'a str {
    project[format!("{of}_id")].as_str().unwrap()
}

story!(a_session_works_where_it_says, async |app| {
    let (ada, home, other, foreign) = neighbours(app).await;
    works_in(&ada, "", &home).await;
    works_in(
        &ada,
        "organization_id=nonsense&project_id=&workspace_id=",
        &home,
    )
    .await;
    for project in [&home, &other] {
        let (inner, outer) = (id(project, "project"), id(project, "workspace"));
        works_in(&ada, &format!("project_id={inner}"), project).await;
        works_in(
            &ada,
            &format!("project_id={}", inner.to_uppercase()),
            project,
        )
        .await;
        works_in(
            &ada,
            &format!("project_id={}", inner.replace('-', "")),
            project,
        )
        .await;
        works_in(&ada, &format!("workspace_id={outer}"), project).await;
        works_in(
            &ada,
            &format!("workspace_id={outer}&project_id={inner}"),
            project,
        )
        .await;
    }
    for unknown in [
        NOWHERE,
        "null",
        "00000000-0000-0000-0000-000000000000",
        "nonsense",
        "%ff",
        "None",
    ] {
        opens_nothing(&ada, &format!("project_id={unknown}")).await;
        opens_nothing(&ada, &format!("workspace_id={unknown}")).await;
    }
    let (inner, outer) = (id(&home, "project"), id(&other, "workspace"));
    opens_nothing(&ada, &format!("project_id={inner}&workspace_id={outer}")).await;
    opens_nothing(&ada, &format!("project_id={}", id(&foreign, "project"))).await;
    opens_nothing(&ada, &format!("workspace_id={}", id(&foreign, "workspace"))).await;
});

story!(without_saying_so_it_is_the_oldest_membership, async |app| {
    let (ada, home, other, _) = neighbours(app).await;
    works_in(&ada, "", &home).await;
    // Rows brought along from elsewhere have no date, and count as older.
    let (workspace, user) = (app.sql(id(&other, "workspace")), app.sql(&ada.id));
    let sql = format!(
        "UPDATE workspace_members SET created_at = NULL WHERE workspace_id = {workspace} AND user_id = {user}"
    );
    app.db().raw(&sql).await.unwrap();
    works_in(&ada, "", &other).await;
    works_in(&ada, &format!("project_id={}", id(&home, "project")), &home).await;
});

story!(
    what_was_taken_away_is_gone_with_the_next_request,
    async |app| {
        let (ada, home, other, _) = neighbours(app).await;
        let at = format!("project_id={}", id(&other, "project"));
        works_in(&ada, &at, &other).await;
        let path = format!("/keys?{at}");
        ada.post_nothing(&path).await.expect(200);
        let user = app.sql(&ada.id);
        let demoted = format!(
            "UPDATE project_members SET role = 'viewer' WHERE user_id = {user} AND role = 'developer'"
        );
        app.db().raw(&demoted).await.unwrap();
        ada.post_nothing(&path).await.expect(403);
        let removed =
            format!("DELETE FROM organization_members WHERE user_id = {user} AND role <> 'owner'");
        app.db().raw(&removed).await.unwrap();
        opens_nothing(&ada, &at).await;
        works_in(&ada, "", &home).await;
    }
);

story!(projects_of_others_look_like_none, async |app| {
    let (ada, home, _, foreign) = neighbours(app).await;
    let seen = ada
        .get(&format!("/projects/{}", id(&home, "project")))
        .await;
    seen.expect_body(200, &home);
    for unknown in [id(&foreign, "project"), NOWHERE, "nonsense"] {
        ada.get(&format!("/projects/{unknown}"))
            .await
            .expect_detail(404, "Project not found");
    }
});

story!(content_is_read_in_its_project_only, async |app| {
    let (ada, home, other, foreign) = neighbours(app).await;
    let at = |project: &Value, path: &str| format!("{path}?project_id={}", id(project, "project"));
    let mut seen = Vec::new();
    for (kind, count) in [("testset", 1), ("evaluator", 9), ("environment", 3)] {
        let path = format!("/simple/{kind}s/query");
        let all = ada.post(&at(&home, &path), &json!({})).await.expect(200);
        let items = all.json()[format!("{kind}s")].as_array().unwrap().clone();
        assert_eq!(all.json()["count"], items.len());
        assert!(kind == "evaluator" || items.len() == count, "{all}");
        let item = items[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/simple/{kind}s/{item}");
        let one = ada.get(&at(&home, &path)).await.expect(200);
        assert_eq!(one.json()[kind], items[0]);
        let elsewhere = ada.get(&at(&other, &path)).await;
        elsewhere.expect_body(200, &json!({"count": 0}));
        ada.get(&at(&foreign, &path)).await.expect(401);
        seen.push(item);
    }
    let wrong_kind = ada.get(&format!("/simple/testsets/{}", seen[1])).await;
    wrong_kind.expect_body(200, &json!({"count": 0}));
});
