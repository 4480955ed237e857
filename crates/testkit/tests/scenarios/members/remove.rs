//! Taking members out, and leaving: who may, and what goes with them.

use freehold_testkit::{Place, TestApp, story};
use serde_json::{Value, json};

use crate::members::{details_of_last, joins, roles};

const NO_RIGHT: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
const NOBODY: &str = "User not found.";
const NOT_FOUND: &str = "Workspace not found";
const STRANGER: &str = "Not a member of this organization.";
const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

story!(whoever_is_removed_is_out_at_once, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let bob = joins(app, &home, "bob", "developer").await;
    let second = ada.adds_project(&home, "Second").await.word("project_id");
    let in_second = format!("/projects/current?project_id={second}");
    let keys = [
        bob.adds_key_at(&format!("/keys?workspace_id={}", home.workspace))
            .await,
        bob.adds_key_at(&format!("/keys?project_id={second}")).await,
    ];
    let own = bob.adds_key().await;
    bob.get(&in_second).await.expect(200);
    ada.removes(&home, "Bob@acme.test")
        .await
        .expect_body(200, &json!(true));
    bob.get(&in_second).await.expect(401);
    bob.get(&format!("/organizations/{}", home.organization))
        .await
        .expect_detail(403, STRANGER);
    for key in &keys {
        key.get("/projects/current").await.expect(401);
    }
    // What is his elsewhere stays.
    own.get("/projects/current").await.expect(200);
    bob.get("/profile").await.expect(200);
    assert_eq!(bob.organizations().await.len(), 1);
    let lost = json!({"workspaces": 1, "projects": 2, "api_keys": 2, "invitations": 0});
    assert_eq!(
        details_of_last(app, "member.removed").await,
        json!({"workspace": home.workspace, "removed": lost})
    );
    // Again, and for addresses that nobody has, it is as it should be.
    let before = app.db().row_counts().await;
    for email in [bob.email.as_str(), "nobody@acme.test"] {
        ada.removes(&home, email)
            .await
            .expect_body(200, &json!(true));
    }
    assert_eq!(app.db().row_counts().await, before);
});

story!(who_may_remove_whom, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let eve = app.person("eve").await;
    let admin = joins(app, &home, "admin", "admin").await;
    let other = joins(app, &home, "other", "admin").await;
    let bob = joins(app, &home, "bob", "developer").await;
    for (who, few) in [(&bob, "developer"), (&eve, "nobody")] {
        let unknown = Place {
            workspace: NOWHERE.to_owned(),
            ..home.clone()
        };
        who.removes(&unknown, &bob.email)
            .await
            .expect_detail(404, NOT_FOUND);
        for email in [&ada.email, &other.email, &bob.email, "nobody@acme.test"] {
            let answer = who.removes(&home, email).await;
            match few {
                "nobody" => answer.expect_detail(404, NOT_FOUND),
                _ => answer.expect_detail(403, NO_RIGHT),
            };
        }
    }
    for who in [&ada, &admin] {
        let answer = who.removes(&home, &ada.email).await;
        answer.expect_detail(403, json!({"message": NO_RIGHT}));
    }
    // Admins are not below admins, not even below themselves.
    for email in [&other.email, &admin.email] {
        admin
            .removes(&home, email)
            .await
            .expect_detail(403, NO_RIGHT);
    }
    admin.removes(&home, &bob.email).await.expect(200);
    ada.removes(&home, &admin.email).await.expect(200);
    admin
        .removes(&home, &other.email)
        .await
        .expect_detail(404, NOT_FOUND);
    assert_eq!(ada.members_of(&home.organization).await.len(), 2);
});

story!(
    out_of_one_workspace_is_not_out_of_the_organization,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let second = ada.adds_workspace(&home.organization, "Second").await;
        let bob = joins(app, &home, "bob", "developer").await;
        let key = bob
            .adds_key_at(&format!("/keys?workspace_id={}", second.workspace))
            .await;
        ada.removes(&home, &bob.email).await.expect(200);
        bob.get(&format!("/workspaces/{}", home.workspace))
            .await
            .expect(404);
        bob.get(&format!("/workspaces/{}", second.workspace))
            .await
            .expect(200);
        bob.get(&format!("/organizations/{}", home.organization))
            .await
            .expect(200);
        key.get("/projects/current").await.expect(200);
        assert_eq!(roles(app, &second, &bob).await, ["developer"; 2]);
        ada.removes(&second, &bob.email).await.expect(200);
        bob.get(&format!("/organizations/{}", home.organization))
            .await
            .expect_detail(403, STRANGER);
        key.get("/projects/current").await.expect(401);
    }
);

