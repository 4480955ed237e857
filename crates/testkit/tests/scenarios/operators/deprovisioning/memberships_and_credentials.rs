//! Memberships, logins and API keys that operators take away.

use freehold_testkit::{PASSWORD, Person, Place, TestApp, form, story};
use serde_json::json;

use super::{NOWHERE, deletes, row_id, said};
use crate::members::{details_of_last, joins, roles};

/// The ids of somebody's memberships of a place, from the outside in.
async fn memberships(app: &TestApp, place: &Place, who: &Person) -> [String; 3] {
    let user = app.sql(&who.id);
    let of = async |table: &str, column: &str, id: &str| {
        let holds = format!("user_id = {user} AND {column} = {}", app.sql(id));
        row_id(app, table, &holds).await
    };
    [
        of(
            "organization_members",
            "organization_id",
            &place.organization,
        )
        .await,
        of("workspace_members", "workspace_id", &place.workspace).await,
        of("project_members", "project_id", &place.project).await,
    ]
}

story!(a_membership_goes_with_those_below_it, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let bob = app.person("bob").await;
    let theirs = bob.home().await;
    app.adds_member(&home.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    app.adds_member(&theirs, &ada, ["viewer", "viewer", "viewer"])
        .await;
    let elsewhere = bob.place_in(&theirs).await;
    let cleo = joins(app, &home, "cleo", "developer").await;
    let [outer, middle, inner] = memberships(app, &home, &bob).await;
    let at = format!("/keys?project_id={}", home.project);
    let hers = cleo.adds_key_at(&at).await;

    let gone = deletes(
        app,
        &format!("/projects/{}/memberships/{inner}/", home.project),
    )
    .await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"project_memberships": [{"id": inner}]}}),
    );
    assert_eq!(roles(app, &home, &bob).await, ["viewer"]);
    // The place in the path is not compared.
    let gone = deletes(app, &format!("/workspaces/{NOWHERE}/memberships/{middle}")).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"workspace_memberships": [{"id": middle}]}}),
    );
    let sql = format!(
        "SELECT role FROM organization_members WHERE id = {}",
        app.sql(&outer)
    );
    assert_eq!(app.db().texts(&sql).await, ["viewer"]);
    let path = format!("/organizations/{}/memberships/{outer}", home.organization);
    deletes(app, &path).await.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"organization_memberships": [{"id": outer}]}}),
    );
    deletes(app, &path).await.expect_detail(
        404,
        said(
            &format!("Membership not found: {outer}."),
            json!({"ref": outer}),
        ),
    );
    // Cleo loses everything at once.
    let [outer, ..] = memberships(app, &home, &cleo).await;
    deletes(
        app,
        &format!("/organizations/{}/memberships/{outer}", home.organization),
    )
    .await
    .expect(200);
    hers.get("/projects/current").await.expect(401);
    assert_eq!(
        details_of_last(app, "member.removed").await["removed"],
        json!({"workspaces": 1, "projects": 1, "api_keys": 1, "invitations": 0})
    );
    assert_eq!(cleo.organizations().await.len(), 1);
    // What others are elsewhere stays.
    assert_eq!(roles(app, &elsewhere, &ada).await, ["viewer", "viewer"]);
    assert_eq!(roles(app, &home, &ada).await, ["owner", "owner"]);
});

story!(the_owner_stays_a_member, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let places = [&home.organization, &home.workspace, &home.project];
    let levels = ["organizations", "workspaces", "projects"]
        .into_iter()
        .zip(places);
    for ((level, place), membership) in levels.zip(memberships(app, &home, &ada).await) {
        let before = app.db().row_counts().await;
        let path = format!("/{level}/{place}/memberships/{membership}");
        let no = deletes(app, &path).await.expect(409);
        assert_eq!(no.code(), "accounts_conflict", "{no}");
        let mut after = app.db().row_counts().await;
        assert_eq!(after["audit_events"], before["audit_events"] + 1);
        after.insert("audit_events".to_owned(), before["audit_events"]);
        assert_eq!(after, before);
    }
});

