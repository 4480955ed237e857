//! Roles of the members of a workspace: who assigns which role to whom. Removal is
//! in `remove`.

use freehold_testkit::{TestScope, TestUser, scenario};
use serde_json::json;

use super::{add_member, last_event_details, member_roles};

const NO_PERMISSION: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
const WRONG_WORKSPACE: &str = "Workspace does not belong to the organization.";
const INVALID: &str = "Workspace role is invalid.";
const USER_NOT_FOUND: &str = "User not found.";
const NO_MEMBER: &str = "User is not a member of the workspace.";
const BAD_UUID: &str = "badly formed hexadecimal UUID string";
const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

scenario!(
    role_applies_to_the_workspace_and_its_projects,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let bob = add_member(app, &home, "bob", "viewer").await;
        let second = ada
            .create_project(&home, "Second")
            .await
            .text_field("project_id");
        let key = async |path: &str| bob.post_empty(path).await;
        key(&format!("/keys?project_id={second}"))
            .await
            .expect_status(403);
        let given = ada.assign_role(&home, "  BOB@Acme.test", "developer").await;
        given.expect_body(200, &json!(true));
        assert_eq!(member_roles(app, &home, &bob).await, ["developer"; 3]);
        assert_eq!(
            last_event_details(app, "member.role_changed").await,
            json!({"workspace": home.workspace, "from": "viewer", "to": "developer"})
        );
        // The role changes at once, for open sessions and for keys.
        key(&format!("/keys?project_id={second}"))
            .await
            .expect_status(200);
        let program = bob
            .create_api_key_at(&format!("/keys?project_id={second}"))
            .await;
        program.get("/keys").await.expect_status(200);
        // A role that they do not have cannot be unassigned.
        for role in ["admin", "viewer"] {
            ada.unassign_role(&home, &bob.email, role)
                .await
                .expect_body(200, &json!(true));
            assert_eq!(member_roles(app, &home, &bob).await, ["developer"; 3]);
        }
        ada.unassign_role(&home, &bob.email, "developer")
            .await
            .expect_body(200, &json!(true));
        assert_eq!(member_roles(app, &home, &bob).await, ["viewer"; 3]);
        program.get("/keys").await.expect_status(403);
        key("/keys").await.expect_status(200); // At home he is the owner.
        ada.assign_role(&home, &bob.email, "admin")
            .await
            .expect_status(200);
        assert_eq!(member_roles(app, &home, &bob).await, ["admin"; 3]);
        let shown = ada.default_workspace_members(&home.organization).await;
        assert_eq!(shown[1]["roles"][0]["role_name"], "admin");
    }
);

scenario!(assign_refusals_have_the_documented_order, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = add_member(app, &home, "bob", "editor").await;
    let eve = app.sign_up("eve").await;
    let foreign = eve.default_scope().await;
    let mixed = |workspace: &str| TestScope {
        workspace: workspace.to_owned(),
        ..home.clone()
    };
    let both = async |who: &TestUser, scope: &TestScope, email: &str, role: &str| {
        let given = who.assign_role(scope, email, role).await;
        let taken = who.unassign_role(scope, email, role).await;
        assert_eq!(given.status(), taken.status(), "{given}\n{taken}");
        assert_eq!(given.detail(), taken.detail(), "{given}\n{taken}");
        given
    };
    // 1: before everything else, also with an unknown role.
    for who in [&ada, &bob] {
        for workspace in [foreign.workspace.as_str(), UNKNOWN_ID] {
            let response = both(who, &mixed(workspace), "nobody@acme.test", "boss").await;
            response.expect_detail(400, WRONG_WORKSPACE);
        }
    }
    // 2: before the role is checked. Callers outside of the organization get the same
    // response for existing and unknown scopes.
    for role in ["boss", "viewer"] {
        for email in [&ada.email, &bob.email, "nobody@acme.test"] {
            both(&bob, &home, email, role)
                .await
                .expect_detail(403, NO_PERMISSION);
            for workspace in [home.workspace.as_str(), UNKNOWN_ID] {
                let response = both(&eve, &mixed(workspace), email, role).await;
                response.expect_detail(403, NO_PERMISSION);
            }
        }
    }
    // 3: before the member is looked up.
    for role in ["boss", "Editor"] {
        both(&ada, &home, "nobody@acme.test", role)
            .await
            .expect_detail(400, INVALID);
    }
    for role in ["", "owner"] {
        ada.assign_role(&home, &bob.email, role)
            .await
            .expect_detail(400, INVALID);
    }
    // 4, 5, 6.
    let owner = both(&ada, &home, &ada.email, "admin").await;
    owner.expect_detail(403, json!({"message": NO_PERMISSION}));
    both(&ada, &home, "nobody@acme.test", "admin")
        .await
        .expect_detail(404, USER_NOT_FOUND);
    both(&ada, &home, &eve.email, "admin")
        .await
        .expect_detail(404, NO_MEMBER);
    assert_eq!(member_roles(app, &home, &bob).await, ["editor"; 2]);
});

