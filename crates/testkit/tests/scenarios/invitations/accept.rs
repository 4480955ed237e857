//! Following a link: what it makes of whom, in which order it is refused, and
//! that it works once.

use freehold_testkit::{Engine, InviteLink, Person, Place, TestApp, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{NOWHERE, count, joins, roles, says};

const DONE: &str = "Added user to workspace";

fn path(link: &InviteLink) -> String {
    let Place {
        organization,
        workspace,
        ..
    } = &link.place;
    format!("/organizations/{organization}/workspaces/{workspace}/invite/accept")
}

/// What is shown with a link.
fn shown(link: &InviteLink) -> Value {
    json!({"token": link.token, "email": link.email})
}

story!(
    whoever_follows_the_link_is_a_member_everywhere_at_once,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        ada.adds_project(&place, "Second").await.expect(201);
        let bob = app.person("bob").await;
        let link = ada.invites_by_link(&place, "bob@acme.test", "editor").await;
        let scoped = format!("/projects/current?project_id={}", place.project);
        bob.get(&scoped).await.expect(401);

        // Looking changes nothing.
        let before = app.db().row_counts().await;
        for method in ["GET", "HEAD"] {
            let looked = bob.ask(method, &path(&link)).await;
            assert_eq!(looked.status(), 405, "{looked}");
        }
        app.stranger()
            .post(&path(&link), &shown(&link))
            .await
            .expect(401);
        assert_eq!(app.db().row_counts().await, before);

        bob.accepts(&link)
            .await
            .expect_body(200, &json!({"message": DONE}));
        bob.get(&scoped).await.expect(200);
        assert_eq!(
            roles(app, &bob, &place).await,
            "viewer editor editor editor"
        );
        assert_eq!(bob.organizations().await.len(), 2);
        let used = format!(
            "project_invitations WHERE used AND status = 'accepted' AND user_id = {}
            AND answered_at IS NOT NULL",
            app.sql(&bob.id)
        );
        assert_eq!(count(app, &used).await, 1);
        let told = "audit_events WHERE action = 'invitation.accepted' AND refused IS NULL";
        assert_eq!(count(app, told).await, 1);

        for _ in 0..2 {
            says(bob.accepts(&link).await, 409, "INVITE_ALREADY_ACCEPTED");
        }
        // Not even when they were taken out again.
        ada.removes(&place, &bob.email).await.expect(200);
        says(bob.accepts(&link).await, 409, "INVITE_ALREADY_ACCEPTED");
        let again = ada.invites_by_link(&place, &bob.email, "viewer").await;
        bob.accepts(&again).await.expect(200);
    }
);

story!(capitals_and_blanks_do_not_matter, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = Person::sign_up(app.stranger(), "bob@bücher.test").await;
    let link = ada
        .invites_by_link(&place, "  Bob@BÜCHER.test ", "viewer")
        .await;
    assert_eq!(link.email, bob.email);
    let spelled = link.with_email(" BOB@bücher.TEST\t");
    bob.accepts(&spelled).await.expect(200);
});

story!(the_invitation_decides_and_not_the_query, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let eve = app.person("eve").await;
    let theirs = eve.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "viewer").await;

    let missing = bob.post(&path(&link), &shown(&link)).await.expect(422);
    assert_eq!(missing.detail()[0]["loc"], json!(["query", "project_id"]));
    assert_eq!(missing.detail()[0]["type"], "missing");
    let with = format!("{}?project_id={}", path(&link), place.project);
    for member in ["token", "email"] {
        let mut body = shown(&link);
        body.as_object_mut().unwrap().remove(member);
        let missing = bob.post(&with, &body).await.expect(422);
        assert_eq!(missing.detail()[0]["loc"], json!(["body", member]));
    }
    // Whatever else the query names, and whichever workspace the path does.
    let odd = format!(
        "/organizations/{}/workspaces/{NOWHERE}/invite/accept?project_id={}&workspace_id={}",
        place.organization, theirs.project, theirs.workspace
    );
    bob.post(&odd, &shown(&link)).await.expect(200);
    assert_eq!(roles(app, &bob, &place).await, "viewer viewer viewer");
    assert_eq!(roles(app, &bob, &theirs).await, "");
});

