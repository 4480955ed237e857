//! Removing members, and leaving: who may, and what is deleted with a membership.

use freehold_testkit::{TestApp, TestScope, scenario};
use serde_json::{Value, json};

use crate::members::{add_member, last_event_details, member_roles};

const NO_PERMISSION: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
const USER_NOT_FOUND: &str = "User not found.";
const NOT_FOUND: &str = "Workspace not found";
const NOT_A_MEMBER: &str = "Not a member of this organization.";
const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

scenario!(removed_member_loses_access_immediately, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = add_member(app, &home, "bob", "developer").await;
    let second = ada
        .create_project(&home, "Second")
        .await
        .text_field("project_id");
    let in_second = format!("/projects/current?project_id={second}");
    let keys = [
        bob.create_api_key_at(&format!("/keys?workspace_id={}", home.workspace))
            .await,
        bob.create_api_key_at(&format!("/keys?project_id={second}"))
            .await,
    ];
    let own = bob.create_api_key().await;
    bob.get(&in_second).await.expect_status(200);
    ada.remove_member(&home, "Bob@acme.test")
        .await
        .expect_body(200, &json!(true));
    bob.get(&in_second).await.expect_status(401);
    bob.get(&format!("/organizations/{}", home.organization))
        .await
        .expect_detail(403, NOT_A_MEMBER);
    for key in &keys {
        key.get("/projects/current").await.expect_status(401);
    }
    // His memberships elsewhere remain.
    own.get("/projects/current").await.expect_status(200);
    bob.get("/profile").await.expect_status(200);
    assert_eq!(bob.organizations().await.len(), 1);
    let lost = json!({"workspaces": 1, "projects": 2, "api_keys": 2, "invitations": 0});
    assert_eq!(
        last_event_details(app, "member.removed").await,
        json!({"workspace": home.workspace, "removed": lost})
    );
    // A second removal, and one of an unknown address, succeed and change nothing.
    let before = app.db().row_counts().await;
    for email in [bob.email.as_str(), "nobody@acme.test"] {
        ada.remove_member(&home, email)
            .await
            .expect_body(200, &json!(true));
    }
    assert_eq!(app.db().row_counts().await, before);
});

scenario!(who_may_remove_whom, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let eve = app.sign_up("eve").await;
    let admin = add_member(app, &home, "admin", "admin").await;
    let other = add_member(app, &home, "other", "admin").await;
    let bob = add_member(app, &home, "bob", "developer").await;
    for (who, few) in [(&bob, "developer"), (&eve, "stranger")] {
        let unknown = TestScope {
            workspace: UNKNOWN_ID.to_owned(),
            ..home.clone()
        };
        who.remove_member(&unknown, &bob.email)
            .await
            .expect_detail(404, NOT_FOUND);
        for email in [&ada.email, &other.email, &bob.email, "nobody@acme.test"] {
            let response = who.remove_member(&home, email).await;
            match few {
                "stranger" => response.expect_detail(404, NOT_FOUND),
                _ => response.expect_detail(403, NO_PERMISSION),
            };
        }
    }
    for who in [&ada, &admin] {
        let response = who.remove_member(&home, &ada.email).await;
        response.expect_detail(403, json!({"message": NO_PERMISSION}));
    }
    // An admin does not outrank admins, including themselves.
    for email in [&other.email, &admin.email] {
        admin
            .remove_member(&home, email)
            .await
            .expect_detail(403, NO_PERMISSION);
    }
    admin
        .remove_member(&home, &bob.email)
        .await
        .expect_status(200);
    ada.remove_member(&home, &admin.email)
        .await
        .expect_status(200);
    admin
        .remove_member(&home, &other.email)
        .await
        .expect_detail(404, NOT_FOUND);
    assert_eq!(
        ada.default_workspace_members(&home.organization)
            .await
            .len(),
        2
    );
});

scenario!(
    removal_from_a_workspace_keeps_other_workspaces,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let second = ada.create_workspace(&home.organization, "Second").await;
        let bob = add_member(app, &home, "bob", "developer").await;
        let key = bob
            .create_api_key_at(&format!("/keys?workspace_id={}", second.workspace))
            .await;
        ada.remove_member(&home, &bob.email)
            .await
            .expect_status(200);
        bob.get(&format!("/workspaces/{}", home.workspace))
            .await
            .expect_status(404);
        bob.get(&format!("/workspaces/{}", second.workspace))
            .await
            .expect_status(200);
        bob.get(&format!("/organizations/{}", home.organization))
            .await
            .expect_status(200);
        key.get("/projects/current").await.expect_status(200);
        assert_eq!(member_roles(app, &second, &bob).await, ["developer"; 2]);
        ada.remove_member(&second, &bob.email)
            .await
            .expect_status(200);
        bob.get(&format!("/organizations/{}", home.organization))
            .await
            .expect_detail(403, NOT_A_MEMBER);
        key.get("/projects/current").await.expect_status(401);
    }
);

