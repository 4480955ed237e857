//! One entity per request: the endpoints for a user, an organization, a workspace,
//! a project, a membership, a login, an API key.

use freehold_testkit::{TestApp, scenario};
use serde_json::{Value, json};

use super::{create, graph, only_entity, shape, text};

fn user(name: &str, email: &str) -> Value {
    json!({"id": "#1", "uid": "#1", "email": email, "username": name, "name": name, "created_at": "T", "updated_at": "T"})
}

scenario!(
    user_gets_default_organization_unless_disabled,
    async |app| {
        let path = "/simple/accounts/users/";
        let request = json!({"user": {"email": "ada@x.com", "name": "Ada"}});
        let response = create(app, path, &request).await;
        assert_eq!(
            shape(&response),
            only_entity(&json!({
                "users": {"user": user("Ada", "ada@x.com")},
                "organizations": {"org": {"id": "#2", "name": "Ada's Organization", "owner_user_id": "#1", "created_at": "T", "updated_at": "T"}},
                "workspaces": {"wrk": {"id": "#3", "name": "Default", "organization_id": "#2", "created_at": "T", "updated_at": "T"}},
                "projects": {"prj": {"id": "#4", "name": "Default", "organization_id": "#2", "workspace_id": "#3", "is_default": true, "created_at": "T", "updated_at": "T"}},
                "organization_memberships": {"org_owner": {"id": "#5", "organization_id": "#2", "user_id": "#1", "role": "owner"}},
                "workspace_memberships": {"wrk_owner": {"id": "#6", "workspace_id": "#3", "user_id": "#1", "role": "owner"}},
                "project_memberships": {"prj_owner": {"id": "#7", "project_id": "#4", "user_id": "#1", "role": "owner"}},
            }))
        );

        let request = json!({
            "user": {"email": "bob@x.com", "name": "Bob"},
            "options": {"create_api_keys": true, "return_api_keys": true},
        });
        let response = create(app, path, &request).await;
        let key = &graph(&response)["api_keys"]["key"];
        assert!(text(&key["value"]).starts_with(text(&key["prefix"])));
        let lists = app
            .anonymous()
            .with_authorization(format!("ApiKey {}", text(&key["value"])));
        let lists = lists.get("/organizations").await.expect_status(200);
        assert_eq!(
            lists.json()[0]["id"],
            graph(&response)["organizations"]["org"]["id"]
        );

        let request = json!({
            "user": {"email": "cy@x.com", "name": "Cy"},
            "options": {"seed_defaults": false, "create_api_keys": true},
        });
        let response = create(app, path, &request).await;
        assert_eq!(
            shape(&response),
            only_entity(&json!({"users": {"user": user("Cy", "cy@x.com")}}))
        );
    }
);

scenario!(
    organization_gets_default_workspace_and_project,
    async |app| {
        let ada = app.sign_up("ada").await;
        let by_email = json!({"organization": {"name": "Acme", "slug": "acme"}, "owner": {"email": "Ada@acme.test"}});
        let by_ref =
            json!({"organization": {"name": "Acme", "owner_user_ref": {"email": ada.email}}});
        let by_id = json!({"organization": {"name": "Acme", "owner_user_ref": {"id": ada.id}}});
        // `owner` takes precedence.
        let by_both = json!({
            "organization": {"name": "Acme", "owner_user_ref": {"id": "nosuch"}},
            "owner": {"email": ada.email},
        });
        for request in [by_email, by_ref, by_id, by_both] {
            let response = create(app, "/simple/accounts/organizations/", &request).await;
            let mut wanted = only_entity(&json!({
                "users": {"owner": user("ada", "ada@acme.test")},
                "organizations": {"org": {"id": "#2", "name": "Acme", "slug": "acme", "owner_user_id": "#1", "created_at": "T", "updated_at": "T"}},
                "workspaces": {"wrk": {"id": "#3", "name": "Default", "organization_id": "#2", "created_at": "T", "updated_at": "T"}},
                "projects": {"prj": {"id": "#4", "name": "Default", "organization_id": "#2", "workspace_id": "#3", "is_default": true, "created_at": "T", "updated_at": "T"}},
            }));
            if request["organization"].get("slug").is_none() {
                let made = &mut wanted["accounts"][0]["organizations"]["org"];
                made.as_object_mut().unwrap().shift_remove("slug");
            }
            assert_eq!(shape(&response), wanted, "{request}");
            assert_eq!(graph(&response)["users"]["owner"]["id"], *ada.id);
            // The owner is a member on all levels, and the response contains the memberships.
            let id = text(&graph(&response)["organizations"]["org"]["id"]);
            let seen = ada
                .get(&format!("/organizations/{id}"))
                .await
                .expect_status(200);
            let workspace = &seen.json()["default_workspace"];
            assert_eq!(workspace["type"], "default");
            assert_eq!(workspace["members"][0]["roles"][0]["role_name"], "owner");
            let project = text(&graph(&response)["projects"]["prj"]["id"]);
            ada.get(&format!("/projects/{project}"))
                .await
                .expect_status(200);
        }
    }
);

/// The scope of a user's first project.
async fn scope_ids(app: &TestApp, name: &str) -> [String; 3] {
    let projects = app.sign_up(name).await.projects().await;
    ["organization_id", "workspace_id", "project_id"].map(|id| text(&projects[0][id]).to_owned())
}

