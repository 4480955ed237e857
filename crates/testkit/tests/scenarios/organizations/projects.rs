//! Making, changing and deleting projects, and who is in a new one.

use freehold_testkit::{Person, Place, TestApp, story};
use serde_json::{Value, json};

use super::NOWHERE;

const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
const NOT_FOUND: &str = "Project not found";
const NO_NAME: &str = "Project name cannot be empty";
const ONLY_TRUE: &str = "make_default can only be set to true";
const NOTHING: &str = "Provide a new name and/or set default flag";
const DEFAULT: &str = "Default project cannot be deleted";

async fn joins(app: &TestApp, home: &Place, role: &str) -> Person {
    let who = app.person(role).await;
    app.adds_member(&home.organization, &who, ["viewer", role, role])
        .await;
    who
}

/// A path within a workspace.
fn within(path: &str, place: &Place) -> String {
    format!("{path}?workspace_id={}", place.workspace)
}

async fn defaults(app: &TestApp, place: &Place) -> Vec<String> {
    let workspace = app.sql(&place.workspace);
    let sql = format!(
        "SELECT project_name FROM projects WHERE workspace_id = {workspace} AND is_default"
    );
    app.db().texts(&sql).await
}

story!(
    everybody_in_the_workspace_is_in_its_new_project,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let admin = joins(app, &home, "admin").await;
        let viewer = joins(app, &home, "viewer").await;
        let eve = app.person("eve").await;
        let made = admin.adds_project(&home, "  Second \n").await.expect(201);
        let id = made.word("project_id");
        assert_eq!(
            *made.json(),
            json!({
                "organization_id": home.organization, "organization_name": "ada",
                "workspace_id": home.workspace, "workspace_name": "Default", "project_id": id,
                "project_name": "Second", "is_default_project": false, "user_role": "admin", "is_demo": null,
            })
        );
        for (who, role) in [(&ada, "owner"), (&admin, "admin"), (&viewer, "viewer")] {
            let seen = who.get(&format!("/projects/{id}")).await.expect(200);
            assert_eq!(seen.json()["user_role"], role);
            assert_eq!(seen.json()["project_name"], "Second");
        }
        eve.get(&format!("/projects/{id}"))
            .await
            .expect_detail(404, NOT_FOUND);
        let project = app.sql(&id);
        let kinds = format!(
            "SELECT DISTINCT kind FROM resources WHERE project_id = {project} ORDER BY kind"
        );
        assert_eq!(app.db().texts(&kinds).await, ["environment", "evaluator"]);
        // Ids are as all others are, though the database drew them.
        let ids = format!(
            "SELECT DISTINCT {} FROM project_members WHERE project_id = {project}",
            match app.db().engine() {
                freehold_testkit::Engine::Postgres => "substr(id::text, 15, 1) || length(id::text)",
                freehold_testkit::Engine::Sqlite =>
                    "substr(hex(id), 13, 1) || (length(hex(id)) + 4)",
            }
        );
        assert_eq!(app.db().texts(&ids).await, ["736"]);
        let drawn =
            format!("SELECT count(DISTINCT id) FROM project_members WHERE project_id = {project}");
        assert_eq!(app.db().number(&drawn).await, 3);
        // Two of one name are two.
        admin.adds_project(&home, "Second").await.expect(201);
        assert_eq!(defaults(app, &home).await, ["Default"]);
    }
);

story!(
    the_key_of_a_project_makes_one_in_its_workspace,
    async |app| {
        let ada = app.person("ada").await;
        let second = ada.adds_workspace(&ada.home().await, "Second").await;
        let key = ada.adds_key_at(&within("/keys", &second)).await;
        let made = key
            .post("/projects", &json!({"name": "By a program"}))
            .await;
        assert_eq!(made.expect(201).word("workspace_id"), second.workspace);
    }
);

