//! Links that let several people in: as many as they say, whom they say, and
//! as long as somebody stands behind them.

mod concurrency;

use std::time::Duration;

use freehold_domain::{AllowedOwners, PlainToken};
use freehold_testkit::{Answer, Person, TestApp, story, story_with_mail};
use serde_json::{Value, json};

const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";
const NO_LINK: &str = "Invitation link not found.";

fn path(organization: &str) -> String {
    format!("/organizations/{organization}/invitation-links")
}

/// What a link holds, as the page behind it reads it.
#[track_caller]
fn token(made: &Answer) -> String {
    let url = made.word("url");
    let (_, query) = url.split_once('?').unwrap();
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let found = pairs.find(|(name, _)| *name == "invitation_link");
    found.unwrap().1.to_owned()
}

/// Makes a link, and has to succeed: its id and what it holds.
async fn makes(who: &Person, organization: &str, body: &Value) -> (String, String) {
    let made = who.post(&path(organization), body).await.expect(201);
    (made.word("id"), token(&made))
}

async fn uses(who: &Person, token: &str) -> Answer {
    who.post("/invitation-links/accept", &json!({"token": token}))
        .await
}

/// The one link of an organization, as it is listed.
async fn listed(who: &Person, organization: &str) -> Value {
    let list = who.get(&path(organization)).await.expect(200);
    assert_eq!(list.json().as_array().map(Vec::len), Some(1), "{list}");
    list.json()[0].clone()
}

/// How many are in an organization on all three levels, its owner not counted.
async fn joined(app: &TestApp, organization: &str) -> i64 {
    let organization = app.sql(organization);
    let sql = format!(
        "SELECT count(*) FROM organization_members o
          JOIN workspace_members w ON w.user_id = o.user_id AND w.organization_id = o.organization_id
          JOIN project_members p ON p.user_id = o.user_id AND p.workspace_id = w.workspace_id
         WHERE o.organization_id = {organization} AND o.role <> 'owner'"
    );
    app.db().number(&sql).await
}

story!(a_link_lets_people_in_and_says_how_many, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let engines = ada.founds("Engines").await;
    let place = ada.place_in(&engines).await;
    let made = ada
        .post(&path(&engines), &json!({"role": "editor", "max_uses": 2}))
        .await
        .expect(201);
    let secret = token(&made);
    let id = made.word("id");
    assert_eq!(
        made.word("url"),
        format!(
            "http://localhost/auth?invitation_link={secret}&organization_id={engines}&workspace_id={}",
            place.workspace
        )
    );
    assert_eq!(app.db().mentions(&secret).await, Vec::<String>::new());

    let joined_as = json!({
        "organization_id": engines, "workspace_id": place.workspace,
        "project_id": place.project, "role": "editor",
    });
    uses(&bob, &secret).await.expect_body(200, &joined_as);
    let seen = bob.place_in(&engines).await;
    assert_eq!(seen.project, place.project);
    // Once is enough, and counts once; looking at it counts nothing.
    let again = uses(&bob, &secret).await.expect(409);
    assert_eq!(again.code(), "already_workspace_member");
    uses(&ada, &secret).await.expect(409);
    ada.get("/invitation-links/accept").await.expect(405);
    let link = listed(&ada, &engines).await;
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
    let rehearsed = cleo
        .post(
            "/invitation-links/accept?dry_run=true",
            &json!({"token": secret}),
        )
        .await
        .expect(200);
    assert_eq!(
        rehearsed.json()["would_change"],
        json!(["invitation_link.used"])
    );
    assert_eq!(listed(&ada, &engines).await["uses"], 1);

    let ask = || {
        let ask = cleo.post("/invitation-links/accept", &json!({"token": secret}));
        ask.header("idempotency-key", "join-1")
    };
    let first = ask().await.expect(200);
    assert_eq!(ask().await.expect(200).text(), first.text());
    let link = listed(&ada, &engines).await;
    assert_eq!(
        (&link["state"], &link["uses"]),
        (&json!("used_up"), &json!(2))
    );
    assert!(!ada.get(&path(&engines)).await.text().contains(&secret));
    let dan = app.person("dan").await;
    let late = uses(&dan, &secret).await.expect(410);
    assert_eq!(late.code(), "invitation_link_used_up");
    assert_eq!(joined(app, &engines).await, 2);
});

story!(
    somebody_without_any_organization_joins,
    |settings| {
        settings.owners = AllowedOwners::only(["ada@acme.test".parse().unwrap()]);
    },
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let home = ada.home().await;
        assert_eq!(bob.organizations().await, Vec::<Value>::new());
        let (_, secret) = makes(&ada, &home, &json!({})).await;
        // Where a page says that it is going does not matter: they are not there yet.
        let there = format!("/invitation-links/accept?project_id={NOWHERE}&workspace_id=x");
        let unknown = PlainToken::from_bytes([7; 32]).expose_secret();
        for text in [unknown.as_str(), "", "nonsense"] {
            bob.post(&there, &json!({"token": text}))
                .await
                .expect_detail(404, NO_LINK);
        }
        let known = json!({"token": secret});
        app.stranger().post(&there, &known).await.expect(401);
        bob.post(&there, &known).await.expect(200);
        assert_eq!(bob.home().await, home);
    }
);

