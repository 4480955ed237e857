//! Invitation links for several users: limits on their number and addresses, and
//! that a link is valid only while its issuer could still invite.

mod concurrency;

use std::time::Duration;

use freehold_domain::{AllowedOwners, PlainToken};
use freehold_testkit::{Response, TestApp, TestUser, scenario, scenario_with_mail};
use serde_json::{Value, json};

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";
const LINK_NOT_FOUND: &str = "Invitation link not found.";

fn links_path(organization: &str) -> String {
    format!("/organizations/{organization}/invitation-links")
}

/// The fields of a link, as the page behind it reads them.
#[track_caller]
fn token(made: &Response) -> String {
    let url = made.text_field("url");
    let (_, query) = url.split_once('?').unwrap();
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let found = pairs.find(|(name, _)| *name == "invitation_link");
    found.unwrap().1.to_owned()
}

/// Creates a link, which has to succeed. Returns its id and its fields.
pub(crate) async fn create_link(
    who: &TestUser,
    organization: &str,
    body: &Value,
) -> (String, String) {
    let made = who
        .post(&links_path(organization), body)
        .await
        .expect_status(201);
    (made.text_field("id"), token(&made))
}

pub(crate) async fn use_link(who: &TestUser, token: &str) -> Response {
    who.post("/invitation-links/accept", &json!({"token": token}))
        .await
}

/// The one link of an organization, as listed.
async fn listed_link(who: &TestUser, organization: &str) -> Value {
    let list = who.get(&links_path(organization)).await.expect_status(200);
    assert_eq!(list.json().as_array().map(Vec::len), Some(1), "{list}");
    list.json()[0].clone()
}

/// The number of members of an organization on all three levels, without its owner.
async fn count_joined(app: &TestApp, organization: &str) -> i64 {
    let organization = app.sql_id(organization);
    let sql = format!(
        "SELECT count(*) FROM organization_members o
          JOIN workspace_members w ON w.user_id = o.user_id AND w.organization_id = o.organization_id
          JOIN project_members p ON p.user_id = o.user_id AND p.workspace_id = w.workspace_id
         WHERE o.organization_id = {organization} AND o.role <> 'owner'"
    );
    app.db().query_number(&sql).await
}

scenario!(link_admits_up_to_its_limit_and_counts_uses, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let engines = ada.create_organization("Engines").await;
    let scope = ada.default_scope_in(&engines).await;
    let made = ada
        .post(
            &links_path(&engines),
            &json!({"role": "editor", "max_uses": 2}),
        )
        .await
        .expect_status(201);
    let secret = token(&made);
    let id = made.text_field("id");
    assert_eq!(
        made.text_field("url"),
        format!(
            "http://localhost/auth?invitation_link={secret}&organization_id={engines}&workspace_id={}",
            scope.workspace
        )
    );
    assert_eq!(
        app.db().tables_containing(&secret).await,
        Vec::<String>::new()
    );

    let joined_as = json!({
        "organization_id": engines, "workspace_id": scope.workspace,
        "project_id": scope.project, "role": "editor",
    });
    use_link(&bob, &secret).await.expect_body(200, &joined_as);
    let seen = bob.default_scope_in(&engines).await;
    assert_eq!(seen.project, scope.project);
    // A second use has no effect and counts once; reading the link does not count.
    let again = use_link(&bob, &secret).await.expect_status(409);
    assert_eq!(again.code(), "already_workspace_member");
    use_link(&ada, &secret).await.expect_status(409);
    ada.get("/invitation-links/accept").await.expect_status(405);
    let link = listed_link(&ada, &engines).await;
    assert_eq!(
        (
            &link["id"],
            &link["state"],
            &link["uses"],
            &link["remaining"],
            &link["issuer"]["email"]
        ),
        (
            &json!(id),
            &json!("active"),
            &json!(1),
            &json!(1),
            &json!(ada.email)
        )
    );
    let dry_run = cleo
        .post(
            "/invitation-links/accept?dry_run=true",
            &json!({"token": secret}),
        )
        .await
        .expect_status(200);
    assert_eq!(
        dry_run.json()["would_change"],
        json!(["invitation_link.used"])
    );
    assert_eq!(listed_link(&ada, &engines).await["uses"], 1);

    let request = || {
        let request = cleo.post("/invitation-links/accept", &json!({"token": secret}));
        request.header("idempotency-key", "join-1")
    };
    let first = request().await.expect_status(200);
    assert_eq!(request().await.expect_status(200).text(), first.text());
    let link = listed_link(&ada, &engines).await;
    assert_eq!(
        (&link["state"], &link["uses"]),
        (&json!("used_up"), &json!(2))
    );
    assert!(
        !ada.get(&links_path(&engines))
            .await
            .text()
            .contains(&secret)
    );
    let dan = app.sign_up("dan").await;
    let late = use_link(&dan, &secret).await.expect_status(410);
    assert_eq!(late.code(), "invitation_link_used_up");
    assert_eq!(count_joined(app, &engines).await, 2);
});