story!(
    whoever_may_not_manage_the_workspace_manages_no_project,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let made = ada.adds_project(&home, "Second").await.expect(201);
        let id = made.word("project_id");
        let path = format!("/projects/{id}");
        let mut few = Vec::new();
        for role in ["viewer", "annotator", "editor", "developer"] {
            few.push(joins(app, &home, role).await);
        }
        for who in &few {
            who.adds_project(&home, "Mine")
                .await
                .expect_detail(403, FORBIDDEN);
            for body in [json!({"name": "Mine"}), json!({"make_default": true})] {
                who.patch(&path, &body).await.expect_detail(403, FORBIDDEN);
            }
            who.delete(&within(&path, &home))
                .await
                .expect_detail(403, FORBIDDEN);
        }
        // For others there is nothing there.
        let eve = app.person("eve").await;
        for unknown in [id.as_str(), NOWHERE] {
            let path = format!("/projects/{unknown}");
            eve.patch(&path, &json!({"name": "x"}))
                .await
                .expect_detail(404, NOT_FOUND);
            eve.delete(&path).await.expect_detail(404, NOT_FOUND);
        }
        let refused = eve
            .post(&within("/projects", &home), &json!({"name": "x"}))
            .await;
        refused.expect_detail(401, "Unauthorized");
        assert_eq!(ada.projects().await.len(), 2);
        assert_eq!(defaults(app, &home).await, ["Default"]);
    }
);

story!(what_is_wrong_is_said_before_anything_is_done, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    for blank in ["", "   ", "\n\t"] {
        ada.adds_project(&home, blank)
            .await
            .expect_detail(400, NO_NAME);
    }
    ada.post("/projects", &json!({})).await.expect(422);
    ada.post(
        "/projects",
        &json!({"name": "x", "make_default": "perhaps"}),
    )
    .await
    .expect(422);
    let path = format!("/projects/{}", home.project);
    for (body, detail) in [
        (json!({}), NOTHING),
        (json!({"name": null}), NOTHING),
        (json!({"name": " "}), NO_NAME),
        (json!({"make_default": false}), ONLY_TRUE),
        (json!({"name": "Renamed", "make_default": false}), ONLY_TRUE),
        (json!({"name": "", "make_default": true}), NO_NAME),
    ] {
        ada.patch(&path, &body).await.expect_detail(400, detail);
    }
    for method in ["PATCH", "DELETE"] {
        let asked = ada
            .ask(method, "/projects/nonsense")
            .json(&json!({"name": "x"}));
        let answer = asked.await.expect(422);
        assert_eq!(answer.detail()[0]["type"], "uuid_parsing");
        assert_eq!(answer.detail()[0]["loc"], json!(["path", "project_id"]));
    }
    let project = &ada.projects().await[0];
    assert_eq!(project["project_name"], "Default");
});

story!(a_workspace_has_one_default_at_every_moment, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let body = json!({"name": "Second", "make_default": true});
    let second = ada.post("/projects", &body).await.expect(201);
    assert_eq!(second.json()["is_default_project"], true);
    assert_eq!(defaults(app, &home).await, ["Second"]);
    let path = format!("/projects/{}", home.project);
    let first = ada
        .patch(&path, &json!({"make_default": true, "name": " First "}))
        .await;
    let first = first.expect(200);
    assert_eq!(first.json()["is_default_project"], true);
    assert_eq!(first.json()["project_name"], "First");
    assert_eq!(defaults(app, &home).await, ["First"]);
    // It is that already.
    ada.patch(&path, &json!({"make_default": true}))
        .await
        .expect(200);
    ada.delete(&path).await.expect_detail(400, DEFAULT);
    let second = second.word("project_id");
    let gone = ada.delete(&format!("/projects/{second}")).await;
    gone.expect_body(200, &json!({"detail": "Project deleted"}));
    ada.delete(&format!("/projects/{second}"))
        .await
        .expect_detail(404, NOT_FOUND);

    // A workspace that lost its default gets the next one that is made.
    app.db()
        .raw("UPDATE projects SET is_default = NULL")
        .await
        .unwrap();
    let third = ada
        .post(
            &format!("/projects?project_id={}", home.project),
            &json!({"name": "Third"}),
        )
        .await;
    assert_eq!(third.expect(201).json()["is_default_project"], true);
    assert_eq!(defaults(app, &home).await, ["Third"]);
});