story!(what_a_link_cannot_say, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
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
        let answer = ada.post(&path(&home), &body).await.expect(422);
        assert_eq!(
            answer.detail()[0]["loc"],
            json!(["body", field]),
            "{answer}"
        );
    }
    for role in ["owner", "king", ""] {
        ada.post(&path(&home), &json!({"role": role}))
            .await
            .expect_detail(400, format!("Workspace role '{role}' is invalid."));
    }
    ada.post(&path(&home), &json!({"workspace_id": NOWHERE}))
        .await
        .expect_detail(404, "Workspace not found for organization.");
    let rehearsed = ada
        .post(&format!("{}?dry_run=true", path(&home)), &json!({}))
        .await
        .expect(201);
    assert_eq!(rehearsed.json()["url"], Value::Null);
    let mut after = app.db().row_counts().await;
    // Refusals are noted, and nothing else.
    after.insert("audit_events".to_owned(), before["audit_events"]);
    assert_eq!(after, before);
});

story!(only_those_who_may_invite_have_links, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo, dan) = (
        app.person("bob").await,
        app.person("cleo").await,
        app.person("dan").await,
    );
    let home = ada.home().await;
    app.adds_member(&home, &bob, ["viewer", "developer", "developer"])
        .await;
    app.adds_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    let lab = ada.adds_workspace(&home, "Lab").await;
    let (id, _) = makes(&ada, &home, &json!({"role": "admin"})).await;
    let (other, _) = makes(&ada, &home, &json!({"workspace_id": lab.workspace})).await;

    // An admin may not let in admins, nor anybody where they are nobody.
    cleo.post(&path(&home), &json!({"role": "admin"}))
        .await
        .expect(403);
    let there = json!({"workspace_id": lab.workspace});
    cleo.post(&path(&home), &there).await.expect(403);
    assert_eq!(listed(&cleo, &home).await["id"], id);
    cleo.delete(&format!("{}/{other}", path(&home)))
        .await
        .expect(403);
    bob.post(&path(&home), &json!({})).await.expect(403);
    bob.get(&path(&home)).await.expect(403);
    bob.delete(&format!("{}/{id}", path(&home)))
        .await
        .expect(403);

    let theirs = dan.home().await;
    for organization in [home.as_str(), NOWHERE, "nonsense"] {
        let missing = "Workspace not found for organization.";
        let made = dan.post(&path(organization), &json!({})).await;
        made.expect_detail(404, missing);
        dan.get(&path(organization))
            .await
            .expect_detail(404, missing);
    }
    for (organization, link) in [
        (&home, &id),
        (&theirs, &id),
        (&theirs, &NOWHERE.to_owned()),
        (&theirs, &"nonsense".to_owned()),
    ] {
        dan.delete(&format!("{}/{link}", path(organization)))
            .await
            .expect_detail(404, NO_LINK);
    }
    assert_eq!(listed(&cleo, &home).await["state"], "active");
});

story!(a_revoked_link_lets_nobody_in, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let home = ada.home().await;
    let (id, secret) = makes(&ada, &home, &json!({})).await;
    uses(&bob, &secret).await.expect(200);
    let revoke = || ada.delete(&format!("{}/{id}", path(&home)));
    let revoked = revoke().await.expect(200);
    assert_eq!(revoked.word("state"), "revoked");
    assert_eq!(revoked.json()["valid"], false);
    assert_eq!(revoke().await.expect(200).text(), revoked.text());
    let late = uses(&cleo, &secret).await.expect(410);
    assert_eq!(late.code(), "invitation_link_revoked");
    assert_eq!(joined(app, &home).await, 1);
    let noted = "SELECT count(*) FROM audit_events WHERE action = 'invitation_link.revoked'";
    assert_eq!(app.db().number(noted).await, 1);
});

story!(nobody_comes_back_by_a_link_they_used, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let home = ada.home().await;
    let place = ada.place_in(&home).await;
    let (_, secret) = makes(&ada, &home, &json!({"role": "editor"})).await;
    uses(&bob, &secret).await.expect(200);
    uses(&bob, &secret).await.expect(409);
    ada.removes(&place, &bob.email).await.expect(200);
    let rehearsal = "/invitation-links/accept?dry_run=true";
    for path in ["/invitation-links/accept", rehearsal] {
        let back = bob.post(path, &json!({"token": secret})).await;
        assert_eq!(back.code(), "invitation_link_already_used", "{back}");
        back.expect_detail(
            410,
            "You have used this link before. Ask for a new invitation.",
        );
    }
    assert_eq!(joined(app, &home).await, 0);
    assert_eq!(listed(&ada, &home).await["uses"], 1);
    // The link is as good as ever for others, and so is another for him.
    uses(&cleo, &secret).await.expect(200);
    let (_, another) = makes(&ada, &home, &json!({"max_uses": 1})).await;
    uses(&bob, &another).await.expect(200);
    assert_eq!(joined(app, &home).await, 2);
    // What was kept of it goes with the link.
    let kept = "SELECT count(*) FROM invitation_link_uses";
    assert_eq!(app.db().number(kept).await, 3);
    let gone = "DELETE FROM invitation_links WHERE max_uses = 1";
    app.db().raw(gone).await.unwrap();
    assert_eq!(app.db().number(kept).await, 2);
});

