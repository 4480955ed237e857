//! Resending, expiry, and the issuers of invitations.

use std::time::Duration;

use freehold_testkit::{InvitationLink, PASSWORD, TestApp, TestUser, scenario};
use serde_json::json;

use super::{
    ALREADY_MEMBER, NO_PERMISSION, UNKNOWN_ID, count, expect_invite_error, join_by_invitation,
    roles,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NO_INVITATION: &str = "No existing invitation found for the user";

/// The same user some time later, when their session has expired.
async fn sign_in_after(app: &TestApp, who: &TestUser, time: Duration) -> TestUser {
    app.clock().advance(time);
    TestUser::sign_in(app.anonymous(), &who.email, PASSWORD).await
}

scenario!(resend_voids_the_old_link_and_restarts_expiry, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let first = ada.invite_by_link(&scope, "bob@acme.test", "editor").await;
    let ada = sign_in_after(app, &ada, 6 * DAY).await;
    let second = InvitationLink::from_response(
        &ada.resend_invitation(&scope, " BOB@acme.test")
            .await
            .expect_status(200),
    );
    assert_ne!(first.token, second.token);
    let listed = ada.list_invitations(&scope.organization, "").await;
    assert_eq!(listed.len(), 1, "it is the same invitation");
    let bob = sign_in_after(app, &bob, 6 * DAY).await;
    expect_invite_error(bob.accept_invitation(&first).await, 400, "INVITE_NOT_FOUND");
    bob.accept_invitation(&second).await.expect_status(200);
    assert_eq!(roles(app, &bob, &scope).await, "viewer editor editor");

    let ada = sign_in_after(app, &ada, Duration::ZERO).await;
    ada.resend_invitation(&scope, "bob@acme.test")
        .await
        .expect_detail(404, NO_INVITATION);
    ada.resend_invitation(&scope, "nobody@else.test")
        .await
        .expect_detail(404, NO_INVITATION);
    let own = "You cannot invite yourself to a workspace";
    ada.resend_invitation(&scope, &ada.email)
        .await
        .expect_detail(400, own);
    bob.resend_invitation(&scope, &bob.email)
        .await
        .expect_detail(403, NO_PERMISSION);
    let mut wrong = scope.clone();
    UNKNOWN_ID.clone_into(&mut wrong.workspace);
    ada.resend_invitation(&wrong, "x").await.expect_status(422);
    let gone = "Workspace not found for organization.";
    ada.resend_invitation(&wrong, "x@else.test")
        .await
        .expect_detail(404, gone);
});

scenario!(expired_invitation_can_be_resent_or_replaced, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let to_bob = ada.invite_by_link(&scope, &bob.email, "viewer").await;
    let to_cleo = ada.invite_by_link(&scope, &cleo.email, "viewer").await;
    let (bob, cleo) = (
        sign_in_after(app, &bob, 7 * DAY).await,
        sign_in_after(app, &cleo, Duration::ZERO).await,
    );
    let ada = sign_in_after(app, &ada, Duration::ZERO).await;
    expect_invite_error(bob.accept_invitation(&to_bob).await, 410, "INVITE_EXPIRED");

    let again = InvitationLink::from_response(
        &ada.resend_invitation(&scope, &bob.email)
            .await
            .expect_status(200),
    );
    bob.accept_invitation(&again).await.expect_status(200);
    // The invitation that was not resent is replaced, with all its fields.
    let another = ada.invite_by_link(&scope, &cleo.email, "editor").await;
    ada.invite(&scope, &cleo.email, "viewer")
        .await
        .expect_detail(400, ALREADY_MEMBER);
    expect_invite_error(
        cleo.accept_invitation(&to_cleo).await,
        400,
        "INVITE_NOT_FOUND",
    );
    cleo.accept_invitation(&another).await.expect_status(200);
    assert_eq!(roles(app, &cleo, &scope).await, "viewer editor editor");
    let stored = "SELECT status FROM project_invitations ORDER BY status";
    assert_eq!(
        app.db().query_texts(stored).await,
        ["accepted", "accepted", "expired"]
    );

    // Invitations of old databases without an expiry do not expire.
    let link = ada.invite_by_link(&scope, "dora@acme.test", "viewer").await;
    app.db()
        .execute("UPDATE project_invitations SET expiration_date = NULL")
        .await
        .unwrap();
    app.clock().advance(400 * DAY);
    app.sign_up("dora")
        .await
        .accept_invitation(&link)
        .await
        .expect_status(200);
});