scenario!(
    user_without_organization_joins_by_link,
    |settings| {
        settings.allowed_owners = AllowedOwners::only(["ada@acme.test".parse().unwrap()]);
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let home = ada.only_organization_id().await;
        assert_eq!(bob.organizations().await, Vec::<Value>::new());
        let (_, secret) = create_link(&ada, &home, &json!({})).await;
        // The project and workspace in the query are ignored: the user is no member yet.
        let there = format!("/invitation-links/accept?project_id={UNKNOWN_ID}&workspace_id=x");
        let unknown = PlainToken::from_bytes([7; 32]).expose_secret();
        for text in [unknown.as_str(), "", "nonsense"] {
            bob.post(&there, &json!({"token": text}))
                .await
                .expect_detail(404, LINK_NOT_FOUND);
        }
        let known = json!({"token": secret});
        app.anonymous()
            .post(&there, &known)
            .await
            .expect_status(401);
        bob.post(&there, &known).await.expect_status(200);
        assert_eq!(bob.only_organization_id().await, home);
    }
);

scenario!(invalid_link_settings_are_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let before = app.db().row_counts().await;
    for (body, field) in [
        (json!({"max_uses": 0}), "max_uses"),
        (json!({"max_uses": 1_000_001}), "max_uses"),
        (json!({"expires_in_days": 0}), "expires_in_days"),
        (json!({"expires_in_days": 366}), "expires_in_days"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_at": "tomorrow"}), "expires_at"),
        (
            json!({"expires_at": "2026-11-24T00:00:00Z", "expires_in_days": 1}),
            "expires_in_days",
        ),
        (json!({"allowed_domains": []}), "allowed_domains"),
        (json!({"allowed_domains": [""]}), "allowed_domains"),
        (
            json!({"allowed_domains": ["ada@acme.test"]}),
            "allowed_domains",
        ),
        (json!({"workspace_id": "x"}), "workspace_id"),
    ] {
        let response = ada.post(&links_path(&home), &body).await.expect_status(422);
        assert_eq!(
            response.detail()[0]["loc"],
            json!(["body", field]),
            "{response}"
        );
    }
    for role in ["owner", "king", ""] {
        ada.post(&links_path(&home), &json!({"role": role}))
            .await
            .expect_detail(400, format!("Workspace role '{role}' is invalid."));
    }
    ada.post(&links_path(&home), &json!({"workspace_id": UNKNOWN_ID}))
        .await
        .expect_detail(404, "Workspace not found for organization.");
    let dry_run = ada
        .post(&format!("{}?dry_run=true", links_path(&home)), &json!({}))
        .await
        .expect_status(201);
    assert_eq!(dry_run.json()["url"], Value::Null);
    let mut after = app.db().row_counts().await;
    // Refusals are audited, and nothing else changes.
    after.insert("audit_events".to_owned(), before["audit_events"]);
    assert_eq!(after, before);
});