story!(an_older_invitation_brings_nobody_back, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let second = ada.adds_workspace(&home.organization, "Second").await;
    let bob = app.person("bob").await;
    let links = [
        ada.invites_by_link(&home, &bob.email, "viewer").await,
        ada.invites_by_link(&second, &bob.email, "viewer").await,
    ];
    bob.accepts(&links[0]).await.expect(200);
    let [outer, ..] = memberships(app, &home, &bob).await;
    deletes(
        app,
        &format!("/organizations/{}/memberships/{outer}", home.organization),
    )
    .await
    .expect(200);
    for link in &links {
        let status = bob.accepts(link).await.status();
        assert!((400..500).contains(&status), "{status}");
    }
    assert_eq!(bob.organizations().await.len(), 1);
});

story!(a_login_is_gone_at_once, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let key = ada.adds_key().await;
    let link = app.reset_link(&ada.email).await;
    let login = row_id(
        app,
        "user_identities",
        &format!("user_id = {}", app.sql(&ada.id)),
    )
    .await;
    let path = format!("/users/{}/identities/{login}/", ada.id);
    let gone = deletes(app, &path).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"user_identities": [{"id": login}]}}),
    );
    ada.get("/profile").await.expect(401);
    ada.refreshes().await.expect(401);
    let tried = app
        .stranger()
        .post("/auth/signin", &form(&ada.email, PASSWORD))
        .await;
    tried.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Better-Horse-8"}],
    });
    let used = app
        .stranger()
        .post("/auth/user/password/reset", &body)
        .await;
    used.expect_body(
        200,
        &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
    );
    // Whoever knows the address cannot take the account over with it.
    let claimed = app
        .stranger()
        .post("/auth/signup", &form(&ada.email, "Stranger-Horse-7"))
        .await;
    assert_eq!(claimed.word("status"), "FIELD_ERROR", "{claimed}");
    // The account and its programs stay.
    key.get("/profile").await.expect(200);
    bob.get("/profile").await.expect(200);
    let again = deletes(app, &path).await;
    again.expect_detail(
        404,
        said(&format!("User not found: {login}."), json!({"ref": login})),
    );
    assert_eq!(
        details_of_last(app, "identity.deleted").await,
        json!({"identity": login, "method": "email:password"})
    );
});

story!(
    an_account_without_its_only_login_is_nobody_elses,
    async |app| {
        let ada = "01900000-0000-7000-8000-00000000000a";
        let login = "01900000-0000-7000-8000-000000000001";
        let sql = format!(
            "INSERT INTO users (id, email) VALUES ({user}, 'ada@acme.test');
             INSERT INTO user_identities (id, user_id, method, subject)
             VALUES ({}, {user}, 'social:google', '4711');",
            app.sql(login),
            user = app.sql(ada)
        );
        app.db().raw(&sql).await.unwrap();
        let path = format!("/users/{ada}/identities/{login}/");
        deletes(app, &path).await.expect(200);
        let claimed = app
            .stranger()
            .post("/auth/signup", &form("ada@acme.test", "Stranger-Horse-7"))
            .await;
        assert_eq!(claimed.word("status"), "FIELD_ERROR", "{claimed}");
    }
);

story!(a_key_is_dead_at_once, async |app| {
    let ada = app.person("ada").await;
    let (key, other) = (ada.adds_key().await, ada.adds_key().await);
    let id = row_id(app, "api_keys", &format!("prefix = '{}'", key.prefix())).await;
    key.get("/profile").await.expect(200);
    let path = format!("/api-keys/{id}");
    let gone = deletes(app, &path).await;
    gone.expect_body(
        200,
        &json!({"dry_run": false, "deleted": {"api_keys": [{"id": id}]}}),
    );
    key.get("/profile").await.expect(401);
    other.get("/profile").await.expect(200);
    deletes(app, &path).await.expect_detail(
        404,
        said(&format!("API key not found: {id}."), json!({"ref": id})),
    );
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'api_key.deleted' AND target_id = {}
            AND organization_id = {} AND refused IS NULL",
        app.sql(&id),
        app.sql(&ada.home().await)
    );
    assert_eq!(app.db().number(&sql).await, 1);
});