scenario!(workspace_gets_a_default_project, async |app| {
    let [organization, ..] = scope_ids(app, "ada").await;
    let request = json!({"workspace": {"name": "Lab", "organization_ref": {"id": organization}}});
    let response = create(app, "/simple/accounts/workspaces/", &request).await;
    assert_eq!(
        shape(&response),
        only_entity(&json!({
            "workspaces": {"wrk": {"id": "#1", "name": "Lab", "organization_id": "#2", "created_at": "T", "updated_at": "T"}},
            "projects": {"prj": {"id": "#3", "name": "Default", "organization_id": "#2", "workspace_id": "#1", "is_default": true, "created_at": "T", "updated_at": "T"}},
        }))
    );
    // A second request creates a second entity.
    let second = create(app, "/simple/accounts/workspaces/", &request).await;
    assert_ne!(
        graph(&second)["workspaces"]["wrk"]["id"],
        graph(&response)["workspaces"]["wrk"]["id"]
    );
});

scenario!(project_is_created_in_a_workspace, async |app| {
    let [organization, workspace, first] = scope_ids(app, "ada").await;
    let mut request = json!({"project": {
        "name": "Side", "organization_ref": {"id": organization}, "workspace_ref": {"id": workspace},
    }});
    let response = create(app, "/simple/accounts/projects/", &request).await;
    let wanted = |is_default: bool| {
        only_entity(&json!({
            "projects": {"prj": {"id": "#1", "name": "Side", "organization_id": "#2", "workspace_id": "#3", "is_default": is_default, "created_at": "T", "updated_at": "T"}},
        }))
    };
    assert_eq!(shape(&response), wanted(false));
    // A new default replaces the old one.
    request["project"]["is_default"] = true.into();
    let response = create(app, "/simple/accounts/projects/", &request).await;
    assert_eq!(shape(&response), wanted(true));
    let first = app.sql_id(&first);
    let old = format!("SELECT count(*) FROM projects WHERE id = {first} AND is_default");
    assert_eq!(app.db().query_number(&old).await, 0);
});

scenario!(single_memberships_are_created, async |app| {
    let [organization, workspace, project] = scope_ids(app, "ada").await;
    let bob = app.sign_up("bob").await;
    for (path, kind, id, scope, role) in [
        (
            "organizations",
            "organization",
            &organization,
            "organization_id",
            "viewer",
        ),
        (
            "workspaces",
            "workspace",
            &workspace,
            "workspace_id",
            "editor",
        ),
        ("projects", "project", &project, "project_id", "viewer"),
    ] {
        let mut request = json!({"membership": {"user_ref": {"id": bob.id}, "role": role}});
        request["membership"][format!("{kind}_ref")] = json!({"id": id});
        let path = format!("/simple/accounts/{path}/memberships/");
        let response = create(app, &path, &request).await;
        let mut membership =
            json!({"id": graph(&response)[format!("{kind}_memberships")]["mem"]["id"]});
        membership[scope] = json!(id);
        membership["user_id"] = json!(bob.id);
        membership["role"] = role.into();
        let mut made = json!({});
        made[format!("{kind}_memberships")] = json!({"mem": membership});
        assert_eq!(response, only_entity(&made));
    }
});

scenario!(api_key_is_returned_only_on_request, async |app| {
    let ada = app.sign_up("ada").await;
    let projects = ada.projects().await;
    let project = text(&projects[0]["project_id"]);
    let path = "/simple/accounts/api-keys/";
    let key =
        json!({"project_ref": {"id": project}, "user_ref": {"email": ada.email}, "name": "ci"});
    let options = json!({"return_api_keys": true});
    let response = create(app, path, &json!({"api_key": key, "options": options})).await;
    let made = &graph(&response)["api_keys"]["key"];
    assert_eq!(
        response,
        only_entity(&json!({"api_keys": {"key": {
            "id": made["id"], "prefix": made["prefix"], "project_id": project,
            "user_id": ada.id, "value": made["value"],
        }}}))
    );
    let program = app
        .anonymous()
        .with_authorization(format!("ApiKey {}", text(&made["value"])));
    let profile = program.get("/profile").await.expect_status(200);
    assert_eq!(profile.json()["email"], *ada.email);

    let options = json!({"create_api_keys": false});
    let response = create(app, path, &json!({"api_key": key, "options": options})).await;
    let made = graph(&response)["api_keys"]["key"].as_object().unwrap();
    let members: Vec<_> = made.keys().collect();
    assert_eq!(members, ["id", "prefix", "project_id", "user_id"]);
});

scenario!(login_is_added_to_a_user, async |app| {
    app.create_account_as_operator("ada@x.com").await;
    let request = json!({
        "user_ref": {"email": "ada@x.com"},
        "user_identity": {"method": "email:password", "subject": "ada@x.com", "password": "Secret12!", "verified": true},
    });
    let path = "/simple/accounts/users/identities/";
    let response = create(app, path, &request).await;
    assert_eq!(
        shape(&response),
        only_entity(&json!({"user_identities": {"identity_0": {
            "id": "#1", "user_id": "#2", "method": "email:password", "subject": "ada@x.com",
            "email": "ada@x.com", "status": "created", "verified": true,
        }}}))
    );
    let ada = freehold_testkit::TestUser::sign_in(app.anonymous(), "ada@x.com", "Secret12!").await;
    assert_eq!(
        ada.id,
        text(&graph(&response)["user_identities"]["identity_0"]["user_id"])
    );
});
