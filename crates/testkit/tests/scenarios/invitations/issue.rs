//! Issuing invitations: who may, for whom, with which role, and the order of
//! the checks.

use freehold_testkit::{post_invitation, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    ALREADY_MEMBER, NO_PERMISSION, UNKNOWN_ID, count, join_by_invitation, link_without_underscore,
};

const WRONG_WORKSPACE: &str = "Workspace not found for organization.";
const ONLY_ONE: &str = "Only one user can be invited at a time.";
const SELF_INVITATION: &str = "You cannot invite yourself to a workspace";

/// The first validation error of a response.
fn code_and_detail(response: &freehold_testkit::Response) -> (Value, Value) {
    let first = &response.detail()[0];
    (first["type"].clone(), first["loc"].clone())
}

scenario!(the_body_is_a_list_of_one, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let bob = json!({"email": "bob@else.test"});
    for (body, kind, place_of_it) in [
        (json!({}), "list_type", json!(["body"])),
        (json!([7]), "model_attributes_type", json!(["body", 0])),
        (json!([{}]), "missing", json!(["body", 0, "email"])),
        (
            json!([{"email": 7}]),
            "string_type",
            json!(["body", 0, "email"]),
        ),
        (
            json!([{"email": "bob"}]),
            "value_error",
            json!(["body", 0, "email"]),
        ),
        (
            json!([{"email": "bob@else.test", "roles": "viewer"}]),
            "list_type",
            json!(["body", 0, "roles"]),
        ),
        (
            json!([bob, {"email": "x"}]),
            "value_error",
            json!(["body", 1, "email"]),
        ),
    ] {
        let response = post_invitation(&ada, &scope, &body)
            .await
            .expect_status(422);
        assert_eq!(
            code_and_detail(&response),
            (json!(kind), place_of_it),
            "{response}"
        );
    }
    for body in [json!([]), json!([bob, bob])] {
        post_invitation(&ada, &scope, &body)
            .await
            .expect_detail(400, ONLY_ONE);
    }
    assert_eq!(count(app, "project_invitations").await, 0);
});

scenario!(refusals_have_the_documented_order, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let carol = join_by_invitation(app, &ada, &scope, "carol", "viewer").await;
    let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
    let eve = app.sign_up("eve").await;
    let new = "new@else.test";

    // The scope.
    let mut wrong = scope.clone();
    for workspace in [UNKNOWN_ID, "nonsense", &eve.default_scope().await.workspace] {
        workspace.clone_into(&mut wrong.workspace);
        ada.invite(&wrong, new, "viewer")
            .await
            .expect_detail(404, WRONG_WORKSPACE);
    }
    let mut wrong = scope.clone();
    for organization in [UNKNOWN_ID, "nonsense", &eve.only_organization_id().await] {
        organization.clone_into(&mut wrong.organization);
        ada.invite(&wrong, new, "viewer")
            .await
            .expect_detail(404, WRONG_WORKSPACE);
    }
    // Outsiders get the same refusal for existing and unknown scopes.
    let mut missing = scope.clone();
    UNKNOWN_ID.clone_into(&mut missing.workspace);
    let mut nowhere = missing.clone();
    UNKNOWN_ID.clone_into(&mut nowhere.organization);
    for scope in [&scope, &missing, &nowhere] {
        eve.invite(scope, new, "viewer")
            .await
            .expect_detail(403, NO_PERMISSION);
    }

    // The permission: before any error of the invitation itself.
    carol
        .invite(&scope, &carol.email, "nonsense")
        .await
        .expect_detail(403, NO_PERMISSION);
    carol
        .invite(&scope, new, "viewer")
        .await
        .expect_detail(403, NO_PERMISSION);

    // The address.
    for spelled in ["adam@acme.test", " Adam@ACME.test "] {
        adam.invite(&scope, spelled, "nonsense")
            .await
            .expect_detail(400, SELF_INVITATION);
    }
    adam.invite(&scope, "Carol@acme.test", "nonsense")
        .await
        .expect_detail(400, ALREADY_MEMBER);
    adam.invite(&scope, &ada.email, "viewer")
        .await
        .expect_detail(400, ALREADY_MEMBER);

    // The role.
    for role in ["nonsense", "owner", "Viewer", "", "workspace_admin"] {
        let text = format!("Workspace role '{role}' is invalid.");
        ada.invite(&scope, new, role).await.expect_detail(400, text);
    }
    adam.invite(&scope, new, "admin")
        .await
        .expect_detail(403, NO_PERMISSION);
    assert_eq!(
        count(app, "project_invitations WHERE status = 'pending'").await,
        0
    );

    // Each may give what is below them; then the address is taken.
    adam.invite(&scope, new, "developer")
        .await
        .expect_status(200);
    ada.invite(&scope, "other@else.test", "admin")
        .await
        .expect_status(200);
    for spelled in [new, "NEW@else.test", "  new@ELSE.test"] {
        ada.invite(&scope, spelled, "nonsense")
            .await
            .expect_detail(400, ALREADY_MEMBER);
    }
});