/// An open invitation to a workspace.
async fn insert_invitation(app: &TestApp, scope: &TestScope, number: u32, email: &str, role: &str) {
    let id = app.sql_id(&format!("01900000-0000-7000-8000-0000000001{number:02}"));
    let (organization, workspace) = (
        app.sql_id(&scope.organization),
        app.sql_id(&scope.workspace),
    );
    let sql = format!(
        "INSERT INTO project_invitations (id, token, email, role, workspace_id, organization_id)
         VALUES ({id}, '{number:064}', '{email}', '{role}', {workspace}, {organization})"
    );
    app.db().execute(&sql).await.unwrap();
}

async fn open_invitations(app: &TestApp) -> Vec<String> {
    let sql = "SELECT email || ' ' || role FROM project_invitations
                WHERE status = 'pending' AND answered_at IS NULL ORDER BY id";
    app.db().query_texts(sql).await
}

scenario!(removing_an_address_revokes_its_invitation, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let second = ada.create_workspace(&home.organization, "Second").await;
    let admin = add_member(app, &home, "admin", "admin").await;
    let bob = app.sign_up("bob").await;
    insert_invitation(app, &home, 1, "new@acme.test", "admin").await;
    insert_invitation(app, &home, 2, &bob.email, "editor").await;
    insert_invitation(app, &second, 3, "new@acme.test", "viewer").await;
    // The rank rule applies to invitations as well.
    admin
        .remove_member(&home, "new@acme.test")
        .await
        .expect_detail(403, NO_PERMISSION);
    admin
        .remove_member(&home, &bob.email)
        .await
        .expect_status(200);
    assert_eq!(
        open_invitations(app).await,
        ["new@acme.test admin", "new@acme.test viewer"]
    );
    let dry_run = format!(
        "/workspaces/{}/users?email=new@acme.test&dry_run=true",
        home.workspace
    );
    ada.delete(&dry_run).await.expect_body(200, &json!(true));
    assert_eq!(open_invitations(app).await.len(), 2);
    ada.remove_member(&home, "New@acme.test")
        .await
        .expect_status(200);
    assert_eq!(open_invitations(app).await, ["new@acme.test viewer"]);
    let removals = app.db().query_number(
        "SELECT count(*) FROM audit_events WHERE action = 'invitation.revoked' AND refused IS NULL",
    );
    assert_eq!(removals.await, 2);
    // Who is a member loses what is left over of it, too.
    let cleo = add_member(app, &home, "cleo", "viewer").await;
    insert_invitation(app, &second, 4, &cleo.email, "viewer").await;
    ada.remove_from_organization(&home.organization, &cleo.id)
        .await
        .expect_body(
            200,
            &json!({"removed": {"workspaces": 2, "projects": 2, "api_keys": 0, "invitations": 1}}),
        );
    assert_eq!(open_invitations(app).await, ["new@acme.test viewer"]);
});

