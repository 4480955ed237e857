//! Accepting by a link: the roles that it assigns, the order of its refusals, and
//! that it works once.

use freehold_testkit::{Engine, InvitationLink, TestApp, TestScope, TestUser, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{UNKNOWN_ID, count, expect_invite_error, join_by_invitation, roles};

const ACCEPTED: &str = "Added user to workspace";

fn path(link: &InvitationLink) -> String {
    let TestScope {
        organization,
        workspace,
        ..
    } = &link.scope;
    format!("/organizations/{organization}/workspaces/{workspace}/invite/accept")
}

/// The parameters of a link.
fn acceptance_body(link: &InvitationLink) -> Value {
    json!({"token": link.token, "email": link.email})
}

scenario!(accepting_adds_all_memberships, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    ada.create_project(&scope, "Second")
        .await
        .expect_status(201);
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, "bob@acme.test", "editor").await;
    let scoped = format!("/projects/current?project_id={}", scope.project);
    bob.get(&scoped).await.expect_status(401);

    // Reading changes nothing.
    let before = app.db().row_counts().await;
    for method in ["GET", "HEAD"] {
        let looked = bob.request(method, &path(&link)).await;
        assert_eq!(looked.status(), 405, "{looked}");
    }
    app.anonymous()
        .post(&path(&link), &acceptance_body(&link))
        .await
        .expect_status(401);
    assert_eq!(app.db().row_counts().await, before);

    bob.accept_invitation(&link)
        .await
        .expect_body(200, &json!({"message": ACCEPTED}));
    bob.get(&scoped).await.expect_status(200);
    assert_eq!(
        roles(app, &bob, &scope).await,
        "viewer editor editor editor"
    );
    assert_eq!(bob.organizations().await.len(), 2);
    let used = format!(
        "project_invitations WHERE used AND status = 'accepted' AND user_id = {}
            AND answered_at IS NOT NULL",
        app.sql_id(&bob.id)
    );
    assert_eq!(count(app, &used).await, 1);
    let acceptances = "audit_events WHERE action = 'invitation.accepted' AND refused IS NULL";
    assert_eq!(count(app, acceptances).await, 1);

    for _ in 0..2 {
        expect_invite_error(
            bob.accept_invitation(&link).await,
            409,
            "INVITE_ALREADY_ACCEPTED",
        );
    }
    // Not even when they were taken out again.
    ada.remove_member(&scope, &bob.email)
        .await
        .expect_status(200);
    expect_invite_error(
        bob.accept_invitation(&link).await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    let again = ada.invite_by_link(&scope, &bob.email, "viewer").await;
    bob.accept_invitation(&again).await.expect_status(200);
});

scenario!(email_case_and_whitespace_are_normalized, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = TestUser::sign_up(app.anonymous(), "bob@bücher.test").await;
    let link = ada
        .invite_by_link(&scope, "  Bob@BÜCHER.test ", "viewer")
        .await;
    assert_eq!(link.email, bob.email);
    let spelled = link.with_email(" BOB@bücher.TEST\t");
    bob.accept_invitation(&spelled).await.expect_status(200);
});

scenario!(scope_comes_from_the_invitation, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let eve = app.sign_up("eve").await;
    let other_scope = eve.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "viewer").await;

    let missing = bob
        .post(&path(&link), &acceptance_body(&link))
        .await
        .expect_status(422);
    assert_eq!(missing.detail()[0]["loc"], json!(["query", "project_id"]));
    assert_eq!(missing.detail()[0]["type"], "missing");
    let with = format!("{}?project_id={}", path(&link), scope.project);
    for member in ["token", "email"] {
        let mut body = acceptance_body(&link);
        body.as_object_mut().unwrap().remove(member);
        let missing = bob.post(&with, &body).await.expect_status(422);
        assert_eq!(missing.detail()[0]["loc"], json!(["body", member]));
    }
    // Other query parameters and the workspace of the path make no difference.
    let mismatched_path = format!(
        "/organizations/{}/workspaces/{UNKNOWN_ID}/invite/accept?project_id={}&workspace_id={}",
        scope.organization, other_scope.project, other_scope.workspace
    );
    bob.post(&mismatched_path, &acceptance_body(&link))
        .await
        .expect_status(200);
    assert_eq!(roles(app, &bob, &scope).await, "viewer viewer viewer");
    assert_eq!(roles(app, &bob, &other_scope).await, "");
});