/// An open invitation to a workspace.
async fn invited(app: &TestApp, place: &Place, number: u32, email: &str, role: &str) {
    let id = app.sql(&format!("01900000-0000-7000-8000-0000000001{number:02}"));
    let (organization, workspace) = (app.sql(&place.organization), app.sql(&place.workspace));
    let sql = format!(
        "INSERT INTO project_invitations (id, token, email, role, workspace_id, organization_id)
         VALUES ({id}, '{number:064}', '{email}', '{role}', {workspace}, {organization})"
    );
    app.db().raw(&sql).await.unwrap();
}

async fn open_invitations(app: &TestApp) -> Vec<String> {
    let sql = "SELECT email || ' ' || role FROM project_invitations
                WHERE status = 'pending' AND answered_at IS NULL ORDER BY id";
    app.db().texts(sql).await
}

story!(removing_an_address_takes_its_invitation_back, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let second = ada.adds_workspace(&home.organization, "Second").await;
    let admin = joins(app, &home, "admin", "admin").await;
    let bob = app.person("bob").await;
    invited(app, &home, 1, "new@acme.test", "admin").await;
    invited(app, &home, 2, &bob.email, "editor").await;
    invited(app, &second, 3, "new@acme.test", "viewer").await;
    // An invitation is a role on its way: the rank rule holds for it as well.
    admin
        .removes(&home, "new@acme.test")
        .await
        .expect_detail(403, NO_RIGHT);
    admin.removes(&home, &bob.email).await.expect(200);
    assert_eq!(
        open_invitations(app).await,
        ["new@acme.test admin", "new@acme.test viewer"]
    );
    let rehearsed = format!(
        "/workspaces/{}/users?email=new@acme.test&dry_run=true",
        home.workspace
    );
    ada.delete(&rehearsed).await.expect_body(200, &json!(true));
    assert_eq!(open_invitations(app).await.len(), 2);
    ada.removes(&home, "New@acme.test").await.expect(200);
    assert_eq!(open_invitations(app).await, ["new@acme.test viewer"]);
    let told = app.db().number(
        "SELECT count(*) FROM audit_events WHERE action = 'invitation.revoked' AND refused IS NULL",
    );
    assert_eq!(told.await, 2);
    // Who is a member loses what is left over of it, too.
    let cleo = joins(app, &home, "cleo", "viewer").await;
    invited(app, &second, 4, &cleo.email, "viewer").await;
    ada.expels(&home.organization, &cleo.id).await.expect_body(
        200,
        &json!({"removed": {"workspaces": 2, "projects": 2, "api_keys": 0, "invitations": 1}}),
    );
    assert_eq!(open_invitations(app).await, ["new@acme.test viewer"]);
});

