//! An organization's list of invitations with their states, in pages, for members
//! who may invite; and resending and revoking one by its id.

use freehold_testkit::{InvitationLink, PASSWORD, TestUser, scenario};
use serde_json::{Value, json};

use super::{NO_PERMISSION, UNKNOWN_ID, join_by_invitation};
use crate::invitations::inbox::{
    NOT_FOUND, WEEK, ada_and_bob, answer_invitation, mark_email_verified, resend_invitation_by_id,
    revoke_invitation, text_fields,
};

scenario!(list_shows_each_invitations_state, async |app| {
    let (ada, scope, bob) = ada_and_bob(app).await;
    let organization = scope.organization.clone();
    ada.invite_by_link(&scope, "late@acme.test", "viewer").await;
    app.clock().advance(WEEK);
    let ada = TestUser::sign_in(app.anonymous(), &ada.email, PASSWORD).await;
    let bob = TestUser::sign_in(app.anonymous(), &bob.email, PASSWORD).await;
    for name in ["bob", "no", "gone", "open"] {
        ada.invite_by_link(&scope, &format!("{name}@acme.test"), "viewer")
            .await;
    }
    let no = app.sign_up("no").await;
    mark_email_verified(app, &no).await;
    let of = async |name: &str| {
        ada.newest_invitation_id(&organization, &format!("{name}@acme.test"))
            .await
    };
    answer_invitation(&bob, &of("bob").await, "accept")
        .await
        .expect_status(200);
    answer_invitation(&no, &of("no").await, "decline")
        .await
        .expect_status(200);
    let gone = of("gone").await;
    let revoked = json!({"id": gone, "status": "revoked"});
    revoke_invitation(&ada, &organization, &gone)
        .await
        .expect_body(200, &revoked);

    let all = ada.list_invitations(&organization, "").await;
    let states = ["pending", "revoked", "declined", "accepted", "expired"];
    assert_eq!(text_fields(&all, "status"), states);
    for (one, status) in all.iter().zip(states) {
        let only = ada
            .list_invitations(&organization, &format!("?status={status}"))
            .await;
        assert_eq!(only, std::slice::from_ref(one), "{status}");
        assert_eq!(one["valid"], status == "pending");
        assert_eq!(one["invalid_reason"], Value::Null);
        assert_eq!(one["issuer"], json!({"id": ada.id, "username": "ada"}));
        assert_eq!(one["workspace_id"], scope.workspace);
        assert_eq!(one["sent_at"], Value::Null, "the link was returned");
        assert_eq!(one.get("token"), None);
    }
    // An accepted or declined invitation does not change; an expired one can be resent.
    for status in ["revoked", "declined", "accepted"] {
        let id = &text_fields(
            &ada.list_invitations(&organization, &format!("?status={status}"))
                .await,
            "id",
        )[0];
        let none = "No existing invitation found for the user";
        revoke_invitation(&ada, &organization, id)
            .await
            .expect_detail(404, none);
        resend_invitation_by_id(&ada, &organization, id)
            .await
            .expect_detail(404, none);
    }
    let sent = resend_invitation_by_id(&ada, &organization, &of("late").await)
        .await
        .expect_status(200);
    assert_eq!(
        (sent.text_field("id"), sent.text_field("delivery")),
        (of("late").await, "link".to_owned())
    );
    let late = app.sign_up("late").await;
    late.accept_invitation(&InvitationLink::from_response(&sent))
        .await
        .expect_status(200);
});

