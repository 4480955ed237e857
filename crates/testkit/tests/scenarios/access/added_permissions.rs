//! Permissions that a deployer declares or an extension has: who has them, and
//! where they are listed.

use freehold_app::{Extension, Extensions, ServiceKey, Settings};
use freehold_domain::{PermissionCatalog, PermissionDeclaration, RoleCatalog};
use freehold_testkit::{Client, Engine, TestApp, TestUser, on_each_engine, scenario};
use serde_json::{Value, json};

/// Declares two permissions; the role `clerk` has one of them.
fn with_invoices(settings: &mut Settings) {
    let declared = json!([
        {"permission": "view_invoices"},
        {"permission": "edit_invoices", "description": "Create and change invoices."},
    ]);
    let permissions = PermissionCatalog::built_in()
        .with_declared(&declared)
        .unwrap();
    settings.roles = configure_clerk(&RoleCatalog::over(permissions), "edit_invoices");
    settings.service_key = ServiceKey::derive_from_admin_key("an admin key that is long enough");
}

fn configure_clerk(roles: &RoleCatalog, permission: &str) -> RoleCatalog {
    let overlay = json!({"clerk": {"description": "", "permissions": [permission, "view_spans"]}});
    roles.clone().configure(None, Some(&overlay)).unwrap()
}

