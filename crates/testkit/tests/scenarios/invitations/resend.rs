//! Sending again, running out, and who still stands behind what was sent.

use std::time::Duration;

use freehold_testkit::{InviteLink, PASSWORD, Person, TestApp, story};
use serde_json::json;

use super::{ALREADY, NO_RIGHT, NOWHERE, count, joins, roles, says};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NONE: &str = "No existing invitation found for the user";

/// The same person some time later, when their session has run out.
async fn later(app: &TestApp, who: &Person, time: Duration) -> Person {
    app.clock().pass(time);
    Person::sign_in(app.stranger(), &who.email, PASSWORD).await
}

story!(
    sending_again_voids_the_old_link_and_begins_the_week_anew,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let bob = app.person("bob").await;
        let first = ada.invites_by_link(&place, "bob@acme.test", "editor").await;
        let ada = later(app, &ada, 6 * DAY).await;
        let second = InviteLink::of(&ada.asks_again(&place, " BOB@acme.test").await.expect(200));
        assert_ne!(first.token, second.token);
        let listed = ada.lists_invitations(&place.organization, "").await;
        assert_eq!(listed.len(), 1, "it is the same invitation");
        let bob = later(app, &bob, 6 * DAY).await;
        says(bob.accepts(&first).await, 400, "INVITE_NOT_FOUND");
        bob.accepts(&second).await.expect(200);
        assert_eq!(roles(app, &bob, &place).await, "viewer editor editor");

        let ada = later(app, &ada, Duration::ZERO).await;
        ada.asks_again(&place, "bob@acme.test")
            .await
            .expect_detail(404, NONE);
        ada.asks_again(&place, "nobody@else.test")
            .await
            .expect_detail(404, NONE);
        let own = "You cannot invite yourself to a workspace";
        ada.asks_again(&place, &ada.email)
            .await
            .expect_detail(400, own);
        bob.asks_again(&place, &bob.email)
            .await
            .expect_detail(403, NO_RIGHT);
        let mut wrong = place.clone();
        NOWHERE.clone_into(&mut wrong.workspace);
        ada.asks_again(&wrong, "x").await.expect(422);
        let gone = "Workspace not found for organization.";
        ada.asks_again(&wrong, "x@else.test")
            .await
            .expect_detail(404, gone);
    }
);

story!(what_ran_out_can_be_sent_again_or_replaced, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let to_bob = ada.invites_by_link(&place, &bob.email, "viewer").await;
    let to_cleo = ada.invites_by_link(&place, &cleo.email, "viewer").await;
    let (bob, cleo) = (
        later(app, &bob, 7 * DAY).await,
        later(app, &cleo, Duration::ZERO).await,
    );
    let ada = later(app, &ada, Duration::ZERO).await;
    says(bob.accepts(&to_bob).await, 410, "INVITE_EXPIRED");

    let again = InviteLink::of(&ada.asks_again(&place, &bob.email).await.expect(200));
    bob.accepts(&again).await.expect(200);
    // The one that nobody sent again gives way, with all that it said.
    let another = ada.invites_by_link(&place, &cleo.email, "editor").await;
    ada.invites(&place, &cleo.email, "viewer")
        .await
        .expect_detail(400, ALREADY);
    says(cleo.accepts(&to_cleo).await, 400, "INVITE_NOT_FOUND");
    cleo.accepts(&another).await.expect(200);
    assert_eq!(roles(app, &cleo, &place).await, "viewer editor editor");
    let stored = "SELECT status FROM project_invitations ORDER BY status";
    assert_eq!(
        app.db().texts(stored).await,
        ["accepted", "accepted", "expired"]
    );

    // Those of old databases that say no end have none.
    let link = ada
        .invites_by_link(&place, "dora@acme.test", "viewer")
        .await;
    app.db()
        .raw("UPDATE project_invitations SET expiration_date = NULL")
        .await
        .unwrap();
    app.clock().pass(400 * DAY);
    app.person("dora").await.accepts(&link).await.expect(200);
});