scenario!(refusals_have_the_documented_order, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let eve = app.sign_up("eve").await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "viewer").await;
    let unknown = "User does not exist";

    // No user has the address; the token makes no difference.
    for email in ["nobody@acme.test", "nonsense", ""] {
        bob.accept_invitation(&link.with_email(email))
            .await
            .expect_detail(400, unknown);
    }
    // No such invitation: another token, address or organization.
    let other = ada.invite_by_link(&scope, "cleo@acme.test", "viewer").await;
    for token in [&other.token, "AAAAAAAAAAAAAAAAAAAAAA", "x", ""] {
        expect_invite_error(
            bob.accept_invitation(&link.with_token(token)).await,
            400,
            "INVITE_NOT_FOUND",
        );
    }
    expect_invite_error(
        eve.accept_invitation(&link.with_email(&eve.email)).await,
        400,
        "INVITE_NOT_FOUND",
    );
    expect_invite_error(
        bob.accept_invitation(&link.with_email(&ada.email)).await,
        400,
        "INVITE_NOT_FOUND",
    );
    let mut elsewhere = link.clone();
    for organization in [&eve.only_organization_id().await, UNKNOWN_ID, "nonsense"] {
        organization.clone_into(&mut elsewhere.scope.organization);
        expect_invite_error(
            bob.accept_invitation(&elsewhere).await,
            400,
            "INVITE_NOT_FOUND",
        );
        expect_invite_error(
            eve.accept_invitation(&elsewhere).await,
            400,
            "INVITE_NOT_FOUND",
        );
    }
    // Another user's.
    expect_invite_error(
        eve.accept_invitation(&link).await,
        400,
        "INVITE_EMAIL_MISMATCH",
    );
    expect_invite_error(
        ada.accept_invitation(&link).await,
        400,
        "INVITE_EMAIL_MISMATCH",
    );
    assert_eq!(
        count(app, "project_invitations WHERE status = 'pending'").await,
        2
    );

    // Membership is checked before expiry, and expiry before the project.
    let week = std::time::Duration::from_secs(7 * 24 * 60 * 60);
    app.clock().advance(week);
    let bob = TestUser::sign_in(app.anonymous(), &bob.email, freehold_testkit::PASSWORD).await;
    app.insert_member(&scope.organization, &bob, ["viewer", "admin", "admin"])
        .await;
    expect_invite_error(
        bob.accept_invitation(&link).await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    let delete_member = format!(
        "DELETE FROM organization_members WHERE user_id = {}",
        app.sql_id(&bob.id)
    );
    app.db()
        .execute(&format!("{delete_member} AND role = 'viewer'"))
        .await
        .unwrap();
    let forget = "UPDATE project_invitations SET project_id = NULL";
    app.db().execute(forget).await.unwrap();
    expect_invite_error(bob.accept_invitation(&link).await, 410, "INVITE_EXPIRED");
    let forever = "UPDATE project_invitations SET expiration_date = NULL";
    app.db().execute(forever).await.unwrap();
    let text = "Invited project no longer exists";
    bob.accept_invitation(&link).await.expect_detail(400, text);
    assert_eq!(roles(app, &bob, &scope).await, "");
});

scenario!(the_project_of_an_invitation_may_be_deleted, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "viewer").await;
    let second = ada
        .create_project(&scope, "Second")
        .await
        .expect_status(201)
        .text_field("project_id");
    let default = json!({"make_default": true});
    ada.patch(&format!("/projects/{second}"), &default)
        .await
        .expect_status(200);
    ada.delete(&format!("/projects/{}", scope.project))
        .await
        .expect_status(200);
    let text = "Invited project no longer exists";
    bob.accept_invitation(&link).await.expect_detail(400, text);
    let again = InvitationLink::from_response(
        &ada.resend_invitation(&scope, &bob.email)
            .await
            .expect_status(200),
    );
    assert_eq!(again.scope.project, second);
    bob.accept_invitation(&again).await.expect_status(200);
});