story!(a_link_ends_when_it_says, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let home = ada.home().await;
    let (_, secret) = makes(&ada, &home, &json!({"expires_in_days": 1})).await;
    let day = Duration::from_secs(24 * 60 * 60);
    let minute = Duration::from_secs(60);
    app.clock().pass(day - minute);
    let bob = bob.with_tokens_of(bob.refreshes().await);
    uses(&bob, &secret).await.expect(200);
    app.clock().pass(minute);
    let cleo = cleo.with_tokens_of(cleo.refreshes().await);
    let late = uses(&cleo, &secret).await.expect(410);
    assert_eq!(late.code(), "invitation_link_expired");
    let ada = ada.with_tokens_of(ada.refreshes().await);
    assert_eq!(listed(&ada, &home).await["state"], "expired");
});

story!(a_link_for_a_domain_asks_whose_the_address_is, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let (_, secret) = makes(&ada, &home, &json!({"allowed_domains": ["Acme.TEST"]})).await;
    assert_eq!(
        listed(&ada, &home).await["allowed_domains"],
        json!(["acme.test"])
    );
    let (bob, eve) = (
        app.person("bob").await,
        Person::sign_up(app.stranger(), "eve@notacme.test").await,
    );
    let below = Person::sign_up(app.stranger(), "cleo@mail.acme.test").await;
    app.confirms_email(&eve.email).await;
    let outside = uses(&eve, &secret).await.expect(403);
    assert_eq!(outside.code(), "link_domain_not_allowed");
    // Anybody can make an account with anybody's address.
    let unproven = uses(&bob, &secret).await.expect(403);
    assert_eq!(unproven.code(), "email_not_verified");
    assert_eq!(listed(&ada, &home).await["uses"], 0);
    for who in [&bob, &below] {
        // The second time changes nothing.
        app.confirms_email(&who.email).await;
        app.confirms_email(&who.email).await;
        uses(who, &secret).await.expect(200);
    }
    let noted = "SELECT count(*) FROM audit_events WHERE action = 'user.email_verified'";
    assert_eq!(app.db().number(noted).await, 3);
    assert_eq!(joined(app, &home).await, 2);
});

story!(a_link_is_worth_what_its_maker_may_give, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let home = ada.home().await;
    let place = ada.place_in(&home).await;
    app.adds_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    let (_, secret) = makes(&cleo, &home, &json!({"role": "developer"})).await;
    let worth = async || {
        let link = listed(&ada, &home).await;
        assert_eq!(link["state"], "active");
        (link["valid"].clone(), link["invalid_reason"].clone())
    };
    assert_eq!(worth().await, (json!(true), Value::Null));
    ada.assigns(&place, &cleo.email, "editor").await.expect(200);
    assert_eq!(worth().await, (json!(false), json!("issuer_demoted")));
    let demoted = uses(&bob, &secret).await.expect(410);
    assert_eq!(demoted.code(), "link_issuer_demoted");
    ada.removes(&place, &cleo.email).await.expect(200);
    assert_eq!(worth().await, (json!(false), json!("issuer_gone")));
    let gone = uses(&bob, &secret).await.expect(410);
    assert_eq!(gone.code(), "link_issuer_not_member");
    assert_eq!(joined(app, &home).await, 0);
    app.adds_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    assert_eq!(worth().await, (json!(true), Value::Null));
    uses(&bob, &secret).await.expect(200);
    assert_eq!(listed(&ada, &home).await["uses"], 1);
});

story_with_mail!(whoever_manages_members_hears_of_it, async |app, mailbox| {
    let ada = app.person("ada").await;
    let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
    let home = ada.home().await;
    app.adds_member(&home, &cleo, ["viewer", "editor", "editor"])
        .await;
    let (_, secret) = makes(&ada, &home, &json!({})).await;
    uses(&bob, &secret).await.expect(200);
    let mail = mailbox.next_to(&ada.email).await;
    assert!(mail.subject.starts_with("New Member Joined"), "{mail:?}");
    assert!(mail.text.contains("bob"), "{mail:?}");
    for other in [&bob, &cleo] {
        mailbox.none_to(&other.email).await;
    }
});

story!(the_schema_counts_no_use_too_many, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    makes(&ada, &home, &json!({"max_uses": 5})).await;
    app.db()
        .raw("UPDATE invitation_links SET uses = 5")
        .await
        .unwrap();
    let too_many = "UPDATE invitation_links SET uses = uses + 1";
    let refused = app.db().raw(too_many).await.unwrap_err();
    assert_eq!(refused.constraint.as_deref(), Some("invitation_links_uses"));
});