scenario!(invitation_list_is_paginated, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    for n in 0..5 {
        ada.invite_by_link(&scope, &format!("n{n}@else.test"), "viewer")
            .await;
    }
    let path = format!("/organizations/{}/invitations", scope.organization);
    let (mut seen, mut query) = (Vec::new(), "?limit=2&status=pending".to_owned());
    loop {
        let page = ada.get(&format!("{path}{query}")).await.expect_status(200);
        seen.extend(text_fields(
            page.json()["invitations"].as_array().unwrap(),
            "email",
        ));
        let next = page.json()["next"].clone();
        let Some(link) = page.header("link") else {
            assert_eq!(next, Value::Null);
            break;
        };
        let (target, rest) = link.trim_start_matches('<').split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        assert!(target.ends_with(&format!("cursor={}", next.as_str().unwrap())));
        target.clone_into(&mut query);
    }
    let newest_first: Vec<_> = (0..5).rev().map(|n| format!("n{n}@else.test")).collect();
    assert_eq!(seen, newest_first);
    for wrong in ["limit=0", "limit=201", "limit=x", "cursor=x", "status=open"] {
        let response = ada.get(&format!("{path}?{wrong}")).await.expect_status(422);
        let (name, _) = wrong.split_once('=').unwrap();
        assert_eq!(response.detail()[0]["loc"], json!(["query", name]));
    }
});

scenario!(invitation_list_requires_invite_permission, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let organization = scope.organization.clone();
    let second = ada.create_workspace(&organization, "Second").await;
    let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
    let carol = join_by_invitation(app, &ada, &scope, "carol", "viewer").await;
    let eve = app.sign_up("eve").await;
    ada.invite_by_link(&scope, "one@else.test", "viewer").await;
    ada.invite_by_link(&second, "two@else.test", "viewer").await;
    let one = ada
        .newest_invitation_id(&organization, "one@else.test")
        .await;
    let two = ada
        .newest_invitation_id(&organization, "two@else.test")
        .await;

    let pending = "?status=pending";
    let seen = async |who: &TestUser| {
        text_fields(&who.list_invitations(&organization, pending).await, "email")
    };
    assert_eq!(seen(&ada).await, ["two@else.test", "one@else.test"]);
    assert_eq!(
        seen(&adam).await,
        ["one@else.test"],
        "of the workspace that he manages"
    );
    let path = format!("/organizations/{organization}/invitations");
    carol.get(&path).await.expect_detail(403, NO_PERMISSION);
    let missing = "Workspace not found for organization.";
    eve.get(&path).await.expect_detail(404, missing);
    for unknown in [UNKNOWN_ID, "nonsense"] {
        let path = format!("/organizations/{unknown}/invitations");
        ada.get(&path).await.expect_detail(404, missing);
    }

    // Invitations that they cannot list are not found.
    for (who, id) in [(&eve, &one), (&eve, &two), (&adam, &two), (&carol, &two)] {
        revoke_invitation(who, &organization, id)
            .await
            .expect_detail(404, NOT_FOUND);
        resend_invitation_by_id(who, &organization, id)
            .await
            .expect_detail(404, NOT_FOUND);
    }
    revoke_invitation(&carol, &organization, &one)
        .await
        .expect_detail(403, NO_PERMISSION);
    resend_invitation_by_id(&carol, &organization, &one)
        .await
        .expect_detail(403, NO_PERMISSION);
    for unknown in [UNKNOWN_ID, "nonsense"] {
        revoke_invitation(&ada, &organization, unknown)
            .await
            .expect_detail(404, NOT_FOUND);
        revoke_invitation(&ada, unknown, &one)
            .await
            .expect_detail(404, NOT_FOUND);
        resend_invitation_by_id(&ada, unknown, &one)
            .await
            .expect_detail(404, NOT_FOUND);
    }
    let elsewhere = eve.only_organization_id().await;
    revoke_invitation(&eve, &elsewhere, &one)
        .await
        .expect_detail(404, NOT_FOUND);
    // An admin cannot resend an invitation to a role that only the owner can assign,
    // but can revoke it.
    ada.invite_by_link(&scope, "boss@else.test", "admin").await;
    let boss = ada
        .newest_invitation_id(&organization, "boss@else.test")
        .await;
    resend_invitation_by_id(&adam, &organization, &boss)
        .await
        .expect_detail(403, NO_PERMISSION);
    revoke_invitation(&adam, &organization, &boss)
        .await
        .expect_status(200);
    assert_eq!(seen(&adam).await, ["one@else.test"]);
});
