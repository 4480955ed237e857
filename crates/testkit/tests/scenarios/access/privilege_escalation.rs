//! What somebody with a right of their own could try in order to get at what is
//! not theirs: accounts, roles that were taken away, links that are not out yet.

use freehold_testkit::{Person, story, story_with_mail};
use serde_json::{Value, json};

use crate::members::joins;

const FORBIDDEN: &str =
    "You do not have access to perform this action. Please contact your organization admin.";

story!(
    a_reset_link_opens_no_more_than_whoever_asks_may,
    async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (home, trap) = (ada.place().await, eve.place().await);
        let bob = joins(app, &home, "bob", "developer").await;
        ada.resets_password_of(&bob.id).await.expect(200);
        // Now he is in Eve's organization as well, and she is above him there.
        app.adds_member(&trap.organization, &bob, ["viewer"; 3])
            .await;
        for who in [&ada, &eve] {
            who.resets_password_of(&bob.id)
                .await
                .expect_detail(403, FORBIDDEN);
        }
        // In her own organization he may be more in another workspace.
        let (cleo, dan) = (
            joins(app, &home, "cleo", "viewer").await,
            joins(app, &home, "dan", "admin").await,
        );
        let annex = ada.adds_workspace(&home.organization, "Annex").await;
        let link = ada.invites_by_link(&annex, &cleo.email, "admin").await;
        let at_home = format!(
            "/profile/reset-password?user_id={}&workspace_id={}",
            cleo.id, home.workspace
        );
        dan.post_nothing(&at_home).await.expect(200);
        cleo.accepts(&link).await.expect(200);
        dan.post_nothing(&at_home)
            .await
            .expect_detail(403, FORBIDDEN);
        ada.post_nothing(&at_home).await.expect(200);
    }
);

story_with_mail!(
    whoever_had_the_address_first_keeps_no_key_to_it,
    async |app, mailbox| {
        let squatter = app.person("bob").await;
        let key = squatter.adds_key().await;
        key.get("/profile").await.expect(200);
        let asked = json!({"formFields": [{"id": "email", "value": squatter.email}]});
        let path = "/auth/user/password/reset/token";
        app.stranger().post(path, &asked).await.expect(200);
        let mail = mailbox.next_to(&squatter.email).await;
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
        let done = app.stranger().post(path, &body(&token, "Another-Horse-8"));
        assert_eq!(done.await.expect(200).json()["status"], "OK");
        key.get("/profile").await.expect(401);
        squatter.get("/profile").await.expect(401);
        // From then on it is theirs, and another reset takes no key.
        let bob = Person::sign_in(app.stranger(), &squatter.email, "Another-Horse-8").await;
        let key = bob.adds_key().await;
        let link = app.reset_link(&bob.email).await;
        let done = app
            .stranger()
            .post(path, &body(&token_of(&link), "Third-Horse-9"));
        assert_eq!(done.await.expect(200).json()["status"], "OK");
        key.get("/profile").await.expect(200);
    }
);

fn token_of(link: &str) -> String {
    link.split(['=', '&']).nth(1).unwrap().to_owned()
}

story!(
    nobody_fills_a_members_mailbox,
    |settings| {
        settings.mailer = true;
        settings.limits.per_account = 5;
    },
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let bob = joins(app, &home, "bob", "viewer").await;
        for _ in 0..12 {
            let answer = ada.resets_password_of(&bob.id).await;
            answer.expect_body(200, &Value::Null);
        }
        let letters = "SELECT count(*) FROM outbox WHERE topic = 'letter'";
        assert_eq!(app.db().number(letters).await, 5);
    }
);

story!(a_rehearsal_shows_no_link_of_tomorrow, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let path = format!(
        "/organizations/{}/workspaces/{}/invite",
        place.organization, place.workspace
    );
    let body = json!([{"email": "new@else.test"}]);
    let dry = ada.post(&format!("{path}?dry_run=true"), &body).await;
    assert_eq!(dry.expect(200).json()["url"], Value::Null);
    let sent = ada.post(&path, &body).await.expect(200);
    assert!(sent.word("url").contains("token="));
    let again = format!("{path}/resend?dry_run=true");
    let dry = ada.post(&again, &json!({"email": "new@else.test"})).await;
    assert_eq!(dry.expect(200).json()["url"], Value::Null);
});

story!(an_old_invitation_brings_no_role_back, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "admin").await;
    app.adds_member(&place.organization, &bob, ["viewer", "editor", "editor"])
        .await;
    ada.assigns(&place, &bob.email, "viewer").await.expect(200);
    bob.accepts(&link).await.expect(400);
    let projects = bob.projects().await;
    let there = projects
        .iter()
        .find(|it| it["workspace_id"] == place.workspace);
    assert_eq!(there.unwrap()["user_role"], "viewer");
});

story!(
    who_has_an_account_is_not_guessed_for_free,
    |settings| settings.limits.per_address = 2,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        for n in 0..6 {
            let guessed = format!("p{n}@else.test");
            let guess = ada.assigns(&place, &guessed, "viewer").await;
            guess.expect_detail(404, "User not found.");
        }
        let guess = ada.assigns(&place, "p7@else.test", "viewer").await;
        assert_eq!(guess.expect(429).code(), "too_many_attempts");
    }
);
