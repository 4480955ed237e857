//! Which roles there are: the contract's, an operator's, an extension's.

use freehold_app::{Extension, Extensions, Settings};
use freehold_domain::RoleCatalog;
use freehold_testkit::{Client, Engine, TestApp, on_each_engine, story};
use serde_json::{Value, json};

/// One list in the place of the built-in roles, and one role changed.
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
    let roles = client.get("/workspaces/roles").await.expect(200);
    let roles = roles.json().as_array().unwrap().iter();
    roles.map(|it| it["role_name"].clone()).collect()
}

story!(the_catalogue_is_the_contracts, async |app| {
    let ada = app.person("ada").await;
    let seen = ada.get("/workspaces/roles").await;
    seen.expect_body(
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
    let listed = ada.get("/workspaces/permissions").await.expect(200);
    let all: Vec<_> = listed.json().as_array().unwrap().clone();
    let mut sorted: Vec<_> = all.iter().map(|it| it.as_str().unwrap()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((sorted.len(), json!(sorted)), (64, json!(all)));

    let catalogue = ada.get("/access/roles").await.expect(200);
    let count = |level: &str, role: &str| {
        let roles = catalogue.json()[level].as_array().unwrap().iter();
        let found = roles.clone().find(|it| it["role"] == role).unwrap();
        found["permissions"].as_array().unwrap().len()
    };
    for level in ["workspace", "project"] {
        let counts =
            ["admin", "viewer", "developer", "editor", "annotator"].map(|it| count(level, it));
        assert_eq!(counts, [59, 23, 53, 48, 32]);
        assert_eq!(catalogue.json()[level][0]["permissions"], json!(["*"]));
    }
    let marker = "Membership marker (no permissions).";
    assert_eq!(
        catalogue.json()["organization"],
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
        app.stranger().get(path).await.expect(401);
    }
});

story!(
    an_operators_roles_are_listed_and_count,
    configured,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        assert_eq!(
            names(&ada).await,
            ["owner", "admin", "viewer", "developer", "qa"]
        );
        let catalogue = ada.get("/access/roles").await.expect(200);
        for level in ["workspace", "project"] {
            let roles = &catalogue.json()[level];
            assert_eq!(roles[1]["description"], "Runs the place.");
            assert_eq!(roles[1]["permissions"].as_array().unwrap().len(), 59);
            assert_eq!(
                roles[4],
                json!({"role": "qa", "description": "Tests.", "permissions": ["view_testsets", "edit_api_keys"]})
            );
        }
        app.adds_member(&ada.home().await, &bob, ["viewer", "qa", "qa"])
            .await;
        let project = ada.projects().await[0]["project_id"].clone();
        let there = format!("?project_id={}", project.as_str().unwrap());
        bob.post_nothing(&format!("/keys{there}")).await.expect(200);
        bob.get(&format!("/keys{there}")).await.expect(403);
    }
);

story!(
    a_role_that_is_not_there_any_more_grants_nothing,
    configured,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        app.adds_member(&ada.home().await, &bob, ["viewer", "qa", "qa"])
            .await;
        let project = ada.projects().await[0]["project_id"].clone();
        let there = format!("/keys?project_id={}", project.as_str().unwrap());
        bob.post_nothing(&there).await.expect(200);
        app.restart(|settings| settings.roles = RoleCatalog::built_in())
            .await;
        bob.post_nothing(&there).await.expect(403);
        app.restart(configured).await;
        bob.post_nothing(&there).await.expect(200);
    }
);

story!(
    whoever_hands_over_takes_the_others_own_role,
    configured,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["admin", "qa", "qa"]).await;
        ada.transfers(&home, &bob.id).await.expect(200);
        let user = app.sql(&ada.id);
        let roles = format!(
            "SELECT role FROM workspace_members WHERE user_id = {user}
              UNION ALL SELECT role FROM project_members WHERE user_id = {user}"
        );
        assert_eq!(app.db().texts(&roles).await, ["qa", "qa"]);
    }
);

/// Has a catalogue of its own.
struct Roles(RoleCatalog);

impl Extension for Roles {
    fn capability(&self) -> &'static str {
        "roles"
    }

    fn roles(&self) -> Option<&RoleCatalog> {
        Some(&self.0)
    }
}

async fn of_an_extension(engine: Engine) {
    let overlay = json!({"edition": {"description": "", "permissions": ["view_events"]}});
    let roles = RoleCatalog::configured(None, Some(&overlay)).unwrap();
    let app = TestApp::start(engine, configured, Extensions::none().with(Roles(roles))).await;
    let ada = app.person("ada").await;
    let names = names(&ada).await;
    assert_eq!(names.last().unwrap(), "edition");
    assert!(!names.contains(&json!("qa")));
    app.finish().await;
}

on_each_engine!(an_extensions_catalogue_counts_instead, of_an_extension);