scenario!(
    link_contains_its_scope_and_its_token_is_not_stored,
    |settings| {
        settings.public_url = "https://web.test".to_owned();
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let body = json!([{"email": "O'Neil+x@else.test"}]);
        let url = post_invitation(&ada, &scope, &body)
            .await
            .expect_status(200)
            .text_field("url");
        let link = freehold_testkit::InvitationLink::parse(&url);
        assert_eq!(link.token.len(), 22);
        assert!(
            link.token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        let (token, organization) = (&link.token, &scope.organization);
        let (workspace, project) = (&scope.workspace, &scope.project);
        assert_eq!(
            url,
            format!(
                "https://web.test/auth?token={token}&email=o%27neil%2Bx%40else.test\
             &organization_id={organization}&workspace_id={workspace}&project_id={project}"
            )
        );
        let role =
            "project_invitations WHERE role = 'viewer' AND status = 'pending' AND NOT mailed";
        assert_eq!(count(app, role).await, 1);

        let link = link_without_underscore(&ada, &scope, "bob@else.test").await;
        assert_eq!(
            app.db().tables_containing(&link.token).await,
            Vec::<String>::new()
        );
        let body = json!([{"email": "kept@else.test"}]);
        let path = format!("/organizations/{organization}/workspaces/{workspace}/invite");
        let once = ada
            .post(&path, &body)
            .header("idempotency-key", "one")
            .await
            .expect_status(200);
        let token = freehold_testkit::InvitationLink::from_response(&once).token;
        let part = token.split('_').max_by_key(|part| part.len()).unwrap();
        if part.len() > 7 {
            assert_eq!(app.db().tables_containing(part).await, Vec::<String>::new());
        }
        // A replay returns the same link of the same row.
        let twice = ada
            .post(&path, &body)
            .header("idempotency-key", "one")
            .await;
        twice.expect_body(200, once.json());
        assert_eq!(count(app, "project_invitations").await, 3);
    }
);

scenario!(invite_dry_run_sends_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let scope = ada.default_scope().await;
    let before = app.db().row_counts().await;
    let path = format!(
        "/organizations/{}/workspaces/{}/invite?dry_run=true",
        scope.organization, scope.workspace
    );
    let tried = ada
        .post(&path, &json!([{"email": "bob@else.test"}]))
        .await
        .expect_status(200);
    assert_eq!(tried.json()["would_change"], json!(["invitation.issued"]));
    let refused = ada.post(&path, &json!([{"email": "ada@acme.test"}])).await;
    refused.expect_detail(400, SELF_INVITATION);
    let after = app.db().row_counts().await;
    assert_eq!(after, before);
});

scenario!(
    concurrent_invitations_of_one_address_one_succeeds,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        let adam = join_by_invitation(app, &ada, &scope, "adam", "admin").await;
        for round in 0..10 {
            let requests = (0..8).map(|n| {
                let issuer = if n % 2 == 0 { &ada } else { &adam };
                let name = if n % 3 == 0 { "Bob" } else { "bob" };
                let email = format!("{name}{round}@else.test");
                let scope = &scope;
                async move { issuer.invite(scope, &email, "viewer").await }
            });
            let answer_invitation = join_all(requests).await;
            let won = answer_invitation
                .iter()
                .filter(|response| response.status() == 200)
                .count();
            assert_eq!(won, 1, "{answer_invitation:?}");
            for lost in answer_invitation
                .into_iter()
                .filter(|response| response.status() != 200)
            {
                lost.expect_detail(400, ALREADY_MEMBER);
            }
        }
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            10
        );
    }
);

scenario!(
    invitations_per_day_are_limited,
    |settings| settings.invitation_limit = 3,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        for n in 0..2 {
            ada.invite(&scope, &format!("bob{n}@else.test"), "viewer")
                .await
                .expect_status(200);
        }
        // Other refusals are not counted, resent invitations are.
        ada.invite(&scope, "bob0@else.test", "viewer")
            .await
            .expect_detail(400, ALREADY_MEMBER);
        ada.resend_invitation(&scope, "bob0@else.test")
            .await
            .expect_status(200);
        for _ in 0..3 {
            let full = ada
                .invite(&scope, "bob9@else.test", "viewer")
                .await
                .expect_status(429);
            let wait: u64 = full.header("retry-after").unwrap().parse().unwrap();
            assert!((86_000..=86_400).contains(&wait), "{wait}");
            ada.resend_invitation(&scope, "bob0@else.test")
                .await
                .expect_status(429);
        }
        assert_eq!(count(app, "project_invitations").await, 2);
        // Another organization has a count of its own.
        let eve = app.sign_up("eve").await;
        eve.invite(&eve.default_scope().await, "bob0@else.test", "viewer")
            .await
            .expect_status(200);
        app.clock()
            .advance(std::time::Duration::from_secs(24 * 60 * 60 + 1));
        let ada = freehold_testkit::TestUser::sign_in(
            app.anonymous(),
            &ada.email,
            freehold_testkit::PASSWORD,
        )
        .await;
        ada.invite(&scope, "bob9@else.test", "viewer")
            .await
            .expect_status(200);
    }
);
