//! Memberships and ownership: who becomes what, and what that brings with it.

use freehold_testkit::{Answer, Person, TestApp, story};
use serde_json::{Value, json};

use super::{graph, makes, posts, text};

/// Somebody's organization, workspace and project.
async fn places(owner: &Person) -> [String; 3] {
    let projects = owner.projects().await;
    ["organization_id", "workspace_id", "project_id"].map(|id| text(&projects[0][id]).to_owned())
}

async fn gives(app: &TestApp, kind: &str, place: &str, user: &Person, role: &str) -> Answer {
    let mut membership = json!({"user_ref": {"id": user.id}, "role": role});
    membership[format!("{kind}_ref")] = json!({"id": place});
    let path = format!("/simple/accounts/{kind}s/memberships/");
    posts(app, &path, &json!({"membership": membership})).await
}

/// What somebody is in the rows of a table.
async fn role(app: &TestApp, kind: &str, place: &str, user: &Person) -> Vec<String> {
    let (place, user) = (app.sql(place), app.sql(&user.id));
    let sql =
        format!("SELECT role FROM {kind}_members WHERE {kind}_id = {place} AND user_id = {user}");
    app.db().texts(&sql).await
}

story!(a_membership_has_the_role_that_was_asked_for, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let [organization, workspace, project] = places(&ada).await;
    let first = gives(app, "workspace", &workspace, &bob, "developer")
        .await
        .expect(200);
    let first = graph(first.json())["workspace_memberships"]["mem"].clone();
    assert_eq!(
        role(app, "workspace", &workspace, &bob).await,
        ["developer"]
    );
    // The rows above and below are there as well.
    assert_eq!(
        role(app, "organization", &organization, &bob).await,
        ["viewer"]
    );
    assert_eq!(role(app, "project", &project, &bob).await, ["developer"]);
    // Asked again, it is the same membership with another role.
    let again = gives(app, "workspace", &workspace, &bob, "editor")
        .await
        .expect(200);
    let again = graph(again.json())["workspace_memberships"]["mem"].clone();
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["role"], "editor");
    assert_eq!(role(app, "workspace", &workspace, &bob).await, ["editor"]);
});

story!(
    a_membership_of_a_project_makes_the_rows_above,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let [organization, workspace, project] = places(&ada).await;
        gives(app, "project", &project, &bob, "editor")
            .await
            .expect(200);
        assert_eq!(role(app, "project", &project, &bob).await, ["editor"]);
        assert_eq!(role(app, "workspace", &workspace, &bob).await, ["viewer"]);
        assert_eq!(
            role(app, "organization", &organization, &bob).await,
            ["viewer"]
        );
        let path = format!("/projects/{project}");
        bob.get(&path).await.expect(200);
    }
);

story!(an_organization_has_one_owner, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let [organization, workspace, project] = places(&ada).await;
    // Nobody becomes the owner by a membership, and the owner becomes nothing else.
    for (kind, place) in [
        ("organization", &organization),
        ("workspace", &workspace),
        ("project", &project),
    ] {
        let answer = gives(app, kind, place, &bob, "owner").await.expect(409);
        assert_eq!(answer.code(), "accounts_conflict");
        assert!(role(app, kind, place, &bob).await.is_empty());
    }
    let answer = gives(app, "organization", &organization, &ada, "viewer")
        .await
        .expect(409);
    assert_eq!(answer.code(), "accounts_conflict");
    assert_eq!(
        role(app, "organization", &organization, &ada).await,
        ["owner"]
    );
    // Who owns it may be told so.
    gives(app, "organization", &organization, &ada, "owner")
        .await
        .expect(200);
    let id = app.sql(&organization);
    let (owner, sql) = (
        app.sql(&ada.id),
        format!("SELECT count(*) FROM organizations WHERE id = {id} AND owner_id ="),
    );
    assert_eq!(app.db().number(&format!("{sql} {owner}")).await, 1);
});

story!(
    an_owner_is_in_everything_without_being_asked_for,
    async |app| {
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
        let answer = makes(app, "/accounts/", &request).await;
        let made = graph(&answer);
        // Nobody asked for these, so nobody is told.
        assert_eq!(made["organization_memberships"], json!({}));
        // The first project is the default, whatever is left unsaid.
        assert_eq!(made["projects"]["p"]["is_default"], true);
        assert_eq!(made["projects"]["q"]["is_default"], false);

        let ada = Person::sign_in(app.stranger(), "ada@x.com", "Secret12!").await;
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
        // A workspace lets into all its projects; what is said of one comes before.
        let id = text(&made["users"]["v"]["id"]);
        let roles = |name: &str| {
            let project = app.sql(text(&made["projects"][name]["id"]));
            let user = app.sql(id);
            format!(
                "SELECT role FROM project_members WHERE project_id = {project} AND user_id = {user}"
            )
        };
        assert_eq!(app.db().texts(&roles("p")).await, ["editor"]);
        assert_eq!(app.db().texts(&roles("q")).await, ["viewer"]);
    }
);

story!(an_existing_person_is_who_is_meant_in_a_graph, async |app| {
    let ada = app.person("ada").await;
    let request = json!({
        "users": {"u": {"email": "ADA@acme.test", "name": "Somebody else"}},
        "organizations": {"o": {"name": "O"}},
            "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
            "projects": {"p": {"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
    });
    let answer = makes(app, "/accounts/", &request).await;
    let user = &graph(&answer)["users"]["u"];
    assert_eq!((text(&user["id"]), text(&user["name"])), (&*ada.id, "ada"));
    let organizations = ada.organizations().await;
    let names: Vec<_> = organizations.iter().map(|it| text(&it["name"])).collect();
    assert!(names.contains(&"O"), "{names:?}");
});

story!(a_workspace_has_one_default_project, async |app| {
    let project = json!({"name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}, "is_default": true});
    let request = json!({
        "users": {"u": {"email": "ada@x.com"}},
        "organizations": {"o": {"name": "O"}},
        "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
        "projects": {"p": project, "q": project},
    });
    let answer = posts(app, "/accounts/", &request).await;
    assert!([400, 409].contains(&answer.status()), "{answer}");
    assert_eq!(app.db().number("SELECT count(*) FROM users").await, 0);
});

story!(a_new_organization_has_all_its_flags, async |app| {
    let account = json!({"accounts": {"a": {"user": {"email": "ada@x.com"}}}});
    makes(app, "/simple/accounts/", &account).await;
    let ada = app.person("bob").await;
    let own = ada.organizations().await[0]["flags"].clone();
    let flags = app.db().texts(match app.db().engine() {
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
