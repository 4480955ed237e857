//! Operators remove memberships, logins and API keys.

use freehold_testkit::{PASSWORD, TestApp, TestScope, TestUser, credentials_form, scenario};
use serde_json::json;

use super::{UNKNOWN_ID, delete_as_operator, error_body, row_id};
use crate::members::{add_member, last_event_details, member_roles};

/// The ids of a user's memberships of a scope, from the organization to the project.
async fn memberships(app: &TestApp, scope: &TestScope, who: &TestUser) -> [String; 3] {
    let user = app.sql_id(&who.id);
    let of = async |table: &str, column: &str, id: &str| {
        let condition = format!("user_id = {user} AND {column} = {}", app.sql_id(id));
        row_id(app, table, &condition).await
    };
    [
        of(
            "organization_members",
            "organization_id",
            &scope.organization,
        )
        .await,
        of("workspace_members", "workspace_id", &scope.workspace).await,
        of("project_members", "project_id", &scope.project).await,
    ]
}

scenario!(deleting_a_membership_deletes_those_below, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let theirs = bob.only_organization_id().await;
    app.insert_member(&home.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    app.insert_member(&theirs, &ada, ["viewer", "viewer", "viewer"])
        .await;
    let elsewhere = bob.default_scope_in(&theirs).await;
    let cleo = add_member(app, &home, "cleo", "developer").await;
    let [outer, middle, inner] = memberships(app, &home, &bob).await;
    let at = format!("/keys?project_id={}", home.project);
    let hers = cleo.create_api_key_at(&at).await;

    let gone = delete_as_operator(
        app,
        &format!("/projects/{}/memberships/{inner}/", home.project),
    )
    .await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"project_memberships": [{"id": inner}]}}),
    );
    assert_eq!(member_roles(app, &home, &bob).await, ["viewer"]);
    // The scope in the path is not compared.
    let gone = delete_as_operator(
        app,
        &format!("/workspaces/{UNKNOWN_ID}/memberships/{middle}"),
    )
    .await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"workspace_memberships": [{"id": middle}]}}),
    );
    let sql = format!(
        "SELECT role FROM organization_members WHERE id = {}",
        app.sql_id(&outer)
    );
    assert_eq!(app.db().query_texts(&sql).await, ["viewer"]);
    let path = format!("/organizations/{}/memberships/{outer}", home.organization);
    delete_as_operator(app, &path).await.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"organization_memberships": [{"id": outer}]}}),
    );
    delete_as_operator(app, &path).await.expect_detail(
        404,
        error_body(
            &format!("Membership not found: {outer}."),
            json!({"ref": outer}),
        ),
    );
    // Cleo loses everything at once.
    let [outer, ..] = memberships(app, &home, &cleo).await;
    delete_as_operator(
        app,
        &format!("/organizations/{}/memberships/{outer}", home.organization),
    )
    .await
    .expect_status(200);
    hers.get("/projects/current").await.expect_status(401);
    assert_eq!(
        last_event_details(app, "member.removed").await["removed"],
        json!({"workspaces": 1, "projects": 1, "api_keys": 1, "invitations": 0})
    );
    assert_eq!(cleo.organizations().await.len(), 1);
    // Memberships elsewhere remain.
    assert_eq!(
        member_roles(app, &elsewhere, &ada).await,
        ["viewer", "viewer"]
    );
    assert_eq!(member_roles(app, &home, &ada).await, ["owner", "owner"]);
});

scenario!(owner_membership_cannot_be_deleted, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let ids = [&home.organization, &home.workspace, &home.project];
    let levels = ["organizations", "workspaces", "projects"]
        .into_iter()
        .zip(ids);
    for ((level, scope), membership) in levels.zip(memberships(app, &home, &ada).await) {
        let before = app.db().row_counts().await;
        let path = format!("/{level}/{scope}/memberships/{membership}");
        let no = delete_as_operator(app, &path).await.expect_status(409);
        assert_eq!(no.code(), "accounts_conflict", "{no}");
        let mut after = app.db().row_counts().await;
        assert_eq!(after["audit_events"], before["audit_events"] + 1);
        after.insert("audit_events".to_owned(), before["audit_events"]);
        assert_eq!(after, before);
    }
});

