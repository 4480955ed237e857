//! Who is let in at all, and what somebody can do who may own nothing.

use freehold_domain::{AccessPolicy, AllowedOwners, Email};
use freehold_testkit::{Answer, PASSWORD, Settings, TestApp, form, story};
use serde_json::json;

fn policy(allowed: &[&str], blocked: &[&str], emails: &[&str]) -> impl FnOnce(&mut Settings) {
    let policy = AccessPolicy::new(allowed, blocked, emails).unwrap();
    |settings| settings.access = policy
}

async fn enters(app: &TestApp, path: &str, email: &str) -> Answer {
    app.stranger().post(path, &form(email, PASSWORD)).await
}

async fn kept_out(app: &TestApp, emails: &[&str]) {
    for email in emails {
        for path in ["/auth/signup", "/auth/signin"] {
            let answer = enters(app, path, email).await;
            answer.expect_detail(401, json!({"message": "Access Denied."}));
        }
    }
    assert_eq!(
        app.db()
            .number("SELECT count(*) FROM users WHERE email LIKE '%evil%'")
            .await,
        0
    );
}

async fn let_in(app: &TestApp, emails: &[&str]) {
    for email in emails {
        let answer = enters(app, "/auth/signup", email).await.expect(200);
        assert_eq!(answer.json()["status"], "OK", "{answer}");
    }
}

story!(
    blocked_domains_and_addresses_stay_out,
    policy(&[], &["evil.test"], &["mallory@fine.test"]),
    async |app| {
        kept_out(
            app,
            &[
                "a@evil.test",
                "a@deep.evil.test",
                "A@EVIL.TEST",
                "Mallory@fine.test",
            ],
        )
        .await;
        let_in(app, &["a@notevil.test", "alice@fine.test"]).await;
    }
);

story!(
    with_allowed_domains_nobody_else_comes_in,
    policy(&["acme.test"], &["deep.acme.test"], &["mallory@acme.test"]),
    async |app| {
        kept_out(
            app,
            &["a@evil.test", "a@evilacme.test", "mallory@acme.test"],
        )
        .await;
        // The other list is not read then.
        let_in(app, &["a@acme.test", "a@deep.acme.test"]).await;
    }
);

story!(
    somebody_who_is_blocked_later_is_answered_like_a_stranger,
    async |app| {
        let ada = app.person("ada").await;
        app.restart(policy(&[], &["acme.test"], &[])).await;
        kept_out(app, &[&ada.email, "nobody@acme.test"]).await;
    }
);

fn only_the_boss(settings: &mut Settings) {
    settings.owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
}

story!(
    who_may_not_own_an_organization_is_somebody_all_the_same,
    only_the_boss,
    async |app| {
        let ada = app.person("ada").await;
        assert_eq!(
            app.db().number("SELECT count(*) FROM organizations").await,
            0
        );
        assert!(ada.organizations().await.is_empty());
        assert!(ada.projects().await.is_empty());
        assert_eq!(
            ada.get("/profile").await.expect(200).json()["email"],
            "ada@acme.test"
        );
        ada.put("/profile/username", &json!({"username": "Ada"}))
            .await
            .expect(200);
        let roles = ada.get("/access/roles").await.expect(200);
        assert_eq!(roles.json()["project"][0]["role"], "owner");

        let no = "You are not allowed to create organizations. Please ask your administrator for an invitation.";
        ada.post("/organizations/", &json!({"name": "Mine"}))
            .await
            .expect_detail(403, no);
        // Inside a project there is nothing for them, and that is no reason to sign out.
        for path in ["/keys", "/projects/current"] {
            ada.get(path).await.expect(403);
        }
        ada.post_nothing("/keys").await.expect(403);
        ada.post("/simple/testsets/query", &json!({}))
            .await
            .expect(403);
        ada.with_tokens_of(ada.refreshes().await);
        assert_eq!(
            app.db().number("SELECT count(*) FROM organizations").await,
            0
        );
    }
);

story!(
    the_boss_gets_an_organization_and_may_found_more,
    only_the_boss,
    async |app| {
        let boss = app.person("Boss").await;
        boss.home().await;
        boss.founds("Second").await;
        let ada = app.person("ada").await;
        // A member of an organization works in it, and still founds none.
        let home = boss.organizations().await[0]["id"].clone();
        let roles = ["viewer", "developer", "developer"];
        app.adds_member(home.as_str().unwrap(), &ada, roles).await;
        ada.adds_key().await;
        ada.post("/organizations/", &json!({})).await.expect(403);
    }
);