scenario!(accepting_raises_but_never_lowers_a_role, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let to_bob = ada.invite_by_link(&scope, &bob.email, "editor").await;
    let to_cleo = ada.invite_by_link(&scope, &cleo.email, "editor").await;
    app.insert_member(&scope.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    app.insert_member(&scope.organization, &cleo, ["admin", "admin", "admin"])
        .await;
    bob.accept_invitation(&to_bob)
        .await
        .expect_body(200, &json!({"message": ACCEPTED}));
    assert_eq!(roles(app, &bob, &scope).await, "viewer editor editor");
    expect_invite_error(
        bob.accept_invitation(&to_bob).await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    expect_invite_error(
        cleo.accept_invitation(&to_cleo).await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
    assert_eq!(roles(app, &cleo, &scope).await, "admin admin admin");
    assert_eq!(
        count(app, "project_invitations WHERE status = 'pending'").await,
        1
    );
});

scenario!(
    an_invitee_without_any_organization_can_accept,
    |settings| {
        let ada = freehold_domain::Email::parse("ada@acme.test").unwrap();
        settings.allowed_owners = freehold_domain::AllowedOwners::only(vec![ada]);
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let bob = app.sign_up("bob").await;
        assert_eq!(bob.organizations().await.len(), 0);
        let link = ada.invite_by_link(&scope, &bob.email, "developer").await;
        bob.accept_invitation(&link).await.expect_status(200);
        assert_eq!(
            bob.default_scope().await.project,
            scope.project,
            "without a new session"
        );
        assert_eq!(bob.only_organization_id().await, scope.organization);
        bob.create_api_key()
            .await
            .get("/profile")
            .await
            .expect_status(200);
    }
);

scenario!(api_key_accepts_for_its_user, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let key = app.sign_up("bob").await.create_api_key().await;
    let link = ada.invite_by_link(&scope, "bob@acme.test", "viewer").await;
    let with = format!("{}?project_id={}", path(&link), scope.project);
    key.post(&with, &acceptance_body(&link))
        .await
        .expect_status(200);
    assert_eq!(key.organizations().await.len(), 2);
});

scenario!(another_workspace_of_the_same_organization, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let second = ada.create_workspace(&scope.organization, "Second").await;
    let bob = join_by_invitation(app, &ada, &scope, "bob", "admin").await;
    let link = ada.invite_by_link(&second, &bob.email, "viewer").await;
    assert_eq!(link.scope.project, second.project);
    bob.accept_invitation(&link).await.expect_status(200);
    assert_eq!(roles(app, &bob, &scope).await, "viewer admin admin");
    assert_eq!(roles(app, &bob, &second).await, "viewer viewer viewer");
    // An admin of one organization has no role in the other.
    bob.invite(&second, "x@else.test", "viewer")
        .await
        .expect_status(403);
});

scenario!(concurrent_accepts_have_one_effect, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    for round in 0..8 {
        let bob = app.sign_up(&format!("bob{round}")).await;
        let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
        let answer_invitation = join_all((0..8).map(|_| bob.accept_invitation(&link))).await;
        let won = answer_invitation
            .iter()
            .filter(|response| response.status() == 200)
            .count();
        assert_eq!(won, 1, "{answer_invitation:?}");
        for lost in answer_invitation
            .into_iter()
            .filter(|response| response.status() != 200)
        {
            expect_invite_error(lost, 409, "INVITE_ALREADY_ACCEPTED");
        }
        assert_eq!(roles(app, &bob, &scope).await, "viewer editor editor");
    }
});

scenario!(accept_supports_idempotency_and_dry_run, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = app.sign_up("bob").await;
    let link = ada.invite_by_link(&scope, &bob.email, "viewer").await;
    let with = format!("{}?project_id={}", path(&link), scope.project);
    let before = app.db().row_counts().await;
    let tried = bob
        .post(&format!("{with}&dry_run=true"), &acceptance_body(&link))
        .await
        .expect_status(200);
    assert_eq!(tried.json()["would_change"], json!(["invitation.accepted"]));
    assert_eq!(app.db().row_counts().await, before);
    for replayed in [None, Some("true")] {
        let response = bob
            .post(&with, &acceptance_body(&link))
            .header("idempotency-key", "k")
            .await;
        assert_eq!(response.header("idempotency-replayed"), replayed);
        response.expect_body(200, &json!({"message": ACCEPTED}));
    }
    expect_invite_error(
        bob.accept_invitation(&link).await,
        409,
        "INVITE_ALREADY_ACCEPTED",
    );
});

async fn trips(app: &TestApp, bob: &TestUser, link: &InvitationLink) -> u64 {
    let before = app.app().store_round_trips();
    bob.accept_invitation(link).await.expect_status(200);
    app.app().store_round_trips() - before
}

scenario!(accepting_takes_two_round_trips, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let mut fewest = u64::MAX;
    // The first request also prepares its statements.
    for round in 0..5 {
        let bob = app.sign_up(&format!("bob{round}")).await;
        let link = ada.invite_by_link(&scope, &bob.email, "editor").await;
        fewest = fewest.min(trips(app, &bob, &link).await);
    }
    match app.db().engine() {
        Engine::Postgres => assert_eq!(fewest, 3, "one to know the caller, and two"),
        Engine::Sqlite => assert_eq!(fewest, 0),
    }
});