story!(
    an_invitation_is_good_as_long_as_its_issuer_could_send_it,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let adam = joins(app, &ada, &place, "adam", "admin").await;
        let bob = app.person("bob").await;
        let link = adam.invites_by_link(&place, &bob.email, "developer").await;
        let valid = async || {
            let listed = ada
                .lists_invitations(&place.organization, "?status=pending")
                .await;
            (
                listed[0]["valid"].clone(),
                listed[0]["invalid_reason"].clone(),
            )
        };
        assert_eq!(valid().await, (json!(true), json!(null)));

        ada.assigns(&place, &adam.email, "editor").await.expect(200);
        says(bob.accepts(&link).await, 410, "INVITE_ISSUER_DEMOTED");
        assert_eq!(valid().await, (json!(false), json!("issuer_demoted")));
        // What was refused was undone.
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            1
        );
        ada.assigns(&place, &adam.email, "admin").await.expect(200);
        assert_eq!(valid().await, (json!(true), json!(null)));

        ada.removes(&place, &adam.email).await.expect(200);
        says(bob.accepts(&link).await, 410, "INVITE_ISSUER_GONE");
        assert_eq!(valid().await, (json!(false), json!("issuer_gone")));
        // Whoever sends it again stands behind it.
        let again = InviteLink::of(&ada.asks_again(&place, &bob.email).await.expect(200));
        assert_eq!(valid().await, (json!(true), json!(null)));
        bob.accepts(&again).await.expect(200);
    }
);

story!(
    what_an_owner_could_give_a_former_owner_cannot,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let adam = joins(app, &ada, &place, "adam", "admin").await;
        let bob = app.person("bob").await;
        let link = ada.invites_by_link(&place, &bob.email, "admin").await;
        ada.transfers(&place.organization, &adam.id)
            .await
            .expect(200);
        says(bob.accepts(&link).await, 410, "INVITE_ISSUER_DEMOTED");
        ada.asks_again(&place, &bob.email)
            .await
            .expect_detail(403, NO_RIGHT);
        let again = InviteLink::of(&adam.asks_again(&place, &bob.email).await.expect(200));
        bob.accepts(&again).await.expect(200);
    }
);

story!(a_role_that_is_no_more_lets_nobody_in, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "editor").await;
    app.db()
        .raw("UPDATE project_invitations SET role = 'boss'")
        .await
        .unwrap();
    let text = "Workspace role 'boss' is invalid.";
    bob.accepts(&link).await.expect_detail(400, text);
    ada.asks_again(&place, &bob.email)
        .await
        .expect_detail(400, text);
    let listed = ada.lists_invitations(&place.organization, "").await;
    assert_eq!(listed[0]["invalid_reason"], "role_invalid");
    app.db()
        .raw("UPDATE project_invitations SET role = 'editor'")
        .await
        .unwrap();
    bob.accepts(&link).await.expect(200);
});

/// Signs up, and is kept out or let in.
async fn signs_up(app: &TestApp, email: &str, status: u16) {
    let form = freehold_testkit::form(email, PASSWORD);
    let answer = app
        .stranger()
        .post("/auth/signup", &form)
        .await
        .expect(status);
    match status {
        200 => assert_eq!(answer.json()["status"], "OK", "{answer}"),
        _ => assert_eq!(*answer.detail(), json!({"message": "Access Denied."})),
    }
}

story!(
    where_sign_up_is_closed_an_invitation_opens_it,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let adam = joins(app, &ada, &place, "adam", "admin").await;
        ada.invites_by_link(&place, "bob@else.test", "viewer").await;
        ada.invites_by_link(&place, "late@else.test", "viewer")
            .await;
        adam.invites_by_link(&place, "cleo@else.test", "viewer")
            .await;
        app.operator_makes("dora@else.test").await;
        app.restart(|settings| {
            settings.open_sign_up = false;
            let none = [""; 0];
            let evil = freehold_domain::AccessPolicy::new(none, &["evil.test"], none);
            settings.access = evil.unwrap();
        })
        .await;
        signs_up(app, "eve@else.test", 401).await;
        signs_up(app, "BOB@else.test", 200).await;
        // Whom an operator made signs up, and whoever has an account signs in.
        signs_up(app, "dora@else.test", 200).await;
        signs_up(app, "ada@acme.test", 200).await;
        // An invitation that nobody stands behind opens nothing, and one to whom
        // the access policy keeps out neither.
        ada.removes(&place, &adam.email).await.expect(200);
        signs_up(app, "cleo@else.test", 401).await;
        ada.invites_by_link(&place, "x@evil.test", "viewer").await;
        signs_up(app, "x@evil.test", 401).await;
        app.clock().pass(7 * DAY);
        signs_up(app, "late@else.test", 401).await;
        assert_eq!(count(app, "users").await, 4);
    }
);
