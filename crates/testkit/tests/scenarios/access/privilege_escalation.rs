//! Attempts of users to get more than their permissions allow: other users'
//! accounts, removed roles, invitation links that were not sent.

use freehold_testkit::{TestUser, scenario, scenario_with_mail};
use serde_json::{Value, json};

use crate::members::add_member;

const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";

scenario!(member_reset_link_requires_rank_everywhere, async |app| {
    let (ada, eve) = (app.sign_up("ada").await, app.sign_up("eve").await);
    let (home, eves_scope) = (ada.default_scope().await, eve.default_scope().await);
    let bob = add_member(app, &home, "bob", "developer").await;
    ada.reset_member_password(&bob.id).await.expect_status(200);
    // Now Bob is also a member of Eve's organization, where Eve has the higher rank.
    app.insert_member(&eves_scope.organization, &bob, ["viewer"; 3])
        .await;
    for who in [&ada, &eve] {
        who.reset_member_password(&bob.id)
            .await
            .expect_detail(403, FORBIDDEN);
    }
    // Cleo gets a higher rank in another workspace of the same organization.
    let (cleo, dan) = (
        add_member(app, &home, "cleo", "viewer").await,
        add_member(app, &home, "dan", "admin").await,
    );
    let second_workspace = ada.create_workspace(&home.organization, "Annex").await;
    let link = ada
        .invite_by_link(&second_workspace, &cleo.email, "admin")
        .await;
    let at_home = format!(
        "/profile/reset-password?user_id={}&workspace_id={}",
        cleo.id, home.workspace
    );
    dan.post_empty(&at_home).await.expect_status(200);
    cleo.accept_invitation(&link).await.expect_status(200);
    dan.post_empty(&at_home).await.expect_detail(403, FORBIDDEN);
    ada.post_empty(&at_home).await.expect_status(200);
});

scenario_with_mail!(
    reset_by_email_revokes_keys_of_an_earlier_account_holder,
    async |app, mailbox| {
        let first_owner = app.sign_up("bob").await;
        let key = first_owner.create_api_key().await;
        key.get("/profile").await.expect_status(200);
        let form = json!({"formFields": [{"id": "email", "value": first_owner.email}]});
        let path = "/auth/user/password/reset/token";
        app.anonymous().post(path, &form).await.expect_status(200);
        let mail = mailbox.next_to(&first_owner.email).await;
        let token = |link: &str| {
            let (_, rest) = link.split_once("token=")?;
            Some(rest.split('&').next()?.to_owned())
        };
        let token = mail.links.iter().find_map(|link| token(link)).unwrap();
        let body = |token: &str, password: &str| {
            json!({
                "method": "token", "token": token,
                "formFields": [{"id": "password", "value": password}],
            })
        };
        let path = "/auth/user/password/reset";
        let reset = app.anonymous().post(path, &body(&token, "Another-Horse-8"));
        assert_eq!(reset.await.expect_status(200).json()["status"], "OK");
        key.get("/profile").await.expect_status(401);
        first_owner.get("/profile").await.expect_status(401);
        // The new holder's keys stay valid after another reset.
        let bob = TestUser::sign_in(app.anonymous(), &first_owner.email, "Another-Horse-8").await;
        let key = bob.create_api_key().await;
        let link = app.reset_link(&bob.email).await;
        let reset = app
            .anonymous()
            .post(path, &body(&token_of(&link), "Third-Horse-9"));
        assert_eq!(reset.await.expect_status(200).json()["status"], "OK");
        key.get("/profile").await.expect_status(200);
    }
);

fn token_of(link: &str) -> String {
    link.split(['=', '&']).nth(1).unwrap().to_owned()
}

scenario!(
    member_password_emails_are_rate_limited,
    |settings| {
        settings.sends_email = true;
        settings.sign_in_limits.per_account = 5;
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let bob = add_member(app, &home, "bob", "viewer").await;
        for _ in 0..12 {
            let response = ada.reset_member_password(&bob.id).await;
            response.expect_body(200, &Value::Null);
        }
        let emails = "SELECT count(*) FROM outbox WHERE topic = 'email'";
        assert_eq!(app.db().query_number(emails).await, 5);
    }
);

scenario!(dry_run_does_not_reveal_invitation_links, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let path = format!(
        "/organizations/{}/workspaces/{}/invite",
        scope.organization, scope.workspace
    );
    let body = json!([{"email": "new@else.test"}]);
    let dry = ada.post(&format!("{path}?dry_run=true"), &body).await;
    assert_eq!(dry.expect_status(200).json()["url"], Value::Null);
    let sent = ada.post(&path, &body).await.expect_status(200);
    assert!(sent.text_field("url").contains("token="));
    let again = format!("{path}/resend?dry_run=true");
    let dry = ada.post(&again, &json!({"email": "new@else.test"})).await;
    assert_eq!(dry.expect_status(200).json()["url"], Value::Null);
});

scenario!(role_assignment_revokes_older_invitations, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "admin").await;
    app.insert_member(&scope.organization, &bob, ["viewer", "editor", "editor"])
        .await;
    ada.assign_role(&scope, &bob.email, "viewer")
        .await
        .expect_status(200);
    bob.accept_invitation(&link).await.expect_status(400);
    let projects = bob.projects().await;
    let project = projects
        .iter()
        .find(|project| project["workspace_id"] == scope.workspace);
    assert_eq!(project.unwrap()["user_role"], "viewer");
});

scenario!(
    account_enumeration_is_rate_limited,
    |settings| settings.sign_in_limits.per_address = 2,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        for n in 0..6 {
            let guessed = format!("p{n}@else.test");
            let guess = ada.assign_role(&scope, &guessed, "viewer").await;
            guess.expect_detail(404, "User not found.");
        }
        let guess = ada.assign_role(&scope, "p7@else.test", "viewer").await;
        assert_eq!(guess.expect_status(429).code(), "too_many_attempts");
    }
);
