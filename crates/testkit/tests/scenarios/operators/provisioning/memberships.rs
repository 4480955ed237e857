//! Memberships and ownership: the resulting roles, and the memberships they imply.

use freehold_testkit::{Response, TestApp, TestUser, scenario};
use serde_json::{Value, json};

use super::{create, graph, post_as_operator, text};

/// A user's organization, workspace and project.
async fn scope_ids(owner: &TestUser) -> [String; 3] {
    let projects = owner.projects().await;
    ["organization_id", "workspace_id", "project_id"].map(|id| text(&projects[0][id]).to_owned())
}

async fn add_membership(
    app: &TestApp,
    kind: &str,
    scope: &str,
    user: &TestUser,
    role: &str,
) -> Response {
    let mut membership = json!({"user_ref": {"id": user.id}, "role": role});
    membership[format!("{kind}_ref")] = json!({"id": scope});
    let path = format!("/simple/accounts/{kind}s/memberships/");
    post_as_operator(app, &path, &json!({"membership": membership})).await
}

/// The roles of a user in a table.
async fn role(app: &TestApp, kind: &str, scope: &str, user: &TestUser) -> Vec<String> {
    let (scope, user) = (app.sql_id(scope), app.sql_id(&user.id));
    let sql =
        format!("SELECT role FROM {kind}_members WHERE {kind}_id = {scope} AND user_id = {user}");
    app.db().query_texts(&sql).await
}

scenario!(membership_has_the_requested_role, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let [organization, workspace, project] = scope_ids(&ada).await;
    let first = add_membership(app, "workspace", &workspace, &bob, "developer")
        .await
        .expect_status(200);
    let first = graph(first.json())["workspace_memberships"]["mem"].clone();
    assert_eq!(
        role(app, "workspace", &workspace, &bob).await,
        ["developer"]
    );
    // The row above has no role; the memberships below have this one.
    assert_eq!(
        role(app, "organization", &organization, &bob).await,
        ["none"]
    );
    assert_eq!(role(app, "project", &project, &bob).await, ["developer"]);
    // A second request changes the role of the same membership.
    let again = add_membership(app, "workspace", &workspace, &bob, "editor")
        .await
        .expect_status(200);
    let again = graph(again.json())["workspace_memberships"]["mem"].clone();
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["role"], "editor");
    assert_eq!(role(app, "workspace", &workspace, &bob).await, ["editor"]);
});

scenario!(
    project_membership_creates_rows_above_without_a_role,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let [organization, workspace, project] = scope_ids(&ada).await;
        add_membership(app, "project", &project, &bob, "editor")
            .await
            .expect_status(200);
        assert_eq!(role(app, "project", &project, &bob).await, ["editor"]);
        assert_eq!(role(app, "workspace", &workspace, &bob).await, ["none"]);
        assert_eq!(
            role(app, "organization", &organization, &bob).await,
            ["none"]
        );
        let path = format!("/projects/{project}");
        bob.get(&path).await.expect_status(200);
    }
);

scenario!(an_organization_has_one_owner, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let [organization, workspace, project] = scope_ids(&ada).await;
    // A membership makes no user the owner, and the owner keeps their role.
    for (kind, scope) in [
        ("organization", &organization),
        ("workspace", &workspace),
        ("project", &project),
    ] {
        let response = add_membership(app, kind, scope, &bob, "owner")
            .await
            .expect_status(409);
        assert_eq!(response.code(), "accounts_conflict");
        assert!(role(app, kind, scope, &bob).await.is_empty());
    }
    let response = add_membership(app, "organization", &organization, &ada, "viewer")
        .await
        .expect_status(409);
    assert_eq!(response.code(), "accounts_conflict");
    assert_eq!(
        role(app, "organization", &organization, &ada).await,
        ["owner"]
    );
    // A membership of the owner may name the role owner.
    add_membership(app, "organization", &organization, &ada, "owner")
        .await
        .expect_status(200);
    let id = app.sql_id(&organization);
    let (owner, sql) = (
        app.sql_id(&ada.id),
        format!("SELECT count(*) FROM organizations WHERE id = {id} AND owner_id ="),
    );
    assert_eq!(app.db().query_number(&format!("{sql} {owner}")).await, 1);
});

