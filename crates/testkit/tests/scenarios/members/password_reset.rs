//! Password resets of members by the administrators of their workspace.

use freehold_testkit::{TestUser, scenario};
use serde_json::{Value, json};

use crate::members::{add_member, last_event_details};

const USER_NOT_FOUND: &str = "User not found.";
const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";
const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

scenario!(manager_creates_a_members_reset_link, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let eve = app.sign_up("eve").await;
    let admin = add_member(app, &home, "admin", "admin").await;
    let other = add_member(app, &home, "other", "admin").await;
    let bob = add_member(app, &home, "bob", "developer").await;
    let send_reset = async |who: &TestUser, user: &str| {
        let path = format!(
            "/profile/reset-password?user_id={user}&workspace_id={}",
            home.workspace
        );
        who.post_empty(&path).await
    };
    for user in [&eve.id, UNKNOWN_ID] {
        send_reset(&admin, user)
            .await
            .expect_detail(404, USER_NOT_FOUND);
        send_reset(&ada, user)
            .await
            .expect_detail(404, USER_NOT_FOUND);
        // Eve's own project makes no difference.
        eve.reset_member_password(&bob.id)
            .await
            .expect_detail(404, USER_NOT_FOUND);
    }
    for user in [&ada.id, &other.id] {
        send_reset(&admin, user).await.expect_detail(403, FORBIDDEN);
    }
    for user in [&ada.id, &other.id, &bob.id, &eve.id] {
        send_reset(&bob, user).await.expect_detail(403, FORBIDDEN);
    }
    send_reset(&eve, &bob.id)
        .await
        .expect_detail(401, "Unauthorized");
    for (query, kind) in [("", "missing"), ("?user_id=x", "uuid_parsing")] {
        let response = ada
            .post_empty(&format!("/profile/reset-password{query}"))
            .await;
        assert_eq!(response.expect_status(422).detail()[0]["type"], kind);
    }
    // A user may reset their own password with a session, but not with a key.
    ada.reset_member_password(&ada.id).await.expect_status(200);
    ada.create_api_key()
        .await
        .post_empty(&format!("/profile/reset-password?user_id={}", ada.id))
        .await
        .expect_detail(403, FORBIDDEN);

    let response = send_reset(&admin, &bob.id).await.expect_status(200);
    let link = response.json().as_str().unwrap();
    let (start, rest) = link.split_once("?token=").unwrap();
    assert_eq!(start, "http://localhost/auth/reset-password");
    let token = rest.strip_suffix("&tenantId=public").unwrap();
    let body = json!({
        "method": "token", "token": token,
        "formFields": [{"id": "password", "value": "Another-Horse-8"}],
    });
    let set = app
        .anonymous()
        .post("/auth/user/password/reset", &body)
        .await;
    assert_eq!(set.expect_status(200).json()["status"], "OK");
    bob.get("/profile").await.expect_status(401);
    TestUser::sign_in(app.anonymous(), &bob.email, "Another-Horse-8").await;
    let made = last_event_details(app, "password_reset.requested").await;
    assert_eq!(made, json!({"workspace": home.workspace, "mailed": false}));
});

scenario!(
    with_a_mailer_the_link_is_emailed_to_the_member_only,
    |settings| settings.sends_email = true,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let bob = add_member(app, &home, "bob", "viewer").await;
        let response = ada.reset_member_password(&bob.id).await;
        response.expect_body(200, &Value::Null);
        let emails = app
            .db()
            .query_texts("SELECT CAST(payload AS TEXT) FROM outbox WHERE topic = 'email'");
        let email: Value = serde_json::from_str(&emails.await[0]).unwrap();
        assert_eq!(email, json!({"template": "password_reset", "user": bob.id}));
    }
);
