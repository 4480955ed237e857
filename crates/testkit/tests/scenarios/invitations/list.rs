//! An organization's list of invitations: what became of each, page by page,
//! for those who may invite; and what they do with one by its id.

use freehold_testkit::{InviteLink, PASSWORD, Person, story};
use serde_json::{Value, json};

use super::{NO_RIGHT, NOWHERE, joins};
use crate::invitations::inbox::{
    NOT_FOUND, WEEK, ada_and_bob, answers, proves, resends, revokes, words,
};

story!(an_organization_lists_what_became_of_each, async |app| {
    let (ada, place, bob) = ada_and_bob(app).await;
    let organization = place.organization.clone();
    ada.invites_by_link(&place, "late@acme.test", "viewer")
        .await;
    app.clock().pass(WEEK);
    let ada = Person::sign_in(app.stranger(), &ada.email, PASSWORD).await;
    let bob = Person::sign_in(app.stranger(), &bob.email, PASSWORD).await;
    for name in ["bob", "no", "gone", "open"] {
        ada.invites_by_link(&place, &format!("{name}@acme.test"), "viewer")
            .await;
    }
    let no = app.person("no").await;
    proves(app, &no).await;
    let of = async |name: &str| {
        ada.invitation_of(&organization, &format!("{name}@acme.test"))
            .await
    };
    answers(&bob, &of("bob").await, "accept").await.expect(200);
    answers(&no, &of("no").await, "decline").await.expect(200);
    let gone = of("gone").await;
    let revoked = json!({"id": gone, "status": "revoked"});
    revokes(&ada, &organization, &gone)
        .await
        .expect_body(200, &revoked);

    let all = ada.lists_invitations(&organization, "").await;
    let states = ["pending", "revoked", "declined", "accepted", "expired"];
    assert_eq!(words(&all, "status"), states);
    for (one, status) in all.iter().zip(states) {
        let only = ada
            .lists_invitations(&organization, &format!("?status={status}"))
            .await;
        assert_eq!(only, std::slice::from_ref(one), "{status}");
        assert_eq!(one["valid"], status == "pending");
        assert_eq!(one["invalid_reason"], Value::Null);
        assert_eq!(one["issuer"], json!({"id": ada.id, "username": "ada"}));
        assert_eq!(one["workspace_id"], place.workspace);
        assert_eq!(one["sent_at"], Value::Null, "the link was handed over");
        assert_eq!(one.get("token"), None);
    }
    // What was answered stays as it is; what ran out can be sent again.
    for status in ["revoked", "declined", "accepted"] {
        let id = &words(
            &ada.lists_invitations(&organization, &format!("?status={status}"))
                .await,
            "id",
        )[0];
        let none = "No existing invitation found for the user";
        revokes(&ada, &organization, id)
            .await
            .expect_detail(404, none);
        resends(&ada, &organization, id)
            .await
            .expect_detail(404, none);
    }
    let sent = resends(&ada, &organization, &of("late").await)
        .await
        .expect(200);
    assert_eq!(
        (sent.word("id"), sent.word("delivery")),
        (of("late").await, "link".to_owned())
    );
    let late = app.person("late").await;
    late.accepts(&InviteLink::of(&sent)).await.expect(200);
});

story!(a_list_comes_in_pages, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    for n in 0..5 {
        ada.invites_by_link(&place, &format!("n{n}@else.test"), "viewer")
            .await;
    }
    let path = format!("/organizations/{}/invitations", place.organization);
    let (mut seen, mut query) = (Vec::new(), "?limit=2&status=pending".to_owned());
    loop {
        let page = ada.get(&format!("{path}{query}")).await.expect(200);
        seen.extend(words(
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
        let answer = ada.get(&format!("{path}?{wrong}")).await.expect(422);
        let (name, _) = wrong.split_once('=').unwrap();
        assert_eq!(answer.detail()[0]["loc"], json!(["query", name]));
    }
});

story!(a_list_is_for_those_who_may_invite, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let organization = place.organization.clone();
    let second = ada.adds_workspace(&organization, "Second").await;
    let adam = joins(app, &ada, &place, "adam", "admin").await;
    let carol = joins(app, &ada, &place, "carol", "viewer").await;
    let eve = app.person("eve").await;
    ada.invites_by_link(&place, "one@else.test", "viewer").await;
    ada.invites_by_link(&second, "two@else.test", "viewer")
        .await;
    let one = ada.invitation_of(&organization, "one@else.test").await;
    let two = ada.invitation_of(&organization, "two@else.test").await;

    let pending = "?status=pending";
    let seen = async |who: &Person| {
        words(
            &who.lists_invitations(&organization, pending).await,
            "email",
        )
    };
    assert_eq!(seen(&ada).await, ["two@else.test", "one@else.test"]);
    assert_eq!(
        seen(&adam).await,
        ["one@else.test"],
        "of the workspace that he manages"
    );
    let path = format!("/organizations/{organization}/invitations");
    carol.get(&path).await.expect_detail(403, NO_RIGHT);
    let missing = "Workspace not found for organization.";
    eve.get(&path).await.expect_detail(404, missing);
    for unknown in [NOWHERE, "nonsense"] {
        let path = format!("/organizations/{unknown}/invitations");
        ada.get(&path).await.expect_detail(404, missing);
    }

    // What they do not see they cannot touch, and it looks as if it were not there.
    for (who, id) in [(&eve, &one), (&eve, &two), (&adam, &two), (&carol, &two)] {
        revokes(who, &organization, id)
            .await
            .expect_detail(404, NOT_FOUND);
        resends(who, &organization, id)
            .await
            .expect_detail(404, NOT_FOUND);
    }
    revokes(&carol, &organization, &one)
        .await
        .expect_detail(403, NO_RIGHT);
    resends(&carol, &organization, &one)
        .await
        .expect_detail(403, NO_RIGHT);
    for unknown in [NOWHERE, "nonsense"] {
        revokes(&ada, &organization, unknown)
            .await
            .expect_detail(404, NOT_FOUND);
        revokes(&ada, unknown, &one)
            .await
            .expect_detail(404, NOT_FOUND);
        resends(&ada, unknown, &one)
            .await
            .expect_detail(404, NOT_FOUND);
    }
    let elsewhere = eve.home().await;
    revokes(&eve, &elsewhere, &one)
        .await
        .expect_detail(404, NOT_FOUND);
    // An admin cannot send again what only the owner can give, but can take it back.
    ada.invites_by_link(&place, "boss@else.test", "admin").await;
    let boss = ada.invitation_of(&organization, "boss@else.test").await;
    resends(&adam, &organization, &boss)
        .await
        .expect_detail(403, NO_RIGHT);
    revokes(&adam, &organization, &boss).await.expect(200);
    assert_eq!(seen(&adam).await, ["one@else.test"]);
});
