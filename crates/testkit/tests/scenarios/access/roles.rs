//! The role catalogs: the built-in one, a configured one, and an extension's.

use freehold_app::{Extension, Extensions, Settings};
use freehold_domain::RoleCatalog;
use freehold_testkit::{Client, Engine, TestApp, on_each_engine, scenario};
use serde_json::{Value, json};

/// Configures a list that replaces the built-in project roles, and two changed
/// roles.
fn configured(settings: &mut Settings) {
    let lists = json!({"project": [
        {"role": "qa", "description": "Tests.", "permissions": ["view_testsets", "edit_api_keys"]},
    ]});
    let overlay = json!({
        "admin": {"description": "Runs the place."},
        "developer": {"description": "Ships.", "permissions": ["view_testsets"]},
    });
    settings.roles = RoleCatalog::configured(Some(&lists), Some(&overlay)).unwrap();
}

async fn names(client: &Client) -> Vec<Value> {
    let roles = client.get("/workspaces/roles").await.expect_status(200);
    let roles = roles.json().as_array().unwrap().iter();
    roles.map(|role| role["role_name"].clone()).collect()
}

scenario!(built_in_catalog_matches_the_reference, async |app| {
    let ada = app.sign_up("ada").await;
    let roles = ada.get("/workspaces/roles").await;
    roles.expect_body(
        200,
        &json!([
            {"role_name": "owner", "role_description": "Full access (wildcard permissions)."},
            {"role_name": "admin", "role_description": "Can manage workspace settings and members but cannot delete the workspace."},
            {"role_name": "viewer", "role_description": "Can view the workspace content but cannot make changes."},
            {"role_name": "developer", "role_description": "Can deploy, export, and manage API keys and environments."},
            {"role_name": "editor", "role_description": "Can edit prompts, testsets, evaluators, and workflows."},
            {"role_name": "annotator", "role_description": "Can run evaluations and annotate traces."},
        ]),
    );
    let listed = ada.get("/workspaces/permissions").await.expect_status(200);
    let all: Vec<_> = listed.json().as_array().unwrap().clone();
    let mut sorted: Vec<_> = all.iter().map(|name| name.as_str().unwrap()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((sorted.len(), json!(sorted)), (64, json!(all)));

    let catalog = ada.get("/access/roles").await.expect_status(200);
    let count = |level: &str, role: &str| {
        let roles = catalog.json()[level].as_array().unwrap().iter();
        let entry = roles.clone().find(|entry| entry["role"] == role).unwrap();
        entry["permissions"].as_array().unwrap().len()
    };
    for level in ["workspace", "project"] {
        let counts =
            ["admin", "viewer", "developer", "editor", "annotator"].map(|role| count(level, role));
        assert_eq!(counts, [59, 23, 53, 48, 32]);
        assert_eq!(catalog.json()[level][0]["permissions"], json!(["*"]));
    }
    let marker = "Membership marker (no permissions).";
    assert_eq!(
        catalog.json()["organization"],
        json!([
            {"role": "owner", "description": "Full access (wildcard permissions).", "permissions": ["*"]},
            {"role": "admin", "description": marker, "permissions": []},
            {"role": "viewer", "description": marker, "permissions": []},
        ])
    );
    for path in [
        "/workspaces/roles",
        "/workspaces/permissions",
        "/access/roles",
    ] {
        app.anonymous().get(path).await.expect_status(401);
    }
});

scenario!(
    configured_roles_are_listed_and_enforced,
    configured,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        assert_eq!(
            names(&ada).await,
            ["owner", "admin", "viewer", "developer", "qa"]
        );
        let catalog = ada.get("/access/roles").await.expect_status(200);
        for level in ["workspace", "project"] {
            let roles = &catalog.json()[level];
            assert_eq!(roles[1]["description"], "Runs the place.");
            assert_eq!(roles[1]["permissions"].as_array().unwrap().len(), 59);
            assert_eq!(
                roles[4],
                json!({"role": "qa", "description": "Tests.", "permissions": ["view_testsets", "edit_api_keys"]})
            );
        }
        app.insert_member(
            &ada.only_organization_id().await,
            &bob,
            ["viewer", "qa", "qa"],
        )
        .await;
        let project = ada.projects().await[0]["project_id"].clone();
        let there = format!("?project_id={}", project.as_str().unwrap());
        bob.post_empty(&format!("/keys{there}"))
            .await
            .expect_status(200);
        bob.get(&format!("/keys{there}")).await.expect_status(403);
    }
);

scenario!(removed_role_grants_nothing, configured, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(
        &ada.only_organization_id().await,
        &bob,
        ["viewer", "qa", "qa"],
    )
    .await;
    let project = ada.projects().await[0]["project_id"].clone();
    let there = format!("/keys?project_id={}", project.as_str().unwrap());
    bob.post_empty(&there).await.expect_status(200);
    app.restart(|settings| settings.roles = RoleCatalog::built_in())
        .await;
    bob.post_empty(&there).await.expect_status(403);
    app.restart(configured).await;
    bob.post_empty(&there).await.expect_status(200);
});

scenario!(
    former_owner_gets_the_new_owners_old_role,
    configured,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let home = ada.only_organization_id().await;
        app.insert_member(&home, &bob, ["admin", "qa", "qa"]).await;
        ada.transfer_organization(&home, &bob.id)
            .await
            .expect_status(200);
        let user = app.sql_id(&ada.id);
        let roles = format!(
            "SELECT role FROM workspace_members WHERE user_id = {user}
              UNION ALL SELECT role FROM project_members WHERE user_id = {user}"
        );
        assert_eq!(app.db().query_texts(&roles).await, ["qa", "qa"]);
    }
);

/// An extension with a role catalog of its own.
struct RolesExtension(RoleCatalog);

impl Extension for RolesExtension {
    fn capability(&self) -> &'static str {
        "roles"
    }

    fn roles(&self, _: &RoleCatalog) -> Option<RoleCatalog> {
        Some(self.0.clone())
    }
}

async fn uses_extension_catalog(engine: Engine) {
    let overlay = json!({"edition": {"description": "", "permissions": ["view_events"]}});
    let roles = RoleCatalog::configured(None, Some(&overlay)).unwrap();
    let app = TestApp::start(
        engine,
        configured,
        Extensions::none().with(RolesExtension(roles)),
    )
    .await;
    let ada = app.sign_up("ada").await;
    let names = names(&ada).await;
    assert_eq!(names.last().unwrap(), "edition");
    assert!(!names.contains(&json!("qa")));
    app.finish().await;
}

on_each_engine!(
    extension_catalog_replaces_the_configured_one,
    uses_extension_catalog
);