scenario!(links_require_invite_permission, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo, dan) = (
        app.sign_up("bob").await,
        app.sign_up("cleo").await,
        app.sign_up("dan").await,
    );
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "developer", "developer"])
        .await;
    app.insert_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    let lab = ada.create_workspace(&home, "Lab").await;
    let (id, _) = create_link(&ada, &home, &json!({"role": "admin"})).await;
    let (other, _) = create_link(&ada, &home, &json!({"workspace_id": lab.workspace})).await;

    // An admin may not create links for admins, nor in an organization that is not theirs.
    cleo.post(&links_path(&home), &json!({"role": "admin"}))
        .await
        .expect_status(403);
    let there = json!({"workspace_id": lab.workspace});
    cleo.post(&links_path(&home), &there)
        .await
        .expect_status(403);
    assert_eq!(listed_link(&cleo, &home).await["id"], id);
    cleo.delete(&format!("{}/{other}", links_path(&home)))
        .await
        .expect_status(403);
    bob.post(&links_path(&home), &json!({}))
        .await
        .expect_status(403);
    bob.get(&links_path(&home)).await.expect_status(403);
    bob.delete(&format!("{}/{id}", links_path(&home)))
        .await
        .expect_status(403);

    let other_scope = dan.only_organization_id().await;
    for organization in [home.as_str(), UNKNOWN_ID, "nonsense"] {
        let missing = "Workspace not found for organization.";
        let made = dan.post(&links_path(organization), &json!({})).await;
        made.expect_detail(404, missing);
        dan.get(&links_path(organization))
            .await
            .expect_detail(404, missing);
    }
    for (organization, link) in [
        (&home, &id),
        (&other_scope, &id),
        (&other_scope, &UNKNOWN_ID.to_owned()),
        (&other_scope, &"nonsense".to_owned()),
    ] {
        dan.delete(&format!("{}/{link}", links_path(organization)))
            .await
            .expect_detail(404, LINK_NOT_FOUND);
    }
    assert_eq!(listed_link(&cleo, &home).await["state"], "active");
});

scenario!(revoked_link_is_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let home = ada.only_organization_id().await;
    let (id, secret) = create_link(&ada, &home, &json!({})).await;
    use_link(&bob, &secret).await.expect_status(200);
    let revoke = || ada.delete(&format!("{}/{id}", links_path(&home)));
    let revoked = revoke().await.expect_status(200);
    assert_eq!(revoked.text_field("state"), "revoked");
    assert_eq!(revoked.json()["valid"], false);
    assert_eq!(revoke().await.expect_status(200).text(), revoked.text());
    let late = use_link(&cleo, &secret).await.expect_status(410);
    assert_eq!(late.code(), "invitation_link_revoked");
    assert_eq!(count_joined(app, &home).await, 1);
    let noted = "SELECT count(*) FROM audit_events WHERE action = 'invitation_link.revoked'";
    assert_eq!(app.db().query_number(noted).await, 1);
});

scenario!(removed_member_cannot_reuse_a_link, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let home = ada.only_organization_id().await;
    let scope = ada.default_scope_in(&home).await;
    let (_, secret) = create_link(&ada, &home, &json!({"role": "editor"})).await;
    use_link(&bob, &secret).await.expect_status(200);
    use_link(&bob, &secret).await.expect_status(409);
    ada.remove_member(&scope, &bob.email)
        .await
        .expect_status(200);
    let dry_run = "/invitation-links/accept?dry_run=true";
    for links_path in ["/invitation-links/accept", dry_run] {
        let back = bob.post(links_path, &json!({"token": secret})).await;
        assert_eq!(back.code(), "invitation_link_already_used", "{back}");
        back.expect_detail(
            410,
            "You have already used this invitation link. Ask for a new invitation.",
        );
    }
    assert_eq!(count_joined(app, &home).await, 0);
    assert_eq!(listed_link(&ada, &home).await["uses"], 1);
    // The link remains valid for others, and another link is valid for him.
    use_link(&cleo, &secret).await.expect_status(200);
    let (_, another) = create_link(&ada, &home, &json!({"max_uses": 1})).await;
    use_link(&bob, &another).await.expect_status(200);
    assert_eq!(count_joined(app, &home).await, 2);
    // The uses of the link are deleted with it.
    let kept = "SELECT count(*) FROM invitation_link_uses";
    assert_eq!(app.db().query_number(kept).await, 3);
    let gone = "DELETE FROM invitation_links WHERE max_uses = 1";
    app.db().execute(gone).await.unwrap();
    assert_eq!(app.db().query_number(kept).await, 2);
});

scenario!(link_expires, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let home = ada.only_organization_id().await;
    let (_, secret) = create_link(&ada, &home, &json!({"expires_in_days": 1})).await;
    let day = Duration::from_secs(24 * 60 * 60);
    let minute = Duration::from_secs(60);
    app.clock().advance(day - minute);
    let bob = bob.with_tokens_from(bob.refresh_session().await);
    use_link(&bob, &secret).await.expect_status(200);
    app.clock().advance(minute);
    let cleo = cleo.with_tokens_from(cleo.refresh_session().await);
    let late = use_link(&cleo, &secret).await.expect_status(410);
    assert_eq!(late.code(), "invitation_link_expired");
    let ada = ada.with_tokens_from(ada.refresh_session().await);
    assert_eq!(listed_link(&ada, &home).await["state"], "expired");
});

