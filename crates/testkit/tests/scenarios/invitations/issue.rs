//! Asking somebody: who may, whom, as what, and in which order that is looked
//! at.

use freehold_testkit::{invite, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ALREADY, NO_RIGHT, NOWHERE, count, joins, plain_link};

const ELSEWHERE: &str = "Workspace not found for organization.";
const ONLY_ONE: &str = "Only one user can be invited at a time.";
const ONESELF: &str = "You cannot invite yourself to a workspace";

/// What is wrong with a body, as its first problem says.
fn problem(answer: &freehold_testkit::Answer) -> (Value, Value) {
    let first = &answer.detail()[0];
    (first["type"].clone(), first["loc"].clone())
}

story!(the_body_is_a_list_of_one, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
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
        let answer = invite(&ada, &place, &body).await.expect(422);
        assert_eq!(problem(&answer), (json!(kind), place_of_it), "{answer}");
    }
    for body in [json!([]), json!([bob, bob])] {
        invite(&ada, &place, &body)
            .await
            .expect_detail(400, ONLY_ONE);
    }
    assert_eq!(count(app, "project_invitations").await, 0);
});

story!(
    what_is_refused_is_refused_in_the_contracts_order,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let carol = joins(app, &ada, &place, "carol", "viewer").await;
        let adam = joins(app, &ada, &place, "adam", "admin").await;
        let eve = app.person("eve").await;
        let new = "new@else.test";

        // Where to.
        let mut wrong = place.clone();
        for workspace in [NOWHERE, "nonsense", &eve.place().await.workspace] {
            workspace.clone_into(&mut wrong.workspace);
            ada.invites(&wrong, new, "viewer")
                .await
                .expect_detail(404, ELSEWHERE);
        }
        let mut wrong = place.clone();
        for organization in [NOWHERE, "nonsense", &eve.home().await] {
            organization.clone_into(&mut wrong.organization);
            ada.invites(&wrong, new, "viewer")
                .await
                .expect_detail(404, ELSEWHERE);
        }
        // Outsiders have no right, whatever there is.
        let mut missing = place.clone();
        NOWHERE.clone_into(&mut missing.workspace);
        let mut nowhere = missing.clone();
        NOWHERE.clone_into(&mut nowhere.organization);
        for place in [&place, &missing, &nowhere] {
            eve.invites(place, new, "viewer")
                .await
                .expect_detail(403, NO_RIGHT);
        }

        // Whether: before anything that is wrong with the invitation itself.
        carol
            .invites(&place, &carol.email, "nonsense")
            .await
            .expect_detail(403, NO_RIGHT);
        carol
            .invites(&place, new, "viewer")
            .await
            .expect_detail(403, NO_RIGHT);

        // Whom.
        for spelled in ["adam@acme.test", " Adam@ACME.test "] {
            adam.invites(&place, spelled, "nonsense")
                .await
                .expect_detail(400, ONESELF);
        }
        adam.invites(&place, "Carol@acme.test", "nonsense")
            .await
            .expect_detail(400, ALREADY);
        adam.invites(&place, &ada.email, "viewer")
            .await
            .expect_detail(400, ALREADY);

        // As what.
        for role in ["nonsense", "owner", "Viewer", "", "workspace_admin"] {
            let text = format!("Workspace role '{role}' is invalid.");
            ada.invites(&place, new, role)
                .await
                .expect_detail(400, text);
        }
        adam.invites(&place, new, "admin")
            .await
            .expect_detail(403, NO_RIGHT);
        assert_eq!(
            count(app, "project_invitations WHERE status = 'pending'").await,
            0
        );

        // Each may give what is below them; then the address is taken.
        adam.invites(&place, new, "developer").await.expect(200);
        ada.invites(&place, "other@else.test", "admin")
            .await
            .expect(200);
        for spelled in [new, "NEW@else.test", "  new@ELSE.test"] {
            ada.invites(&place, spelled, "nonsense")
                .await
                .expect_detail(400, ALREADY);
        }
    }
);