/// Signs up a member of Ada's organization for each role.
async fn members<const N: usize>(
    app: &TestApp,
    ada: &TestUser,
    roles: [&'static str; N],
) -> [TestUser; N] {
    let organization = ada.only_organization_id().await;
    let mut members = Vec::new();
    for role in roles {
        let member = app.sign_up(&format!("a-{role}")).await;
        app.insert_member(&organization, &member, ["viewer", role, role])
            .await;
        members.push(member);
    }
    members.try_into().unwrap()
}

/// Checks a permission in a project; returns the status and the response.
async fn check(who: &Client, project: &str, action: &str) -> (u16, Value) {
    let path = format!(
        "/access/permissions/check?action={action}&resource_type=service&project_id={project}"
    );
    let response = who.get(&path).await;
    (response.status(), response.json().clone())
}

scenario!(
    a_declared_permission_is_checked_like_a_built_in_one,
    with_invoices,
    async |app| {
        let ada = app.sign_up("ada").await;
        let project = ada.default_scope().await.project;
        let [clerk, admin, viewer] = members(app, &ada, ["clerk", "admin", "viewer"]).await;
        for (who, view, edit) in [
            (&ada, 200, 200),
            (&admin, 200, 200),
            (&clerk, 403, 200),
            (&viewer, 403, 403),
        ] {
            for (action, status) in [("view_invoices", view), ("edit_invoices", edit)] {
                let (actual, body) = check(who, &project, action).await;
                assert_eq!(actual, status, "{} {action}: {body}", who.email);
                if status == 403 {
                    assert_eq!(body["code"], "not_permitted");
                }
            }
        }
        // A misspelled name is not a plain refusal.
        for (action, suggestion) in [
            ("edit_invoice", "did you mean edit_invoices?"),
            ("vew_invoices", "did you mean view_invoices?"),
            ("view_testset", "did you mean view_testsets?"),
        ] {
            let (status, body) = check(&clerk, &project, action).await;
            assert_eq!((status, &body["code"]), (403, &json!("unknown_permission")));
            let reason = body["reason"].as_str().unwrap();
            assert!(reason.ends_with(suggestion), "{action}: {reason}");
        }
        // Operators can ask why.
        for (who, allowed) in [(&clerk, true), (&viewer, false)] {
            let path = format!(
                "/admin/explain?user={}&action=edit_invoices&on={project}",
                who.id
            );
            let explained = app.operator().get(&path).await.expect_status(200);
            assert_eq!(explained.json()["allowed"], allowed, "{explained}");
            assert_eq!(explained.json()["action"], "edit_invoices");
        }
        let path = format!(
            "/admin/explain?user={}&action=edit_invoice&on={project}",
            ada.id
        );
        let unknown = app.operator().get(&path).await.expect_status(422);
        assert!(unknown.text().contains("must be one of"), "{unknown}");
        // Without the declaration, it grants nothing and does not exist.
        app.restart(|settings| settings.roles = RoleCatalog::built_in())
            .await;
        let (status, body) = check(&ada, &project, "edit_invoices").await;
        assert_eq!((status, &body["code"]), (403, &json!("unknown_permission")));
        app.restart(with_invoices).await;
        let (status, _) = check(&clerk, &project, "edit_invoices").await;
        assert_eq!(status, 200);
    }
);

scenario!(
    declared_permissions_are_listed_after_the_built_in_ones,
    with_invoices,
    async |app| {
        let ada = app.sign_up("ada").await;
        let names = ada.get("/workspaces/permissions").await.expect_status(200);
        let names = names.json().as_array().unwrap().clone();
        assert_eq!(names.len(), 66);
        assert_eq!(
            names[64..],
            [json!("edit_invoices"), json!("view_invoices")]
        );
        assert_eq!(names[0], "add_new_user_to_organization");

        let described = ada.get("/access/permissions").await.expect_status(200);
        let described = described.json().as_array().unwrap().clone();
        let built_in =
            json!({"permission": "view_applications", "description": "", "built_in": true});
        assert_eq!(described[0], built_in);
        assert_eq!(
            described[64..],
            [
                json!({"permission": "view_invoices", "description": "", "built_in": false}),
                json!({"permission": "edit_invoices", "description": "Create and change invoices.",
                       "built_in": false}),
            ]
        );

        let roles = ada.get("/access/roles").await.expect_status(200);
        for level in ["workspace", "project"] {
            let roles = roles.json()[level].as_array().unwrap().clone();
            assert_eq!(roles[0]["permissions"], json!(["*"]));
            let admin = roles[1]["permissions"].as_array().unwrap();
            assert_eq!(
                admin[59..],
                [json!("view_invoices"), json!("edit_invoices")]
            );
            let clerk = roles.last().unwrap();
            assert_eq!(clerk["permissions"], json!(["edit_invoices", "view_spans"]));
        }
    }
);

scenario!(
    rank_counts_declared_permissions,
    |settings| {
        with_invoices(settings);
        let manage = ["modify_user_roles", "view_spans"];
        let overlay = json!({
            "guest": {"description": "", "permissions": ["view_spans"]},
            "lead": {"description": "", "permissions": manage},
            "head": {"description": "", "permissions": [manage[0], manage[1], "edit_invoices"]},
        });
        let roles = settings.roles.clone();
        settings.roles = roles.configure(None, Some(&overlay)).unwrap();
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let [lead, head, admin, viewer, guest] =
            members(app, &ada, ["lead", "head", "admin", "viewer", "guest"]).await;
        let path = format!("/workspaces/{}/roles?dry_run=true", scope.workspace);
        let assign = |role: &str| json!({"email": guest.email, "role": role, "organization_id": scope.organization});
        for (who, status) in [
            (&lead, 403),
            (&head, 200),
            (&admin, 200),
            (&ada, 200),
            (&viewer, 403),
        ] {
            let response = who.post(&path, &assign("clerk")).await;
            assert_eq!(response.status(), status, "{}: {response}", who.email);
        }
        // Nor may a member assign a role with the same permissions as their own.
        for (who, status) in [(&lead, 403), (&head, 403), (&admin, 200)] {
            let response = who.post(&path, &assign("head")).await;
            assert_eq!(response.status(), status, "{}: {response}", who.email);
        }
    }
);

/// An extension with a permission and a role that has it.
struct Plans;

impl Extension for Plans {
    fn capability(&self) -> &'static str {
        "plans"
    }

    fn permissions(&self) -> Vec<PermissionDeclaration> {
        vec![PermissionDeclaration::new("edit_plans", "Change the plan.")]
    }

    fn roles(&self, configured: &RoleCatalog) -> Option<RoleCatalog> {
        Some(configure_clerk(configured, "edit_plans"))
    }
}

async fn checks_extension_permission(engine: Engine) {
    let key = |settings: &mut Settings| {
        settings.service_key = ServiceKey::derive_from_admin_key("an admin key, long enough");
    };
    let app = TestApp::start(engine, key, Extensions::none().with(Plans)).await;
    let ada = app.sign_up("ada").await;
    let project = ada.default_scope().await.project;
    let [clerk, viewer] = members(&app, &ada, ["clerk", "viewer"]).await;
    for (who, status) in [(&ada, 200), (&clerk, 200), (&viewer, 403)] {
        let (actual, body) = check(who, &project, "edit_plans").await;
        assert_eq!(actual, status, "{}: {body}", who.email);
    }
    app.finish().await;
}

on_each_engine!(
    a_permission_of_an_extension_is_checked,
    checks_extension_permission
);