scenario!(malformed_fields_are_named, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let nonsense = TestScope {
        workspace: "nonsense".to_owned(),
        ..home.clone()
    };
    ada.assign_role(&nonsense, "bob@acme.test", "editor")
        .await
        .expect_detail(400, BAD_UUID);
    ada.remove_member(&nonsense, "bob@acme.test")
        .await
        .expect_detail(400, BAD_UUID);
    let path = format!("/workspaces/{}/roles", home.workspace);
    let body = json!({"email": "bob", "organization_id": "x"});
    let response = ada.post(&path, &body).await.expect_status(422);
    let locations: Vec<_> = response
        .detail()
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        locations,
        [
            json!(["body", "email"]),
            json!(["body", "organization_id"]),
            json!(["body", "role"])
        ]
    );
    let response = ada
        .delete(&format!("{path}?email=bob&organization_id=x"))
        .await
        .expect_status(422);
    let locations: Vec<_> = response
        .detail()
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        locations,
        [
            json!(["query", "email"]),
            json!(["query", "organization_id"]),
            json!(["query", "role"])
        ]
    );
    for query in ["", "?email=bob", "?email="] {
        let path = format!("/workspaces/{}/users{query}", home.workspace);
        let response = ada.delete(&path).await.expect_status(422);
        assert_eq!(response.detail()[0]["loc"], json!(["query", "email"]));
    }
});

/// From the lowest to the highest; no user can assign the last one.
const ROLES_BY_RANK: [&str; 6] = [
    "viewer",
    "annotator",
    "editor",
    "developer",
    "admin",
    "owner",
];

scenario!(members_may_only_act_on_lower_ranks, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let mut members = Vec::new();
    for role in &ROLES_BY_RANK[..5] {
        members.push(add_member(app, &home, role, role).await);
    }
    let rung = |role: &str| ROLES_BY_RANK.iter().position(|it| *it == role).unwrap();
    let other = add_member(app, &home, "other", "viewer").await;
    // The owner assigns each role to the other; then each member tries each role.
    for on in &ROLES_BY_RANK[..5] {
        for (giver, own) in members.iter().zip(ROLES_BY_RANK).chain([(&ada, "owner")]) {
            for role in ROLES_BY_RANK {
                ada.assign_role(&home, &other.email, on)
                    .await
                    .expect_status(200);
                let may =
                    rung(own) >= rung("admin") && rung(on) < rung(own) && rung(role) < rung(own);
                let response = giver.assign_role(&home, &other.email, role).await;
                let expected = match () {
                    () if may => 200,
                    () if role == "owner" && rung(own) >= rung("admin") => 400,
                    () => 403,
                };
                assert_eq!(response.status(), expected, "{own} {on} {role}: {response}");
                let now = if may { role } else { on };
                assert_eq!(member_roles(app, &home, &other).await, [now; 2]);
            }
            // Unassigning needs the same rank.
            ada.assign_role(&home, &other.email, on)
                .await
                .expect_status(200);
            let may = rung(own) >= rung("admin") && rung(on) < rung(own);
            let response = giver.unassign_role(&home, &other.email, on).await;
            assert_eq!(response.status() == 200, may, "{own} {on}: {response}");
        }
    }
    // No member can raise or lower their own role.
    for (who, own) in members.iter().zip(ROLES_BY_RANK) {
        for role in &ROLES_BY_RANK[..5] {
            let response = who.assign_role(&home, &who.email, role).await;
            response.expect_detail(403, NO_PERMISSION);
        }
        assert_eq!(member_roles(app, &home, who).await, [own; 2]);
    }
});

