//! The invitations that a user received: listed, accepted and declined without
//! the link, which requires a verified address.

use std::time::Duration;

use freehold_domain::Clock;
use freehold_testkit::{
    InvitationLink, PASSWORD, Response, TestApp, TestScope, TestUser, scenario, scenario_with_mail,
};
use serde_json::{Value, json};

use crate::invitations::{UNKNOWN_ID, count, expect_invite_error, join_by_invitation, roles};

pub(crate) const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
pub(crate) const NOT_FOUND: &str = "Invitation not found";

pub(crate) fn text_fields(items: &[Value], member: &str) -> Vec<String> {
    let text_fields = items
        .iter()
        .map(|it| it[member].as_str().unwrap().to_owned());
    text_fields.collect()
}

pub(crate) async fn mark_email_verified(app: &TestApp, who: &TestUser) {
    let (now, user) = (app.db().sql_time(app.clock().now()), app.sql_id(&who.id));
    let sql = format!("UPDATE users SET email_verified_at = {now} WHERE id = {user}");
    app.db().execute(&sql).await.unwrap();
}

pub(crate) async fn answer_invitation(who: &TestUser, id: &str, how: &str) -> Response {
    who.post_empty(&format!("/invitations/{id}/{how}")).await
}

pub(crate) async fn revoke_invitation(who: &TestUser, organization: &str, id: &str) -> Response {
    who.delete(&format!("/organizations/{organization}/invitations/{id}"))
        .await
}

pub(crate) async fn resend_invitation_by_id(
    who: &TestUser,
    organization: &str,
    id: &str,
) -> Response {
    who.post_empty(&format!(
        "/organizations/{organization}/invitations/{id}/resend"
    ))
    .await
}

/// Bob, whose address is verified, and Ada, who invites him.
pub(crate) async fn ada_and_bob(app: &TestApp) -> (TestUser, TestScope, TestUser) {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    mark_email_verified(app, &bob).await;
    let scope = ada.default_scope().await;
    (ada, scope, bob)
}

scenario!(inbox_requires_a_verified_address, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    ada.invite_by_link(&scope, &bob.email, "viewer").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    for refused in [
        bob.get("/invitations").await,
        answer_invitation(&bob, &id, "accept").await,
        answer_invitation(&bob, &id, "decline").await,
    ] {
        let refused = refused.expect_status(403);
        assert_eq!(refused.code(), "email_not_verified");
        assert!(
            refused.detail().as_str().unwrap().contains("email"),
            "{refused}"
        );
    }
    assert_eq!(
        count(app, "project_invitations WHERE status = 'pending'").await,
        1
    );
    mark_email_verified(app, &bob).await;
    assert_eq!(text_fields(&bob.inbox().await, "id"), [id]);
});

scenario!(inbox_lists_acceptable_invitations, async |app| {
    let (ada, scope, bob) = ada_and_bob(app).await;
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
    ada.invite_by_link(&scope, "Bob@acme.test", "editor").await;
    ada.invite_by_link(&scope, "cleo@acme.test", "viewer").await;
    let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
    let seen = bob.inbox().await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    let issuer_json = json!({"id": ada.id, "username": "ada"});
    let (created, expires) = (seen[0]["created_at"].clone(), seen[0]["expires_at"].clone());
    assert!(created.as_str().unwrap().ends_with('Z') && created != expires);
    assert_eq!(
        seen,
        [json!({
            "id": id, "role": "editor", "created_at": created, "expires_at": expires,
            "organization": {"id": scope.organization, "name": "ada"},
            "workspace": {"id": scope.workspace, "name": "Default"},
            "issuer": issuer_json,
        })]
    );
    // Revoked and expired invitations are not listed, nor is one whose issuer could not
    // issue it any more.
    let second = adam.create_organization("Second").await;
    let other_scope = adam.default_scope_in(&second).await;
    adam.invite_by_link(&other_scope, &bob.email, "viewer")
        .await;
    assert_eq!(
        text_fields(&bob.inbox().await, "role"),
        ["viewer", "editor"],
        "newest first"
    );
    let last = adam.newest_invitation_id(&second, &bob.email).await;
    revoke_invitation(&adam, &second, &last)
        .await
        .expect_status(200);
    resend_invitation_by_id(&adam, &scope.organization, &id)
        .await
        .expect_status(200);
    ada.assign_role(&scope, &adam.email, "viewer")
        .await
        .expect_status(200);
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
    resend_invitation_by_id(&ada, &scope.organization, &id)
        .await
        .expect_status(200);
    assert_eq!(bob.inbox().await.len(), 1);
    app.clock().advance(WEEK);
    let bob = TestUser::sign_in(app.anonymous(), &bob.email, PASSWORD).await;
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
});