scenario!(removal_from_the_organization, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = add_member(app, &home, "bob", "developer").await;
    let admin = add_member(app, &home, "admin", "admin").await;
    let second = ada.create_workspace(&home.organization, "Second").await;
    let eve = app.sign_up("eve").await;
    let id = &home.organization;
    let key = bob
        .create_api_key_at(&format!("/keys?workspace_id={}", home.workspace))
        .await;

    for other in [id.as_str(), UNKNOWN_ID, "nonsense"] {
        for user in [bob.id.as_str(), UNKNOWN_ID, "nonsense"] {
            eve.remove_from_organization(other, user)
                .await
                .expect_detail(403, NOT_A_MEMBER);
        }
    }
    for user in [&ada.id, &admin.id, &bob.id, &eve.id, UNKNOWN_ID, "nonsense"] {
        bob.remove_from_organization(id, user)
            .await
            .expect_detail(403, NO_PERMISSION);
    }
    for who in [&ada, &admin] {
        for user in [&eve.id, UNKNOWN_ID, "nonsense"] {
            who.remove_from_organization(id, user)
                .await
                .expect_detail(404, USER_NOT_FOUND);
        }
        let response = who.remove_from_organization(id, &ada.id).await;
        response.expect_detail(403, json!({"message": NO_PERMISSION}));
    }
    admin
        .remove_from_organization(id, &admin.id)
        .await
        .expect_detail(403, NO_PERMISSION);

    // The admin has one of two workspaces, and another member is in both.
    let (workspace, user) = (app.sql_id(&second.workspace), app.sql_id(&bob.id));
    let row = app.sql_id("01900000-0000-7000-8000-000000000777");
    let organization = app.sql_id(id);
    let sql = format!(
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role)
         VALUES ({row}, {user}, {workspace}, {organization}, 'viewer');
         INSERT INTO project_members (id, user_id, project_id, workspace_id, role)
         VALUES ({row}, {user}, {}, {workspace}, 'viewer')",
        app.sql_id(&second.project)
    );
    app.db().execute(&sql).await.unwrap();
    admin
        .remove_from_organization(id, &bob.id)
        .await
        .expect_detail(403, NO_PERMISSION);
    let path = format!("/organizations/{id}/members/{}", bob.id);
    let lost = json!({"workspaces": 2, "projects": 2, "api_keys": 1, "invitations": 0});
    let dry_run = ada.delete(&format!("{path}?dry_run=true")).await;
    dry_run.expect_body(
        200,
        &json!({"removed": lost, "would_change": ["member.removed"]}),
    );
    key.get("/projects/current").await.expect_status(200);
    let gone = async || ada.delete(&path).header("idempotency-key", "x-1").await;
    gone().await.expect_body(200, &json!({"removed": lost}));
    gone().await.expect_body(200, &json!({"removed": lost}));
    assert_eq!(
        last_event_details(app, "member.removed").await,
        json!({"removed": lost})
    );
    key.get("/projects/current").await.expect_status(401);
    bob.get(&format!("/organizations/{id}"))
        .await
        .expect_detail(403, NOT_A_MEMBER);
    ada.remove_from_organization(id, &bob.id)
        .await
        .expect_detail(404, USER_NOT_FOUND);
    // An admin may remove a member whom they may remove from each of the member's workspaces.
    let cleo = app.sign_up("cleo").await;
    let (user, row) = (
        app.sql_id(&cleo.id),
        app.sql_id("01900000-0000-7000-8000-000000000778"),
    );
    let sql = format!(
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({row}, {user}, {organization})"
    );
    app.db().execute(&sql).await.unwrap();
    // Only the owner can remove a member who is in no workspace.
    admin
        .remove_from_organization(id, &cleo.id)
        .await
        .expect_detail(403, NO_PERMISSION);
    ada.remove_from_organization(id, &cleo.id)
        .await
        .expect_status(200);
    let dora = add_member(app, &home, "dora", "developer").await;
    admin
        .remove_from_organization(id, &dora.id)
        .await
        .expect_detail(403, NO_PERMISSION);
    ada.remove_member(&second, &dora.email)
        .await
        .expect_status(200);
    admin
        .remove_from_organization(id, &dora.id)
        .await
        .expect_status(200);
});

scenario!(leaving_an_organization, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = add_member(app, &home, "bob", "admin").await;
    let eve = app.sign_up("eve").await;
    let id = &home.organization;
    let key = bob
        .create_api_key_at(&format!("/keys?workspace_id={}", home.workspace))
        .await;
    for other in [id.as_str(), UNKNOWN_ID, "nonsense"] {
        eve.leave_organization(other)
            .await
            .expect_detail(403, NOT_A_MEMBER);
    }
    let refused = ada.leave_organization(id).await.expect_status(400);
    assert_eq!(refused.code(), "owner_cannot_leave");
    let lost = json!({"workspaces": 1, "projects": 1, "api_keys": 1, "invitations": 0});
    let path = format!("/organizations/{id}/leave");
    let dry_run = bob.post_empty(&format!("{path}?dry_run=true")).await;
    dry_run.expect_body(200, &json!({"left": lost, "would_change": ["member.left"]}));
    bob.leave_organization(id)
        .await
        .expect_body(200, &json!({"left": lost}));
    assert_eq!(
        last_event_details(app, "member.left").await,
        json!({"removed": lost})
    );
    key.get("/projects/current").await.expect_status(401);
    bob.leave_organization(id)
        .await
        .expect_detail(403, NOT_A_MEMBER);
    assert_eq!(bob.organizations().await.len(), 1);
    // The former owner may leave, and then be a member of no organization.
    let cleo = add_member(app, &home, "cleo", "viewer").await;
    ada.transfer_organization(id, &cleo.id)
        .await
        .expect_status(200);
    ada.leave_organization(id).await.expect_status(200);
    assert_eq!(ada.organizations().await, Vec::<Value>::new());
    ada.get("/profile").await.expect_status(200);
});

scenario!(
    concurrent_removals_and_role_changes_are_consistent,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let bob = app.sign_up("bob").await;
        for round in 0..15 {
            app.insert_member(&home.organization, &bob, ["viewer", "editor", "editor"])
                .await;
            let name = format!("{round}");
            let (made, given, gone, left) = tokio::join!(
                ada.create_project(&home, &name),
                ada.assign_role(&home, &bob.email, "developer"),
                ada.remove_member(&home, &bob.email),
                bob.leave_organization(&home.organization)
            );
            made.expect_status(201);
            assert!([200, 404].contains(&given.status()), "{given}");
            gone.expect_status(200);
            assert!([200, 403].contains(&left.status()), "{left}");
            assert_eq!(member_roles(app, &home, &bob).await, Vec::<String>::new());
        }
    }
);