scenario!(removal_revokes_older_invitations, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let second = ada.create_workspace(&home.organization, "Second").await;
    let bob = app.sign_up("bob").await;
    let links = [
        ada.invite_by_link(&home, &bob.email, "viewer").await,
        ada.invite_by_link(&second, &bob.email, "viewer").await,
    ];
    bob.accept_invitation(&links[0]).await.expect_status(200);
    let [outer, ..] = memberships(app, &home, &bob).await;
    delete_as_operator(
        app,
        &format!("/organizations/{}/memberships/{outer}", home.organization),
    )
    .await
    .expect_status(200);
    for link in &links {
        let status = bob.accept_invitation(link).await.status();
        assert!((400..500).contains(&status), "{status}");
    }
    assert_eq!(bob.organizations().await.len(), 1);
});

scenario!(deleted_login_is_refused_immediately, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let key = ada.create_api_key().await;
    let link = app.reset_link(&ada.email).await;
    let login = row_id(
        app,
        "user_identities",
        &format!("user_id = {}", app.sql_id(&ada.id)),
    )
    .await;
    let path = format!("/users/{}/identities/{login}/", ada.id);
    let gone = delete_as_operator(app, &path).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"user_identities": [{"id": login}]}}),
    );
    ada.get("/profile").await.expect_status(401);
    ada.refresh_session().await.expect_status(401);
    let tried = app
        .anonymous()
        .post("/auth/signin", &credentials_form(&ada.email, PASSWORD))
        .await;
    tried.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Better-Horse-8"}],
    });
    let used = app
        .anonymous()
        .post("/auth/user/password/reset", &body)
        .await;
    used.expect_body(
        200,
        &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
    );
    // The address alone does not give access to the account.
    let claimed = app
        .anonymous()
        .post(
            "/auth/signup",
            &credentials_form(&ada.email, "Stranger-Horse-7"),
        )
        .await;
    assert_eq!(claimed.text_field("status"), "FIELD_ERROR", "{claimed}");
    // The account and its API keys remain.
    key.get("/profile").await.expect_status(200);
    bob.get("/profile").await.expect_status(200);
    let again = delete_as_operator(app, &path).await;
    again.expect_detail(
        404,
        error_body(&format!("User not found: {login}."), json!({"ref": login})),
    );
    assert_eq!(
        last_event_details(app, "identity.deleted").await,
        json!({"identity": login, "method": "email:password"})
    );
});

scenario!(account_without_login_cannot_be_claimed, async |app| {
    let ada = "01900000-0000-7000-8000-00000000000a";
    let login = "01900000-0000-7000-8000-000000000001";
    let sql = format!(
        "INSERT INTO users (id, email) VALUES ({user}, 'ada@acme.test');
             INSERT INTO user_identities (id, user_id, method, subject)
             VALUES ({}, {user}, 'social:google', '4711');",
        app.sql_id(login),
        user = app.sql_id(ada)
    );
    app.db().execute(&sql).await.unwrap();
    let path = format!("/users/{ada}/identities/{login}/");
    delete_as_operator(app, &path).await.expect_status(200);
    let claimed = app
        .anonymous()
        .post(
            "/auth/signup",
            &credentials_form("ada@acme.test", "Stranger-Horse-7"),
        )
        .await;
    assert_eq!(claimed.text_field("status"), "FIELD_ERROR", "{claimed}");
});

scenario!(deleted_key_is_refused_immediately, async |app| {
    let ada = app.sign_up("ada").await;
    let (key, other) = (ada.create_api_key().await, ada.create_api_key().await);
    let id = row_id(app, "api_keys", &format!("prefix = '{}'", key.prefix())).await;
    key.get("/profile").await.expect_status(200);
    let path = format!("/api-keys/{id}");
    let gone = delete_as_operator(app, &path).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"api_keys": [{"id": id}]}}),
    );
    key.get("/profile").await.expect_status(401);
    other.get("/profile").await.expect_status(200);
    delete_as_operator(app, &path).await.expect_detail(
        404,
        error_body(&format!("API key not found: {id}."), json!({"ref": id})),
    );
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'api_key.deleted' AND target_id = {}
            AND organization_id = {} AND refused IS NULL",
        app.sql_id(&id),
        app.sql_id(&ada.only_organization_id().await)
    );
    assert_eq!(app.db().query_number(&sql).await, 1);
});