scenario!(an_inbox_accepts_and_declines, async |app| {
    let (ada, scope, bob) = ada_and_bob(app).await;
    let eve = app.sign_up("eve").await;
    mark_email_verified(app, &eve).await;
    let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    for (who, id) in [(&eve, id.as_str()), (&bob, UNKNOWN_ID), (&bob, "nonsense")] {
        for how in ["accept", "decline"] {
            answer_invitation(who, id, how)
                .await
                .expect_detail(404, NOT_FOUND);
        }
    }
    let declined = json!({"id": id, "status": "declined"});
    answer_invitation(&bob, &id, "decline")
        .await
        .expect_body(200, &declined);
    answer_invitation(&bob, &id, "decline")
        .await
        .expect_detail(404, NOT_FOUND);
    expect_invite_error(
        answer_invitation(&bob, &id, "accept").await,
        400,
        "INVITE_NOT_FOUND",
    );
    expect_invite_error(bob.accept_invitation(&link).await, 400, "INVITE_NOT_FOUND");
    assert_eq!(roles(app, &bob, &scope).await, "");

    // A declined invitation can be issued again.
    ada.invite_by_link(&scope, &bob.email, "editor").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    let (organization, workspace) = (&scope.organization, &scope.workspace);
    answer_invitation(&bob, &id, "accept").await.expect_body(
        200,
        &json!({
            "message": "Added user to workspace", "organization_id": organization,
            "workspace_id": workspace, "project_id": scope.project, "role": "editor",
        }),
    );
    assert_eq!(roles(app, &bob, &scope).await, "viewer editor editor");
    expect_invite_error(
        answer_invitation(&bob, &id, "accept").await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    answer_invitation(&bob, &id, "decline")
        .await
        .expect_detail(404, NOT_FOUND);
    let listed = ada.list_invitations(organization, "").await;
    assert_eq!(text_fields(&listed, "status"), ["accepted", "declined"]);
});

scenario!(inbox_refuses_invitations_of_former_issuers, async |app| {
    let (ada, scope, bob) = ada_and_bob(app).await;
    let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
    adam.invite_by_link(&scope, &bob.email, "editor").await;
    let id = ada
        .newest_invitation_id(&scope.organization, &bob.email)
        .await;
    ada.remove_member(&scope, &adam.email)
        .await
        .expect_status(200);
    expect_invite_error(
        answer_invitation(&bob, &id, "accept").await,
        410,
        "INVITE_ISSUER_NOT_MEMBER",
    );
    app.clock().advance(WEEK);
    let bob = TestUser::sign_in(app.anonymous(), &bob.email, PASSWORD).await;
    expect_invite_error(
        answer_invitation(&bob, &id, "accept").await,
        410,
        "INVITE_EXPIRED",
    );
});

scenario_with_mail!(
    accepting_an_emailed_invitation_verifies_the_address,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let bob = app.sign_up("bob").await;
        let verified = format!(
            "users WHERE email_verified_at IS NOT NULL AND id = {}",
            app.sql_id(&bob.id)
        );
        ada.invite(&scope, &bob.email, "editor")
            .await
            .expect_body(200, &json!(true));
        let mail = mailbox.next_to(&bob.email).await;
        assert_eq!(mail.subject, "ada invited you to join their organization");
        let first = InvitationLink::parse(&mail.links[0]);
        assert_eq!(first.scope.project, scope.project);
        let listed = ada.list_invitations(&scope.organization, "").await;
        assert!(listed[0]["sent_at"].is_string(), "{listed:?}");

        // One invitation by its id: an object, without the link, which is only sent by email.
        let id = ada
            .newest_invitation_id(&scope.organization, &bob.email)
            .await;
        let sent = resend_invitation_by_id(&ada, &scope.organization, &id)
            .await
            .expect_status(200);
        assert_eq!(sent.text_field("delivery"), "email");
        assert_eq!(sent.json().get("url"), None);
        let second = InvitationLink::parse(&mailbox.next_to(&bob.email).await.links[0]);
        expect_invite_error(bob.accept_invitation(&first).await, 400, "INVITE_NOT_FOUND");
        assert_eq!(count(app, &verified).await, 0);
        bob.accept_invitation(&second).await.expect_status(200);
        assert_eq!(count(app, &verified).await, 1);
        assert_eq!(bob.inbox().await, Vec::<Value>::new());
        let joined = mailbox.next_to(&ada.email).await;
        assert!(
            joined.subject.starts_with("New Member Joined"),
            "{}",
            joined.subject
        );
    }
);

scenario!(
    accepting_a_copied_link_does_not_verify_the_address,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let bob = join_by_invitation(app, &ada, &scope, "bob", "viewer").await;
        bob.get("/invitations").await.expect_status(403);
        assert_eq!(
            count(app, "users WHERE email_verified_at IS NOT NULL").await,
            0
        );
    }
);
