//! A new password for a member, made by whoever runs their workspace.

use freehold_testkit::{Person, story};
use serde_json::{Value, json};

use crate::members::{details_of_last, joins};

const NOBODY: &str = "User not found.";
const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

story!(a_link_that_sets_the_password_of_a_member, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let eve = app.person("eve").await;
    let admin = joins(app, &home, "admin", "admin").await;
    let other = joins(app, &home, "other", "admin").await;
    let bob = joins(app, &home, "bob", "developer").await;
    let asks = async |who: &Person, user: &str| {
        let path = format!(
            "/profile/reset-password?user_id={user}&workspace_id={}",
            home.workspace
        );
        who.post_nothing(&path).await
    };
    for user in [&eve.id, NOWHERE] {
        asks(&admin, user).await.expect_detail(404, NOBODY);
        asks(&ada, user).await.expect_detail(404, NOBODY);
        // Her own project does not help.
        eve.resets_password_of(&bob.id)
            .await
            .expect_detail(404, NOBODY);
    }
    for user in [&ada.id, &other.id] {
        asks(&admin, user).await.expect_detail(403, FORBIDDEN);
    }
    for user in [&ada.id, &other.id, &bob.id, &eve.id] {
        asks(&bob, user).await.expect_detail(403, FORBIDDEN);
    }
    asks(&eve, &bob.id).await.expect_detail(401, "Unauthorized");
    for (query, kind) in [("", "missing"), ("?user_id=x", "uuid_parsing")] {
        let answer = ada
            .post_nothing(&format!("/profile/reset-password{query}"))
            .await;
        assert_eq!(answer.expect(422).detail()[0]["type"], kind);
    }
    // A session may ask for its own, a key may not.
    ada.resets_password_of(&ada.id).await.expect(200);
    ada.adds_key()
        .await
        .post_nothing(&format!("/profile/reset-password?user_id={}", ada.id))
        .await
        .expect_detail(403, FORBIDDEN);

    let answer = asks(&admin, &bob.id).await.expect(200);
    let link = answer.json().as_str().unwrap();
    let (start, rest) = link.split_once("?token=").unwrap();
    assert_eq!(start, "http://localhost/auth/reset-password");
    let token = rest.strip_suffix("&tenantId=public").unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Another-Horse-8"}],
    });
    let set = app
        .stranger()
        .post("/auth/user/password/reset", &body)
        .await;
    assert_eq!(set.expect(200).json()["status"], "OK");
    bob.get("/profile").await.expect(401);
    Person::sign_in(app.stranger(), &bob.email, "Another-Horse-8").await;
    let made = details_of_last(app, "password_reset.requested").await;
    assert_eq!(made, json!({"workspace": home.workspace, "mailed": false}));
});

story!(
    with_a_mailer_the_link_goes_to_the_member_alone,
    |settings| settings.mailer = true,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let bob = joins(app, &home, "bob", "viewer").await;
        let answer = ada.resets_password_of(&bob.id).await;
        answer.expect_body(200, &Value::Null);
        let letters = app
            .db()
            .texts("SELECT CAST(payload AS TEXT) FROM outbox WHERE topic = 'letter'");
        let letter: Value = serde_json::from_str(&letters.await[0]).unwrap();
        assert_eq!(letter, json!({"letter": "password_reset", "user": bob.id}));
    }
);