story!(
    what_is_refused_is_refused_in_the_contracts_order,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let eve = app.person("eve").await;
        let bob = app.person("bob").await;
        let link = ada.invites_by_link(&place, &bob.email, "viewer").await;
        let unknown = "User does not exist";

        // Nobody has the address; whatever the token.
        for email in ["nobody@acme.test", "nonsense", ""] {
            bob.accepts(&link.with_email(email))
                .await
                .expect_detail(400, unknown);
        }
        // No such invitation: another token, address or organization.
        let other = ada
            .invites_by_link(&place, "cleo@acme.test", "viewer")
            .await;
        for token in [&other.token, "AAAAAAAAAAAAAAAAAAAAAA", "x", ""] {
            says(
                bob.accepts(&link.with_token(token)).await,
                400,
                "INVITE_NOT_FOUND",
            );
        }
        says(
            eve.accepts(&link.with_email(&eve.email)).await,
            400,
            "INVITE_NOT_FOUND",
        );
        says(
            bob.accepts(&link.with_email(&ada.email)).await,
            400,
            "INVITE_NOT_FOUND",
        );
        let mut elsewhere = link.clone();
        for organization in [&eve.home().await, NOWHERE, "nonsense"] {
            organization.clone_into(&mut elsewhere.place.organization);
            says(bob.accepts(&elsewhere).await, 400, "INVITE_NOT_FOUND");
            says(eve.accepts(&elsewhere).await, 400, "INVITE_NOT_FOUND");
        }
        // Somebody else's.
        says(eve.accepts(&link).await, 400, "INVITE_EMAIL_MISMATCH");
        says(ada.accepts(&link).await, 400, "INVITE_EMAIL_MISMATCH");
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            2
        );

        // A member comes before the end of its time, and that before the project.
        let week = std::time::Duration::from_secs(7 * 24 * 60 * 60);
        app.clock().pass(week);
        let bob = Person::sign_in(app.stranger(), &bob.email, freehold_testkit::PASSWORD).await;
        app.adds_member(&place.organization, &bob, ["viewer", "admin", "admin"])
            .await;
        says(bob.accepts(&link).await, 409, "INVITE_ALREADY_ACCEPTED");
        let gone = format!(
            "DELETE FROM organization_members WHERE user_id = {}",
            app.sql(&bob.id)
        );
        app.db()
            .raw(&format!("{gone} AND role = 'viewer'"))
            .await
            .unwrap();
        let forget = "UPDATE project_invitations SET project_id = NULL";
        app.db().raw(forget).await.unwrap();
        says(bob.accepts(&link).await, 410, "INVITE_EXPIRED");
        let forever = "UPDATE project_invitations SET expiration_date = NULL";
        app.db().raw(forever).await.unwrap();
        let text = "Invited project no longer exists";
        bob.accepts(&link).await.expect_detail(400, text);
        assert_eq!(roles(app, &bob, &place).await, "");
    }
);

story!(the_project_of_an_invitation_may_be_deleted, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "viewer").await;
    let second = ada
        .adds_project(&place, "Second")
        .await
        .expect(201)
        .word("project_id");
    let default = json!({"make_default": true});
    ada.patch(&format!("/projects/{second}"), &default)
        .await
        .expect(200);
    ada.delete(&format!("/projects/{}", place.project))
        .await
        .expect(200);
    let text = "Invited project no longer exists";
    bob.accepts(&link).await.expect_detail(400, text);
    let again = InviteLink::of(&ada.asks_again(&place, &bob.email).await.expect(200));
    assert_eq!(again.place.project, second);
    bob.accepts(&again).await.expect(200);
});

story!(
    a_weaker_member_rises_and_a_stronger_one_stays,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
        let to_bob = ada.invites_by_link(&place, &bob.email, "editor").await;
        let to_cleo = ada.invites_by_link(&place, &cleo.email, "editor").await;
        app.adds_member(&place.organization, &bob, ["viewer", "viewer", "viewer"])
            .await;
        app.adds_member(&place.organization, &cleo, ["admin", "admin", "admin"])
            .await;
        bob.accepts(&to_bob)
            .await
            .expect_body(200, &json!({"message": DONE}));
        assert_eq!(roles(app, &bob, &place).await, "viewer editor editor");
        says(bob.accepts(&to_bob).await, 409, "INVITE_ALREADY_ACCEPTED");
        says(cleo.accepts(&to_cleo).await, 409, "INVITE_ALREADY_ACCEPTED");
        assert_eq!(roles(app, &cleo, &place).await, "admin admin admin");
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            1
        );
    }
);

