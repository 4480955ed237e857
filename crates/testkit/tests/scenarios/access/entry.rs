//! Which addresses may sign up and sign in, and which users may own
//! organizations.

use freehold_domain::{AccessPolicy, AllowedOwners, Email};
use freehold_testkit::{
    PASSWORD, Response, Settings, TestApp, TestUser, credentials_form, scenario,
};
use serde_json::json;

use crate::invitations::links::{create_link, use_link};

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

/// What every way in answers to eve@evil.test, under a policy that came after she had an account, an
/// invitation, a link and a reset link.
async fn answers_of_ways_in(app: &mut TestApp, lists: [&[&str]; 3]) -> Vec<(&'static str, u16)> {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let eve = TestUser::sign_up(app.anonymous(), "eve@evil.test").await;
    let link = ada.invite_by_link(&home, &eve.email, "viewer").await;
    let second = ada.create_organization("Second").await;
    let (_, open_link) = create_link(&ada, &second, &json!({})).await;
    let reset = app.reset_link(&eve.email).await;
    app.restart(policy(lists[0], lists[1], lists[2])).await;
    let sign_up = enter(app, "/auth/signup", "new@evil.test").await;
    let sign_in = enter(app, "/auth/signin", &eve.email).await;
    let refreshed = eve.refresh_session().await;
    let accepted = eve.accept_invitation(&link).await;
    let joined = use_link(&eve, &open_link).await;
    let token = reset.split_once("token=").unwrap().1;
    let token = token.split('&').next().unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Another12!"}],
    });
    let reset = app
        .anonymous()
        .post("/auth/user/password/reset", &body)
        .await;
    let user = json!({"user": {"email": "made@evil.test"}});
    let operator = app.operator();
    let created = operator.post("/admin/simple/accounts/users/", &user).await;
    vec![
        ("sign up", sign_up.status()),
        ("sign in", sign_in.status()),
        ("refresh", refreshed.status()),
        ("accept", accepted.status()),
        ("link", joined.status()),
        ("reset", reset.status()),
        ("operator", created.status()),
    ]
}

/// Each way in under each outcome of the policy.
macro_rules! ways_in {
    ($($name:ident $lists:expr, $status:literal;)*) => {$(
        scenario!($name, async |app| {
            let lists: [&[&str]; 3] = $lists;
            let ways = ["sign up", "sign in", "refresh", "accept", "link", "reset"];
            let mut expected: Vec<_> = ways.map(|way| (way, $status)).into();
            expected.push(("operator", 200));
            assert_eq!(answers_of_ways_in(app, lists).await, expected);
        });
    )*};
}

ways_in! {
    every_way_in_is_open_without_a_policy [&[], &[], &[]], 200;
    every_way_in_is_open_to_an_allowed_domain [&["evil.test"], &[], &[]], 200;
    every_way_in_is_closed_to_other_domains [&["acme.test"], &[], &[]], 401;
    every_way_in_is_closed_to_a_blocked_domain [&[], &["evil.test"], &[]], 401;
    every_way_in_is_closed_to_a_blocked_address
        [&[], &[], &["eve@evil.test", "new@evil.test", "made@evil.test"]], 401;
}

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