scenario!(owner_is_member_of_everything, async |app| {
    let request = json!({
        "users": {"u": {"email": "ada@x.com"}, "v": {"email": "bob@x.com"}},
        "user_identities": {"i": {"user_ref": {"ref": "u"}, "method": "email:password", "subject": "ada@x.com", "password": "Secret12!"}},
        "options": {"create_identities": true, "seed_defaults": false},
        "organizations": {"o": {"name": "O"}},
        "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
        "projects": {
            "p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}},
            "q": {"name": "Q", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}},
        },
        "workspace_memberships": {"m": {"workspace_ref": {"ref": "w"}, "user_ref": {"ref": "v"}, "role": "editor"}},
        "project_memberships": {"n": {"project_ref": {"ref": "q"}, "user_ref": {"ref": "v"}, "role": "viewer"}},
    });
    let response = create(app, "/accounts/", &request).await;
    let made = graph(&response);
    // These were not requested, so they are not returned.
    assert_eq!(made["organization_memberships"], json!({}));
    // The first project is the default, unless the request says otherwise.
    assert_eq!(made["projects"]["p"]["is_default"], true);
    assert_eq!(made["projects"]["q"]["is_default"], false);

    let ada = TestUser::sign_in(app.anonymous(), "ada@x.com", "Secret12!").await;
    assert_eq!(made["organizations"]["o"]["owner_user_id"], *ada.id);
    assert_eq!(ada.projects().await.len(), 2);
    for (kind, name) in [
        ("organization", "o"),
        ("workspace", "w"),
        ("project", "p"),
        ("project", "q"),
    ] {
        let id = text(&made[format!("{kind}s")][name]["id"]);
        assert_eq!(role(app, kind, id, &ada).await, ["owner"], "{kind} {name}");
    }
    // A workspace membership implies all its projects; an explicit project role takes precedence.
    let id = text(&made["users"]["v"]["id"]);
    let roles = |name: &str| {
        let project = app.sql_id(text(&made["projects"][name]["id"]));
        let user = app.sql_id(id);
        format!(
            "SELECT role FROM project_members WHERE project_id = {project} AND user_id = {user}"
        )
    };
    assert_eq!(app.db().query_texts(&roles("p")).await, ["editor"]);
    assert_eq!(app.db().query_texts(&roles("q")).await, ["viewer"]);
});

scenario!(graph_reuses_an_existing_user, async |app| {
    let ada = app.sign_up("ada").await;
    let request = json!({
        "users": {"u": {"email": "ADA@acme.test", "name": "Another name"}},
        "organizations": {"o": {"name": "O"}},
            "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
            "projects": {"p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
    });
    let response = create(app, "/accounts/", &request).await;
    let user = &graph(&response)["users"]["u"];
    assert_eq!((text(&user["id"]), text(&user["name"])), (&*ada.id, "ada"));
    let organizations = ada.organizations().await;
    let names: Vec<_> = organizations.iter().map(|it| text(&it["name"])).collect();
    assert!(names.contains(&"O"), "{names:?}");
});

scenario!(a_workspace_has_one_default_project, async |app| {
    let project = json!({"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}, "is_default": true});
    let request = json!({
        "users": {"u": {"email": "ada@x.com"}},
        "organizations": {"o": {"name": "O"}},
        "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
        "projects": {"p": project, "q": project},
    });
    let response = post_as_operator(app, "/accounts/", &request).await;
    assert!([400, 409].contains(&response.status()), "{response}");
    assert_eq!(app.db().query_number("SELECT count(*) FROM users").await, 0);
});

scenario!(a_new_organization_has_all_its_flags, async |app| {
    let account = json!({"accounts": {"a": {"user": {"email": "ada@x.com"}}}});
    create(app, "/simple/accounts/", &account).await;
    let ada = app.sign_up("bob").await;
    let own = ada.organizations().await[0]["flags"].clone();
    let flags = app.db().query_texts(match app.db().engine() {
        freehold_testkit::Engine::Sqlite => "SELECT flags FROM organizations",
        freehold_testkit::Engine::Postgres => "SELECT flags::text FROM organizations",
    });
    let flags: Vec<Value> = flags
        .await
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(flags.len(), 2);
    let names = |flags: &Value| -> Vec<String> {
        let mut names: Vec<_> = flags.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert!(
        flags.iter().all(|flags| names(flags) == names(&own)),
        "{flags:?}"
    );
});