story!(
    of_many_that_become_the_default_at_once_one_is_it,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let second = ada.adds_project(&home, "Second").await.word("project_id");
        for round in 0..10 {
            let new = json!({"name": format!("{round}"), "make_default": true});
            let change = json!({"make_default": true});
            let (first, other) = (
                format!("/projects/{}", home.project),
                format!("/projects/{second}"),
            );
            let (one, two, three) = tokio::join!(
                ada.post("/projects", &new),
                ada.patch(&first, &change),
                ada.patch(&other, &change)
            );
            one.expect(201);
            two.expect(200);
            three.expect(200);
            assert_eq!(defaults(app, &home).await.len(), 1);
        }
    }
);

story!(a_deleted_project_takes_its_keys_along, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let admin = joins(app, &home, "admin").await;
    let id = ada.adds_project(&home, "Second").await.word("project_id");
    let key = ada.adds_key_at(&format!("/keys?project_id={id}")).await;
    let rest = ada.adds_key().await;
    key.get("/projects/current").await.expect(200);
    let path = format!("/projects/{id}");
    let rehearsed = admin
        .delete(&format!(
            "{path}?dry_run=true&workspace_id={}",
            home.workspace
        ))
        .await;
    assert_eq!(
        rehearsed.expect(200).json()["would_change"],
        json!(["project.deleted"])
    );
    key.get("/projects/current").await.expect(200);
    admin.delete(&within(&path, &home)).await.expect(200);
    key.get("/projects/current").await.expect(401);
    rest.get("/projects/current").await.expect(200);
    assert_eq!(app.db().number("SELECT count(*) FROM api_keys").await, 1);
    ada.get(&format!("/projects/current?project_id={id}"))
        .await
        .expect(401);
});

story!(
    a_project_is_deleted_from_its_own_workspace_only,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let other = ada.adds_workspace(&home.organization, "Other").await;
        let id = ada.adds_project(&other, "There").await.word("project_id");
        let path = format!("/projects/{id}");
        ada.delete(&within(&path, &home))
            .await
            .expect_detail(404, NOT_FOUND);
        // A change finds it wherever it is.
        ada.patch(&within(&path, &home), &json!({"name": "Here"}))
            .await
            .expect(200);
        ada.delete(&within(&path, &other)).await.expect(200);
    }
);

story!(
    it_is_the_role_in_that_very_project_that_counts,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let admin = joins(app, &home, "admin").await;
        let id = ada.adds_project(&home, "Second").await.word("project_id");
        let (project, user) = (app.sql(&id), app.sql(&admin.id));
        let sql = format!(
            "UPDATE project_members SET role = 'viewer' WHERE project_id = {project} AND user_id = {user}"
        );
        app.db().raw(&sql).await.unwrap();
        let path = format!("/projects/{id}");
        admin
            .patch(&path, &json!({"name": "x"}))
            .await
            .expect_detail(403, FORBIDDEN);
        admin
            .delete(&within(&path, &home))
            .await
            .expect_detail(403, FORBIDDEN);
        admin.adds_project(&home, "Third").await.expect(201);
    }
);

story!(a_project_is_made_once_for_one_key, async |app| {
    let ada = app.person("ada").await;
    let body = json!({"name": "Once"});
    let rehearsed = ada.post("/projects?dry_run=true", &body).await.expect(201);
    assert_eq!(rehearsed.json()["would_change"], json!(["project.created"]));
    assert_eq!(rehearsed.json()["user_role"], "owner");
    assert_eq!(ada.projects().await.len(), 1);
    let once = async || {
        ada.post("/projects", &body)
            .header("idempotency-key", "p-1")
            .await
    };
    let first = once().await.expect(201);
    let second = once().await.expect(201);
    assert_eq!(first.json(), second.json());
    assert_eq!(ada.projects().await.len(), 2);
});

story!(somebody_without_any_project_is_told_so, async |app| {
    let ada = app.person("ada").await;
    let home = app.sql(&ada.home().await);
    let sql = format!("DELETE FROM organizations WHERE id = {home}");
    app.db().raw(&sql).await.unwrap();
    let answer = ada
        .post("/projects", &json!({"name": "x"}))
        .await
        .expect(403);
    assert_eq!(answer.code(), "no_membership");
    assert_eq!(ada.projects().await, Vec::<Value>::new());
    assert_eq!(ada.workspaces().await, Vec::<Value>::new());
});
