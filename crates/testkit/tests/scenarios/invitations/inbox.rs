//! The invitations that somebody has got: seen and answered without the link,
//! for which their address has to be proven first.

use std::time::Duration;

use freehold_domain::Clock;
use freehold_testkit::{
    Answer, InviteLink, PASSWORD, Person, Place, TestApp, story, story_with_mail,
};
use serde_json::{Value, json};

use crate::invitations::{NOWHERE, count, joins, roles, says};

pub(crate) const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
pub(crate) const NOT_FOUND: &str = "Invitation not found";

pub(crate) fn words(items: &[Value], member: &str) -> Vec<String> {
    let words = items
        .iter()
        .map(|it| it[member].as_str().unwrap().to_owned());
    words.collect()
}

pub(crate) async fn proves(app: &TestApp, who: &Person) {
    let (now, user) = (app.db().time(app.clock().now()), app.sql(&who.id));
    let sql = format!("UPDATE users SET email_verified_at = {now} WHERE id = {user}");
    app.db().raw(&sql).await.unwrap();
}

pub(crate) async fn answers(who: &Person, id: &str, how: &str) -> Answer {
    who.post_nothing(&format!("/invitations/{id}/{how}")).await
}

pub(crate) async fn revokes(who: &Person, organization: &str, id: &str) -> Answer {
    who.delete(&format!("/organizations/{organization}/invitations/{id}"))
        .await
}

pub(crate) async fn resends(who: &Person, organization: &str, id: &str) -> Answer {
    who.post_nothing(&format!(
        "/organizations/{organization}/invitations/{id}/resend"
    ))
    .await
}

/// Bob, whose address is proven, and Ada, who asks him.
pub(crate) async fn ada_and_bob(app: &TestApp) -> (Person, Place, Person) {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    proves(app, &bob).await;
    let place = ada.place().await;
    (ada, place, bob)
}

story!(
    nobody_answers_for_an_address_that_is_not_proven,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let bob = app.person("bob").await;
        ada.invites_by_link(&place, &bob.email, "viewer").await;
        let id = ada.invitation_of(&place.organization, &bob.email).await;
        for refused in [
            bob.get("/invitations").await,
            answers(&bob, &id, "accept").await,
            answers(&bob, &id, "decline").await,
        ] {
            let refused = refused.expect(403);
            assert_eq!(refused.code(), "email_not_verified");
            assert!(
                refused.detail().as_str().unwrap().contains("e-mail"),
                "{refused}"
            );
        }
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            1
        );
        proves(app, &bob).await;
        assert_eq!(words(&bob.inbox().await, "id"), [id]);
    }
);

story!(an_inbox_shows_what_can_be_accepted, async |app| {
    let (ada, place, bob) = ada_and_bob(app).await;
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
    ada.invites_by_link(&place, "Bob@acme.test", "editor").await;
    ada.invites_by_link(&place, "cleo@acme.test", "viewer")
        .await;
    let adam = joins(app, &ada, &place, "adam", "admin").await;
    let seen = bob.inbox().await;
    let id = ada.invitation_of(&place.organization, &bob.email).await;
    let ada_is = json!({"id": ada.id, "username": "ada"});
    let (created, expires) = (seen[0]["created_at"].clone(), seen[0]["expires_at"].clone());
    assert!(created.as_str().unwrap().ends_with('Z') && created != expires);
    assert_eq!(
        seen,
        [json!({
            "id": id, "role": "editor", "created_at": created, "expires_at": expires,
            "organization": {"id": place.organization, "name": "ada"},
            "workspace": {"id": place.workspace, "name": "Default"},
            "issuer": ada_is,
        })]
    );
    // What nobody stands behind, what was taken back and what ran out is not.
    let second = adam.founds("Second").await;
    let theirs = adam.place_in(&second).await;
    adam.invites_by_link(&theirs, &bob.email, "viewer").await;
    assert_eq!(
        words(&bob.inbox().await, "role"),
        ["viewer", "editor"],
        "newest first"
    );
    let last = adam.invitation_of(&second, &bob.email).await;
    revokes(&adam, &second, &last).await.expect(200);
    resends(&adam, &place.organization, &id).await.expect(200);
    ada.assigns(&place, &adam.email, "viewer").await.expect(200);
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
    resends(&ada, &place.organization, &id).await.expect(200);
    assert_eq!(bob.inbox().await.len(), 1);
    app.clock().pass(WEEK);
    let bob = Person::sign_in(app.stranger(), &bob.email, PASSWORD).await;
    assert_eq!(bob.inbox().await, Vec::<Value>::new());
});