scenario!(domain_link_requires_a_verified_address, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let (_, secret) = create_link(&ada, &home, &json!({"allowed_domains": ["Acme.TEST"]})).await;
    assert_eq!(
        listed_link(&ada, &home).await["allowed_domains"],
        json!(["acme.test"])
    );
    let (bob, eve) = (
        app.sign_up("bob").await,
        TestUser::sign_up(app.anonymous(), "eve@notacme.test").await,
    );
    let below = TestUser::sign_up(app.anonymous(), "cleo@mail.acme.test").await;
    app.mark_email_verified(&eve.email).await;
    let outside = use_link(&eve, &secret).await.expect_status(403);
    assert_eq!(outside.code(), "link_domain_not_allowed");
    // Any user can create an account with any address.
    let unverified = use_link(&bob, &secret).await.expect_status(403);
    assert_eq!(unverified.code(), "email_not_verified");
    assert_eq!(listed_link(&ada, &home).await["uses"], 0);
    for who in [&bob, &below] {
        // The second verification changes nothing.
        app.mark_email_verified(&who.email).await;
        app.mark_email_verified(&who.email).await;
        use_link(who, &secret).await.expect_status(200);
    }
    let noted = "SELECT count(*) FROM audit_events WHERE action = 'user.email_verified'";
    assert_eq!(app.db().query_number(noted).await, 3);
    assert_eq!(count_joined(app, &home).await, 2);
});

scenario!(
    link_is_valid_while_its_issuer_may_grant_the_role,
    async |app| {
        let ada = app.sign_up("ada").await;
        let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
        let home = ada.only_organization_id().await;
        let scope = ada.default_scope_in(&home).await;
        app.insert_member(&home, &cleo, ["viewer", "admin", "admin"])
            .await;
        let (_, secret) = create_link(&cleo, &home, &json!({"role": "developer"})).await;
        let validity = async || {
            let link = listed_link(&ada, &home).await;
            assert_eq!(link["state"], "active");
            (link["valid"].clone(), link["invalid_reason"].clone())
        };
        assert_eq!(validity().await, (json!(true), Value::Null));
        ada.assign_role(&scope, &cleo.email, "editor")
            .await
            .expect_status(200);
        assert_eq!(validity().await, (json!(false), json!("issuer_demoted")));
        let demoted = use_link(&bob, &secret).await.expect_status(410);
        assert_eq!(demoted.code(), "link_issuer_demoted");
        ada.remove_member(&scope, &cleo.email)
            .await
            .expect_status(200);
        assert_eq!(validity().await, (json!(false), json!("issuer_not_member")));
        let gone = use_link(&bob, &secret).await.expect_status(410);
        assert_eq!(gone.code(), "link_issuer_not_member");
        assert_eq!(count_joined(app, &home).await, 0);
        app.insert_member(&home, &cleo, ["viewer", "admin", "admin"])
            .await;
        assert_eq!(validity().await, (json!(true), Value::Null));
        use_link(&bob, &secret).await.expect_status(200);
        assert_eq!(listed_link(&ada, &home).await["uses"], 1);
    }
);

scenario_with_mail!(
    managers_are_notified_of_members_who_join_by_link,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
        let home = ada.only_organization_id().await;
        app.insert_member(&home, &cleo, ["viewer", "editor", "editor"])
            .await;
        let (_, secret) = create_link(&ada, &home, &json!({})).await;
        use_link(&bob, &secret).await.expect_status(200);
        let mail = mailbox.next_to(&ada.email).await;
        assert!(mail.subject.starts_with("New Member Joined"), "{mail:?}");
        assert!(mail.text.contains("bob"), "{mail:?}");
        for other in [&bob, &cleo] {
            mailbox.expect_none_to(&other.email).await;
        }
    }
);

scenario!(schema_limits_link_uses, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    create_link(&ada, &home, &json!({"max_uses": 5})).await;
    app.db()
        .execute("UPDATE invitation_links SET uses = 5")
        .await
        .unwrap();
    let too_many = "UPDATE invitation_links SET uses = uses + 1";
    let refused = app.db().execute(too_many).await.unwrap_err();
    assert_eq!(refused.constraint.as_deref(), Some("invitation_links_uses"));
});