story!(
    an_invitee_without_any_organization_can_accept,
    |settings| {
        let ada = freehold_domain::Email::parse("ada@acme.test").unwrap();
        settings.owners = freehold_domain::AllowedOwners::only(vec![ada]);
    },
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let bob = app.person("bob").await;
        assert_eq!(bob.organizations().await.len(), 0);
        let link = ada.invites_by_link(&place, &bob.email, "developer").await;
        bob.accepts(&link).await.expect(200);
        assert_eq!(
            bob.place().await.project,
            place.project,
            "without a new session"
        );
        assert_eq!(bob.home().await, place.organization);
        bob.adds_key().await.get("/profile").await.expect(200);
    }
);

story!(a_key_answers_for_its_person, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let key = app.person("bob").await.adds_key().await;
    let link = ada.invites_by_link(&place, "bob@acme.test", "viewer").await;
    let with = format!("{}?project_id={}", path(&link), place.project);
    key.post(&with, &shown(&link)).await.expect(200);
    assert_eq!(key.organizations().await.len(), 2);
});

story!(another_workspace_of_the_same_organization, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let second = ada.adds_workspace(&place.organization, "Second").await;
    let bob = joins(app, &ada, &place, "bob", "admin").await;
    let link = ada.invites_by_link(&second, &bob.email, "viewer").await;
    assert_eq!(link.place.project, second.project);
    bob.accepts(&link).await.expect(200);
    assert_eq!(roles(app, &bob, &place).await, "viewer admin admin");
    assert_eq!(roles(app, &bob, &second).await, "viewer viewer viewer");
    // An admin of one is nobody in particular in the other.
    bob.invites(&second, "x@else.test", "viewer")
        .await
        .expect(403);
});

story!(asked_twice_at_once_it_is_done_once, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    for round in 0..8 {
        let bob = app.person(&format!("bob{round}")).await;
        let link = ada.invites_by_link(&place, &bob.email, "editor").await;
        let answers = join_all((0..8).map(|_| bob.accepts(&link))).await;
        let won = answers
            .iter()
            .filter(|answer| answer.status() == 200)
            .count();
        assert_eq!(won, 1, "{answers:?}");
        for lost in answers.into_iter().filter(|answer| answer.status() != 200) {
            says(lost, 409, "INVITE_ALREADY_ACCEPTED");
        }
        assert_eq!(roles(app, &bob, &place).await, "viewer editor editor");
    }
});

story!(an_acceptance_is_repeated_and_rehearsed, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let bob = app.person("bob").await;
    let link = ada.invites_by_link(&place, &bob.email, "viewer").await;
    let with = format!("{}?project_id={}", path(&link), place.project);
    let before = app.db().row_counts().await;
    let tried = bob
        .post(&format!("{with}&dry_run=true"), &shown(&link))
        .await
        .expect(200);
    assert_eq!(tried.json()["would_change"], json!(["invitation.accepted"]));
    assert_eq!(app.db().row_counts().await, before);
    for replayed in [None, Some("true")] {
        let answer = bob
            .post(&with, &shown(&link))
            .header("idempotency-key", "k")
            .await;
        assert_eq!(answer.header("idempotency-replayed"), replayed);
        answer.expect_body(200, &json!({"message": DONE}));
    }
    says(bob.accepts(&link).await, 409, "INVITE_ALREADY_ACCEPTED");
});

async fn trips(app: &TestApp, bob: &Person, link: &InviteLink) -> u64 {
    let before = app.app().store_round_trips();
    bob.accepts(link).await.expect(200);
    app.app().store_round_trips() - before
}

story!(
    accepting_takes_two_trips_after_knowing_who_asks,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let mut fewest = u64::MAX;
        // The first one also prepares its statements.
        for round in 0..5 {
            let bob = app.person(&format!("bob{round}")).await;
            let link = ada.invites_by_link(&place, &bob.email, "editor").await;
            fewest = fewest.min(trips(app, &bob, &link).await);
        }
        match app.db().engine() {
            Engine::Postgres => assert_eq!(fewest, 3, "one to know the caller, and two"),
            Engine::Sqlite => assert_eq!(fewest, 0),
        }
    }
);