story!(an_inbox_accepts_and_declines, async |app| {
    let (ada, place, bob) = ada_and_bob(app).await;
    let eve = app.person("eve").await;
    proves(app, &eve).await;
    let link = ada.invites_by_link(&place, &bob.email, "editor").await;
    let id = ada.invitation_of(&place.organization, &bob.email).await;
    for (who, id) in [(&eve, id.as_str()), (&bob, NOWHERE), (&bob, "nonsense")] {
        for how in ["accept", "decline"] {
            answers(who, id, how).await.expect_detail(404, NOT_FOUND);
        }
    }
    let declined = json!({"id": id, "status": "declined"});
    answers(&bob, &id, "decline")
        .await
        .expect_body(200, &declined);
    answers(&bob, &id, "decline")
        .await
        .expect_detail(404, NOT_FOUND);
    says(answers(&bob, &id, "accept").await, 400, "INVITE_NOT_FOUND");
    says(bob.accepts(&link).await, 400, "INVITE_NOT_FOUND");
    assert_eq!(roles(app, &bob, &place).await, "");

    // No is no obstacle to being asked again.
    ada.invites_by_link(&place, &bob.email, "editor").await;
    let id = ada.invitation_of(&place.organization, &bob.email).await;
    let (organization, workspace) = (&place.organization, &place.workspace);
    answers(&bob, &id, "accept").await.expect_body(
        200,
        &json!({
            "message": "Added user to workspace", "organization_id": organization,
            "workspace_id": workspace, "project_id": place.project, "role": "editor",
        }),
    );
    assert_eq!(roles(app, &bob, &place).await, "viewer editor editor");
    says(
        answers(&bob, &id, "accept").await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    answers(&bob, &id, "decline")
        .await
        .expect_detail(404, NOT_FOUND);
    let listed = ada.lists_invitations(organization, "").await;
    assert_eq!(words(&listed, "status"), ["accepted", "declined"]);
});

story!(
    an_inbox_cannot_accept_what_nobody_stands_behind,
    async |app| {
        let (ada, place, bob) = ada_and_bob(app).await;
        let adam = joins(app, &ada, &place, "adam", "admin").await;
        adam.invites_by_link(&place, &bob.email, "editor").await;
        let id = ada.invitation_of(&place.organization, &bob.email).await;
        ada.removes(&place, &adam.email).await.expect(200);
        says(
            answers(&bob, &id, "accept").await,
            410,
            "INVITE_ISSUER_GONE",
        );
        app.clock().pass(WEEK);
        let bob = Person::sign_in(app.stranger(), &bob.email, PASSWORD).await;
        says(answers(&bob, &id, "accept").await, 410, "INVITE_EXPIRED");
    }
);

story_with_mail!(
    what_came_by_mail_proves_the_address,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let bob = app.person("bob").await;
        let proven = format!(
            "users WHERE email_verified_at IS NOT NULL AND id = {}",
            app.sql(&bob.id)
        );
        ada.invites(&place, &bob.email, "editor")
            .await
            .expect_body(200, &json!(true));
        let mail = mailbox.next_to(&bob.email).await;
        assert_eq!(mail.subject, "ada invited you to join their organization");
        let first = InviteLink::parse(&mail.links[0]);
        assert_eq!(first.place.project, place.project);
        let listed = ada.lists_invitations(&place.organization, "").await;
        assert!(listed[0]["sent_at"].is_string(), "{listed:?}");

        // By its id: an object, without the link, which goes by mail.
        let id = ada.invitation_of(&place.organization, &bob.email).await;
        let sent = resends(&ada, &place.organization, &id).await.expect(200);
        assert_eq!(sent.word("delivery"), "email");
        assert_eq!(sent.json().get("url"), None);
        let second = InviteLink::parse(&mailbox.next_to(&bob.email).await.links[0]);
        says(bob.accepts(&first).await, 400, "INVITE_NOT_FOUND");
        assert_eq!(count(app, &proven).await, 0);
        bob.accepts(&second).await.expect(200);
        assert_eq!(count(app, &proven).await, 1);
        assert_eq!(bob.inbox().await, Vec::<Value>::new());
        let joined = mailbox.next_to(&ada.email).await;
        assert!(
            joined.subject.starts_with("New Member Joined"),
            "{}",
            joined.subject
        );
    }
);

story!(a_link_that_was_handed_over_proves_nothing, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = joins(app, &ada, &place, "bob", "viewer").await;
    bob.get("/invitations").await.expect(403);
    assert_eq!(
        count(app, "users WHERE email_verified_at IS NOT NULL").await,
        0
    );
});