story!(
    the_link_says_where_it_leads_and_is_kept_nowhere,
    |settings| {
        settings.public_url = "https://web.test".to_owned();
    },
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        let body = json!([{"email": "O'Neil+x@else.test"}]);
        let url = invite(&ada, &place, &body).await.expect(200).word("url");
        let link = freehold_testkit::InviteLink::parse(&url);
        assert_eq!(link.token.len(), 22);
        assert!(
            link.token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        let (token, organization) = (&link.token, &place.organization);
        let (workspace, project) = (&place.workspace, &place.project);
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

        let link = plain_link(&ada, &place, "bob@else.test").await;
        assert_eq!(app.db().mentions(&link.token).await, Vec::<String>::new());
        let body = json!([{"email": "kept@else.test"}]);
        let path = format!("/organizations/{organization}/workspaces/{workspace}/invite");
        let once = ada
            .post(&path, &body)
            .header("idempotency-key", "one")
            .await
            .expect(200);
        let token = freehold_testkit::InviteLink::of(&once).token;
        let part = token.split('_').max_by_key(|part| part.len()).unwrap();
        if part.len() > 7 {
            assert_eq!(app.db().mentions(part).await, Vec::<String>::new());
        }
        // Asked again under the same key, it is the same link of the same row.
        let twice = ada
            .post(&path, &body)
            .header("idempotency-key", "one")
            .await;
        twice.expect_body(200, once.json());
        assert_eq!(count(app, "project_invitations").await, 3);
    }
);

story!(a_rehearsal_asks_nobody, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let before = app.db().row_counts().await;
    let path = format!(
        "/organizations/{}/workspaces/{}/invite?dry_run=true",
        place.organization, place.workspace
    );
    let tried = ada
        .post(&path, &json!([{"email": "bob@else.test"}]))
        .await
        .expect(200);
    assert_eq!(tried.json()["would_change"], json!(["invitation.issued"]));
    let refused = ada.post(&path, &json!([{"email": "ada@acme.test"}])).await;
    refused.expect_detail(400, ONESELF);
    let after = app.db().row_counts().await;
    assert_eq!(after, before);
});

story!(of_many_who_ask_one_address_one_does, async |app| {
    let ada = app.person("ada").await;
    let place = ada.place().await;
    let adam = joins(app, &ada, &place, "adam", "admin").await;
    for round in 0..10 {
        let asked = (0..8).map(|n| {
            let by = if n % 2 == 0 { &ada } else { &adam };
            let name = if n % 3 == 0 { "Bob" } else { "bob" };
            let email = format!("{name}{round}@else.test");
            let place = &place;
            async move { by.invites(place, &email, "viewer").await }
        });
        let answers = join_all(asked).await;
        let won = answers
            .iter()
            .filter(|answer| answer.status() == 200)
            .count();
        assert_eq!(won, 1, "{answers:?}");
        for lost in answers.into_iter().filter(|answer| answer.status() != 200) {
            lost.expect_detail(400, ALREADY);
        }
    }
    assert_eq!(
        count(app, "project_invitations WHERE status = 'pending'").await,
        10
    );
});

story!(
    an_organization_invites_so_many_a_day,
    |settings| settings.invitation_limit = 3,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place().await;
        for n in 0..2 {
            ada.invites(&place, &format!("bob{n}@else.test"), "viewer")
                .await
                .expect(200);
        }
        // Who is refused for another reason is not counted, who is asked again is.
        ada.invites(&place, "bob0@else.test", "viewer")
            .await
            .expect_detail(400, ALREADY);
        ada.asks_again(&place, "bob0@else.test").await.expect(200);
        for _ in 0..3 {
            let full = ada
                .invites(&place, "bob9@else.test", "viewer")
                .await
                .expect(429);
            let wait: u64 = full.header("retry-after").unwrap().parse().unwrap();
            assert!((86_000..=86_400).contains(&wait), "{wait}");
            ada.asks_again(&place, "bob0@else.test").await.expect(429);
        }
        assert_eq!(count(app, "project_invitations").await, 2);
        // Another organization has a count of its own.
        let eve = app.person("eve").await;
        eve.invites(&eve.place().await, "bob0@else.test", "viewer")
            .await
            .expect(200);
        app.clock()
            .pass(std::time::Duration::from_secs(24 * 60 * 60 + 1));
        let ada = freehold_testkit::Person::sign_in(
            app.stranger(),
            &ada.email,
            freehold_testkit::PASSWORD,
        )
        .await;
        ada.invites(&place, "bob9@else.test", "viewer")
            .await
            .expect(200);
    }
);
