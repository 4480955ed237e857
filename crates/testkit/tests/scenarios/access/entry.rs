//! Which addresses may sign up and sign in, and which users may own
//! organizations.

use freehold_domain::{AccessPolicy, AllowedOwners, Email};
use freehold_testkit::{PASSWORD, Response, Settings, TestApp, credentials_form, scenario};
use serde_json::json;

fn policy(allowed: &[&str], blocked: &[&str], emails: &[&str]) -> impl FnOnce(&mut Settings) {
    let policy = AccessPolicy::new(allowed, blocked, emails).unwrap();
    |settings| settings.access_policy = policy
}

async fn enter(app: &TestApp, path: &str, email: &str) -> Response {
    app.anonymous()
        .post(path, &credentials_form(email, PASSWORD))
        .await
}

async fn expect_denied(app: &TestApp, emails: &[&str]) {
    for email in emails {
        for path in ["/auth/signup", "/auth/signin"] {
            let response = enter(app, path, email).await;
            response.expect_detail(401, json!({"message": "Access Denied."}));
        }
    }
    assert_eq!(
        app.db()
            .query_number("SELECT count(*) FROM users WHERE email LIKE '%evil%'")
            .await,
        0
    );
}

async fn expect_admitted(app: &TestApp, emails: &[&str]) {
    for email in emails {
        let response = enter(app, "/auth/signup", email).await.expect_status(200);
        assert_eq!(response.json()["status"], "OK", "{response}");
    }
}

scenario!(
    blocked_domains_and_addresses_are_denied,
    policy(&[], &["evil.test"], &["mallory@fine.test"]),
    async |app| {
        expect_denied(
            app,
            &[
                "a@evil.test",
                "a@deep.evil.test",
                "A@EVIL.TEST",
                "Mallory@fine.test",
            ],
        )
        .await;
        expect_admitted(app, &["a@notevil.test", "alice@fine.test"]).await;
    }
);

scenario!(
    only_allowed_domains_are_admitted,
    policy(&["acme.test"], &["deep.acme.test"], &["mallory@acme.test"]),
    async |app| {
        expect_denied(
            app,
            &["a@evil.test", "a@evilacme.test", "mallory@acme.test"],
        )
        .await;
        // The list of blocked domains is ignored then.
        expect_admitted(app, &["a@acme.test", "a@deep.acme.test"]).await;
    }
);

scenario!(
    user_blocked_later_gets_the_same_response_as_an_unknown_address,
    async |app| {
        let ada = app.sign_up("ada").await;
        app.restart(policy(&[], &["acme.test"], &[])).await;
        expect_denied(app, &[&ada.email, "nobody@acme.test"]).await;
    }
);

fn only_boss_may_own(settings: &mut Settings) {
    settings.allowed_owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
}

scenario!(
    user_who_may_not_own_an_organization_has_an_account,
    only_boss_may_own,
    async |app| {
        let ada = app.sign_up("ada").await;
        assert_eq!(
            app.db()
                .query_number("SELECT count(*) FROM organizations")
                .await,
            0
        );
        assert!(ada.organizations().await.is_empty());
        assert!(ada.projects().await.is_empty());
        assert_eq!(
            ada.get("/profile").await.expect_status(200).json()["email"],
            "ada@acme.test"
        );
        ada.put("/profile/username", &json!({"username": "Ada"}))
            .await
            .expect_status(200);
        let roles = ada.get("/access/roles").await.expect_status(200);
        assert_eq!(roles.json()["project"][0]["role"], "owner");

        let message = "You are not allowed to create organizations. Please ask your administrator for an invitation.";
        ada.post("/organizations/", &json!({"name": "Mine"}))
            .await
            .expect_detail(403, message);
        // Without a project, requests in projects are refused with 403 and not with
        // 401, so that clients do not sign out.
        for path in ["/keys", "/projects/current"] {
            ada.get(path).await.expect_status(403);
        }
        ada.post_empty("/keys").await.expect_status(403);
        ada.post("/simple/testsets/query", &json!({}))
            .await
            .expect_status(403);
        ada.with_tokens_from(ada.refresh_session().await);
        assert_eq!(
            app.db()
                .query_number("SELECT count(*) FROM organizations")
                .await,
            0
        );
    }
);

scenario!(
    allowed_owner_may_create_organizations,
    only_boss_may_own,
    async |app| {
        let boss = app.sign_up("Boss").await;
        boss.only_organization_id().await;
        boss.create_organization("Second").await;
        let ada = app.sign_up("ada").await;
        // A member of an organization works in it, and still may not create one.
        let home = boss.organizations().await[0]["id"].clone();
        let roles = ["viewer", "developer", "developer"];
        app.insert_member(home.as_str().unwrap(), &ada, roles).await;
        ada.create_api_key().await;
        ada.post("/organizations/", &json!({}))
            .await
            .expect_status(403);
    }
);