scenario!(
    owner_role_without_ownership_ranks_below_the_owner,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let former = add_member(app, &home, "former", "owner").await;
        let admin = add_member(app, &home, "admin", "admin").await;
        admin
            .assign_role(&home, &former.email, "viewer")
            .await
            .expect_detail(403, NO_PERMISSION);
        admin
            .remove_member(&home, &former.email)
            .await
            .expect_detail(403, NO_PERMISSION);
        former
            .assign_role(&home, &admin.email, "viewer")
            .await
            .expect_status(200);
        let response = former.remove_member(&home, &ada.email).await;
        response.expect_detail(403, json!({"message": NO_PERMISSION}));
        ada.unassign_role(&home, &former.email, "owner")
            .await
            .expect_status(200);
        assert_eq!(member_roles(app, &home, &former).await, ["viewer"; 2]);
    }
);

scenario!(assign_role_supports_dry_run_and_idempotency, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = add_member(app, &home, "bob", "viewer").await;
    let path = format!("/workspaces/{}/roles", home.workspace);
    let body = |role: &str| json!({"email": bob.email, "organization_id": home.organization, "role": role});
    let dry_run = ada
        .post(&format!("{path}?dry_run=true"), &body("admin"))
        .await
        .expect_status(200);
    assert_eq!(dry_run.header("x-dry-run"), Some("true"));
    assert_eq!(*dry_run.json(), json!(true));
    assert_eq!(member_roles(app, &home, &bob).await, ["viewer"; 2]);
    let once = async |role: &str| {
        ada.post(&path, &body(role))
            .header("idempotency-key", "r-1")
            .await
    };
    once("editor").await.expect_status(200);
    ada.assign_role(&home, &bob.email, "developer")
        .await
        .expect_status(200);
    assert_eq!(
        once("editor").await.header("idempotency-replayed"),
        Some("true")
    );
    assert_eq!(member_roles(app, &home, &bob).await, ["developer"; 2]);
    once("admin").await.expect_status(409);
});

scenario!(operator_assigns_any_role, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    ada.create_project(&home, "Second").await.expect_status(201);
    let second = ada.create_workspace(&home.organization, "Second").await;
    let bob = app.sign_up("bob").await;
    let adds = async |organization: &str, email: &str, role: &str| {
        let (organization, email) = (organization.parse().unwrap(), email.parse().unwrap());
        let call = freehold_app::RequestContext::default();
        let app = app.app();
        app.add_member("a test", &call, organization, &email, role)
            .await
            .map(|output| output.answer.email)
            .map_err(|failure| failure.to_string())
    };
    let organization = home.organization.as_str();
    for (to, email, role, why) in [
        (organization, bob.email.as_str(), "boss", INVALID),
        (
            organization,
            bob.email.as_str(),
            "owner",
            "You do not have permission to perform this action",
        ),
        (organization, "nobody@acme.test", "viewer", "User not found"),
        (UNKNOWN_ID, bob.email.as_str(), "viewer", "Not Found"),
        (
            organization,
            ada.email.as_str(),
            "viewer",
            "This user is already a member of the organization.",
        ),
    ] {
        assert_eq!(adds(to, email, role).await, Err(why.to_owned()));
    }
    adds(organization, &bob.email, "editor").await.unwrap();
    assert_eq!(member_roles(app, &home, &bob).await, ["editor"; 3]);
    assert_eq!(member_roles(app, &second, &bob).await, Vec::<String>::new());
    adds(organization, &bob.email, "viewer").await.unwrap_err();
    // A member of another workspace of the organization can be added here, too.
    ada.remove_member(&home, &bob.email)
        .await
        .expect_status(200);
    adds(organization, &bob.email, "admin").await.unwrap();
    assert_eq!(member_roles(app, &home, &bob).await, ["admin"; 3]);
});