scenario!(
    invitation_is_valid_while_its_issuer_may_send_it,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
        let bob = app.sign_up("bob").await;
        let link = adam.invite_by_link(&scope, &bob.email, "developer").await;
        let valid = async || {
            let listed = ada
                .list_invitations(&scope.organization, "?status=pending")
                .await;
            (
                listed[0]["valid"].clone(),
                listed[0]["invalid_reason"].clone(),
            )
        };
        assert_eq!(valid().await, (json!(true), json!(null)));

        ada.assign_role(&scope, &adam.email, "editor")
            .await
            .expect_status(200);
        expect_invite_error(
            bob.accept_invitation(&link).await,
            410,
            "INVITE_ISSUER_DEMOTED",
        );
        assert_eq!(valid().await, (json!(false), json!("issuer_demoted")));
        // The refused command was rolled back.
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            1
        );
        ada.assign_role(&scope, &adam.email, "admin")
            .await
            .expect_status(200);
        assert_eq!(valid().await, (json!(true), json!(null)));

        ada.remove_member(&scope, &adam.email)
            .await
            .expect_status(200);
        expect_invite_error(
            bob.accept_invitation(&link).await,
            410,
            "INVITE_ISSUER_NOT_MEMBER",
        );
        assert_eq!(valid().await, (json!(false), json!("issuer_not_member")));
        // The user who resends it becomes its issuer.
        let again = InvitationLink::from_response(
            &ada.resend_invitation(&scope, &bob.email)
                .await
                .expect_status(200),
        );
        assert_eq!(valid().await, (json!(true), json!(null)));
        bob.accept_invitation(&again).await.expect_status(200);
    }
);

scenario!(
    former_owners_invitation_is_limited_to_current_rank,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
        let bob = app.sign_up("bob").await;
        let link = ada.invite_by_link(&scope, &bob.email, "admin").await;
        ada.transfer_organization(&scope.organization, &adam.id)
            .await
            .expect_status(200);
        expect_invite_error(
            bob.accept_invitation(&link).await,
            410,
            "INVITE_ISSUER_DEMOTED",
        );
        ada.resend_invitation(&scope, &bob.email)
            .await
            .expect_detail(403, NO_PERMISSION);
        let again = InvitationLink::from_response(
            &adam
                .resend_invitation(&scope, &bob.email)
                .await
                .expect_status(200),
        );
        bob.accept_invitation(&again).await.expect_status(200);
    }
);

scenario!(invitation_with_a_removed_role_is_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
    app.db()
        .execute("UPDATE project_invitations SET role = 'boss'")
        .await
        .unwrap();
    let text = "Workspace role 'boss' is invalid.";
    bob.accept_invitation(&link).await.expect_detail(400, text);
    ada.resend_invitation(&scope, &bob.email)
        .await
        .expect_detail(400, text);
    let listed = ada.list_invitations(&scope.organization, "").await;
    assert_eq!(listed[0]["invalid_reason"], "role_invalid");
    app.db()
        .execute("UPDATE project_invitations SET role = 'editor'")
        .await
        .unwrap();
    bob.accept_invitation(&link).await.expect_status(200);
});

/// Signs a user up, who is then refused or accepted.
async fn sign_up_with_status(app: &TestApp, email: &str, status: u16) {
    let form = freehold_testkit::credentials_form(email, PASSWORD);
    let response = app
        .anonymous()
        .post("/auth/signup", &form)
        .await
        .expect_status(status);
    match status {
        200 => assert_eq!(response.json()["status"], "OK", "{response}"),
        _ => assert_eq!(*response.detail(), json!({"message": "Access Denied."})),
    }
}

scenario!(invitation_allows_sign_up_when_closed, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
    ada.invite_by_link(&scope, "bob@else.test", "viewer").await;
    ada.invite_by_link(&scope, "late@else.test", "viewer").await;
    adam.invite_by_link(&scope, "cleo@else.test", "viewer")
        .await;
    app.create_account_as_operator("dora@else.test").await;
    app.restart(|settings| {
        settings.open_sign_up = false;
        let none = [""; 0];
        let evil = freehold_domain::AccessPolicy::new(none, &["evil.test"], none);
        settings.access_policy = evil.unwrap();
    })
    .await;
    sign_up_with_status(app, "eve@else.test", 401).await;
    sign_up_with_status(app, "BOB@else.test", 200).await;
    // A user whom an operator created signs up, and a user with a password signs in.
    sign_up_with_status(app, "dora@else.test", 200).await;
    sign_up_with_status(app, "ada@acme.test", 200).await;
    // An invitation whose issuer was removed does not permit the sign-up, nor does one
    // for an address that the access policy refuses.
    ada.remove_member(&scope, &adam.email)
        .await
        .expect_status(200);
    sign_up_with_status(app, "cleo@else.test", 401).await;
    ada.invite_by_link(&scope, "x@evil.test", "viewer").await;
    sign_up_with_status(app, "x@evil.test", 401).await;
    app.clock().advance(7 * DAY);
    sign_up_with_status(app, "late@else.test", 401).await;
    assert_eq!(count(app, "users").await, 4);
});