story!(out_of_the_whole_organization, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let bob = joins(app, &home, "bob", "developer").await;
    let admin = joins(app, &home, "admin", "admin").await;
    let second = ada.adds_workspace(&home.organization, "Second").await;
    let eve = app.person("eve").await;
    let id = &home.organization;
    let key = bob
        .adds_key_at(&format!("/keys?workspace_id={}", home.workspace))
        .await;

    for other in [id.as_str(), NOWHERE, "nonsense"] {
        for user in [bob.id.as_str(), NOWHERE, "nonsense"] {
            eve.expels(other, user).await.expect_detail(403, STRANGER);
        }
    }
    for user in [&ada.id, &admin.id, &bob.id, &eve.id, NOWHERE, "nonsense"] {
        bob.expels(id, user).await.expect_detail(403, NO_RIGHT);
    }
    for who in [&ada, &admin] {
        for user in [&eve.id, NOWHERE, "nonsense"] {
            who.expels(id, user).await.expect_detail(404, NOBODY);
        }
        let answer = who.expels(id, &ada.id).await;
        answer.expect_detail(403, json!({"message": NO_RIGHT}));
    }
    admin
        .expels(id, &admin.id)
        .await
        .expect_detail(403, NO_RIGHT);

    // Of two workspaces the admin runs one, and somebody else is in both.
    let (workspace, user) = (app.sql(&second.workspace), app.sql(&bob.id));
    let row = app.sql("01900000-0000-7000-8000-000000000777");
    let organization = app.sql(id);
    let sql = format!(
        "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role)
         VALUES ({row}, {user}, {workspace}, {organization}, 'viewer');
         INSERT INTO project_members (id, user_id, project_id, workspace_id, role)
         VALUES ({row}, {user}, {}, {workspace}, 'viewer')",
        app.sql(&second.project)
    );
    app.db().raw(&sql).await.unwrap();
    admin.expels(id, &bob.id).await.expect_detail(403, NO_RIGHT);
    let path = format!("/organizations/{id}/members/{}", bob.id);
    let lost = json!({"workspaces": 2, "projects": 2, "api_keys": 1, "invitations": 0});
    let rehearsed = ada.delete(&format!("{path}?dry_run=true")).await;
    rehearsed.expect_body(
        200,
        &json!({"removed": lost, "would_change": ["member.removed"]}),
    );
    key.get("/projects/current").await.expect(200);
    let gone = async || ada.delete(&path).header("idempotency-key", "x-1").await;
    gone().await.expect_body(200, &json!({"removed": lost}));
    gone().await.expect_body(200, &json!({"removed": lost}));
    assert_eq!(
        details_of_last(app, "member.removed").await,
        json!({"removed": lost})
    );
    key.get("/projects/current").await.expect(401);
    bob.get(&format!("/organizations/{id}"))
        .await
        .expect_detail(403, STRANGER);
    ada.expels(id, &bob.id).await.expect_detail(404, NOBODY);
    // Whom an admin may take out of each of their workspaces, they may take out of all.
    let cleo = app.person("cleo").await;
    let (user, row) = (
        app.sql(&cleo.id),
        app.sql("01900000-0000-7000-8000-000000000778"),
    );
    let sql = format!(
        "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({row}, {user}, {organization})"
    );
    app.db().raw(&sql).await.unwrap();
    // Nobody but the owner where they are in none.
    admin
        .expels(id, &cleo.id)
        .await
        .expect_detail(403, NO_RIGHT);
    ada.expels(id, &cleo.id).await.expect(200);
    let dora = joins(app, &home, "dora", "developer").await;
    admin
        .expels(id, &dora.id)
        .await
        .expect_detail(403, NO_RIGHT);
    ada.removes(&second, &dora.email).await.expect(200);
    admin.expels(id, &dora.id).await.expect(200);
});

story!(leaving_by_oneself, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let bob = joins(app, &home, "bob", "admin").await;
    let eve = app.person("eve").await;
    let id = &home.organization;
    let key = bob
        .adds_key_at(&format!("/keys?workspace_id={}", home.workspace))
        .await;
    for other in [id.as_str(), NOWHERE, "nonsense"] {
        eve.leaves(other).await.expect_detail(403, STRANGER);
    }
    let refused = ada.leaves(id).await.expect(400);
    assert_eq!(refused.code(), "owner_cannot_leave");
    let lost = json!({"workspaces": 1, "projects": 1, "api_keys": 1, "invitations": 0});
    let path = format!("/organizations/{id}/leave");
    let rehearsed = bob.post_nothing(&format!("{path}?dry_run=true")).await;
    rehearsed.expect_body(200, &json!({"left": lost, "would_change": ["member.left"]}));
    bob.leaves(id)
        .await
        .expect_body(200, &json!({"left": lost}));
    assert_eq!(
        details_of_last(app, "member.left").await,
        json!({"left": lost})
    );
    key.get("/projects/current").await.expect(401);
    bob.leaves(id).await.expect_detail(403, STRANGER);
    assert_eq!(bob.organizations().await.len(), 1);
    // Whoever handed it over may go, and then be in none at all.
    let cleo = joins(app, &home, "cleo", "viewer").await;
    ada.transfers(id, &cleo.id).await.expect(200);
    ada.leaves(id).await.expect(200);
    assert_eq!(ada.organizations().await, Vec::<Value>::new());
    ada.get("/profile").await.expect(200);
});

story!(
    removals_and_changes_at_once_leave_nothing_behind,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let bob = app.person("bob").await;
        for round in 0..15 {
            app.adds_member(&home.organization, &bob, ["viewer", "editor", "editor"])
                .await;
            let name = format!("{round}");
            let (made, given, gone, left) = tokio::join!(
                ada.adds_project(&home, &name),
                ada.assigns(&home, &bob.email, "developer"),
                ada.removes(&home, &bob.email),
                bob.leaves(&home.organization)
            );
            made.expect(201);
            assert!([200, 404].contains(&given.status()), "{given}");
            gone.expect(200);
            assert!([200, 403].contains(&left.status()), "{left}");
            assert_eq!(roles(app, &home, &bob).await, Vec::<String>::new());
        }
    }
);
