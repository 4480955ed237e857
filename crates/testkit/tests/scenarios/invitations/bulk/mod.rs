//! Inviting many at once: what becomes of each row, of the whole, and of nobody
//! else.

mod csv;
mod scale;

use std::collections::BTreeMap;
use std::time::Duration;

use freehold_testkit::{Answer, Ask, Person, TestApp, story, story_with_mail};
use serde_json::{Value, json};

const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

fn path(organization: &str) -> String {
    format!("/organizations/{organization}/invitations")
}

fn invites(who: &Person, organization: &str, body: &Value) -> Ask {
    who.post(&path(organization), body)
}

fn table(who: &Person, path: &str, csv: impl Into<Vec<u8>>) -> Ask {
    who.ask("POST", path)
        .header("content-type", "text/csv; charset=utf-8")
        .body(csv)
}

/// The rows' statuses, in order.
#[track_caller]
fn statuses(answer: &Answer) -> Vec<String> {
    let rows = answer.json()["invitations"].as_array();
    let rows = rows.unwrap_or_else(|| panic!("no rows: {answer}"));
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row["row"], json!(index + 1), "{row}");
        let status = row["status"].as_str().unwrap();
        assert_eq!(row["detail"].is_string(), status != "invited", "{row}");
    }
    let words = rows
        .iter()
        .map(|row| row["status"].as_str().unwrap().to_owned());
    words.collect()
}

/// The counts that are not zero.
fn counts(answer: &Answer) -> BTreeMap<String, i64> {
    let counts = answer.json()["counts"].as_object().unwrap();
    let counts = counts
        .iter()
        .map(|(name, count)| (name.clone(), count.as_i64().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Who is invited as what, as it is kept.
async fn kept(app: &TestApp) -> Vec<String> {
    let sql = "SELECT email || ' ' || role FROM project_invitations
                WHERE status = 'pending' ORDER BY email, role";
    app.db().texts(sql).await
}

/// All but refusals, which are noted.
async fn contents(app: &TestApp) -> BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    let done = "SELECT count(*) FROM audit_events WHERE refused IS NULL";
    let done = app.db().number(done).await;
    counts.insert("audit_events".to_owned(), done);
    counts
}

fn people(count: usize) -> Value {
    let people = (0..count).map(|n| json!({"email": format!("p{n}@many.test")}));
    people.collect()
}

story!(each_row_has_an_outcome_of_its_own, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let home = ada.home().await;
    app.adds_member(&home, &bob, ["viewer", "viewer", "viewer"])
        .await;
    invites(&ada, &home, &json!([{"email": "early@x.test"}]))
        .await
        .expect(200);
    let rows = json!([
        {"email": "new@x.test"},
        {"email": "  NEW@X.test "},
        {"email": "Bob@acme.test"},
        {"email": "early@x.test"},
        {"email": "nonsense"},
        {"email": "a\u{0}@x.test"},
        {"email": "king@x.test", "role": "king"},
        {"email": "owner@x.test", "role": "owner"},
        {"email": "ada@acme.test"},
        {"email": "far@x.test", "workspace_id": NOWHERE},
        {"email": "further@x.test", "workspace_id": "nonsense"},
        {"email": "king@x.test", "role": "editor", "workspace_id": ""},
        {"email": "boss@x.test", "role": "admin"},
    ]);
    let answer = invites(
        &ada,
        &home,
        &json!({"invitations": rows, "role": "annotator"}),
    )
    .await
    .expect(200);
    assert_eq!(
        statuses(&answer),
        [
            "invited",
            "duplicate",
            "already_member",
            "already_invited",
            "invalid_email",
            "invalid_email",
            "invalid_role",
            "invalid_role",
            "yourself",
            "workspace_not_found",
            "workspace_not_found",
            "invited",
            "invited"
        ]
    );
    assert_eq!(counts(&answer)["invited"], 3);
    assert_eq!(counts(&answer).values().sum::<i64>(), 13);
    assert_eq!(answer.json()["invitations"][1]["email"], "new@x.test");
    let expected = [
        "boss@x.test admin",
        "early@x.test viewer",
        "king@x.test editor",
        "new@x.test annotator",
    ];
    assert_eq!(kept(app).await, expected);
    let issued =
        "SELECT count(*) FROM audit_events WHERE action = 'invitation.issued' AND refused IS NULL";
    assert_eq!(app.db().number(issued).await, 4);
});

story!(the_link_of_a_row_opens_its_own_workspace, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let lab = ada.adds_workspace(&home, "Lab").await;
    let rows = json!([
        {"email": "cleo@acme.test", "workspace_id": lab.workspace, "role": "editor"},
        {"email": "cleo@acme.test"},
    ]);
    let answer = invites(&ada, &home, &rows).await.expect(200);
    assert_eq!(statuses(&answer), ["invited", "invited"]);
    let link = answer.json()["invitations"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = link.split(['=', '&']).nth(1).unwrap();
    assert!(
        link.contains(&format!("workspace_id={}", lab.workspace)),
        "{link}"
    );
    assert_eq!(app.db().mentions(token).await, Vec::<String>::new());

    let cleo = app.person("cleo").await;
    let accept = format!(
        "/organizations/{home}/workspaces/{}/invite/accept?project_id={}",
        lab.workspace, lab.project
    );
    let accepted = cleo.post(&accept, &json!({"token": token, "email": "cleo@acme.test"}));
    accepted.await.expect(200);
    let roles = format!(
        "SELECT role FROM workspace_members WHERE user_id = {} AND workspace_id = {}",
        app.sql(&cleo.id),
        app.sql(&lab.workspace)
    );
    assert_eq!(app.db().texts(&roles).await, ["editor"]);
    // She is in one of the two workspaces and invited to the other.
    let again = invites(&ada, &home, &rows).await.expect(200);
    assert_eq!(statuses(&again), ["already_member", "already_invited"]);
});

story!(rights_are_asked_in_each_workspace, async |app| {
    let ada = app.person("ada").await;
    let (bob, cleo, dan) = (
        app.person("bob").await,
        app.person("cleo").await,
        app.person("dan").await,
    );
    let home = ada.home().await;
    app.adds_member(&home, &bob, ["viewer", "editor", "editor"])
        .await;
    app.adds_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    let lab = ada.adds_workspace(&home, "Lab").await;
    let rows = json!([
        {"email": "a@x.test", "role": "developer"},
        {"email": "b@x.test", "role": "admin"},
        {"email": "c@x.test", "workspace_id": lab.workspace},
    ]);
    let by_admin = invites(&cleo, &home, &rows).await.expect(200);
    assert_eq!(
        statuses(&by_admin),
        ["invited", "forbidden_role", "insufficient_role"]
    );
    let project = cleo.place_in(&home).await.project;
    let key = cleo
        .adds_key_at(&format!("/keys?project_id={project}"))
        .await;
    let by_key = key.post(&path(&home), &rows).await.expect(200);
    assert_eq!(
        statuses(&by_key),
        ["already_invited", "forbidden_role", "insufficient_role"]
    );
    let before = kept(app).await;
    let insufficient_role =
        "You do not have permission to perform this action. Please contact your Organization Owner";
    invites(&bob, &home, &rows)
        .await
        .expect_detail(403, insufficient_role);
    for organization in [home.as_str(), NOWHERE, "nonsense"] {
        invites(&dan, organization, &rows)
            .await
            .expect_detail(404, "Workspace not found for organization.");
    }
    app.stranger().post(&path(&home), &rows).await.expect(401);
    assert_eq!(kept(app).await, before);
});

story!(what_is_no_such_request_is_refused_as_a_whole, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let before = contents(app).await;
    for (body, kind, place) in [
        (json!([]), "too_short", json!(["body"])),
        (json!({}), "missing", json!(["body", "invitations"])),
        (
            json!({"invitations": []}),
            "too_short",
            json!(["body", "invitations"]),
        ),
        (people(1_001), "too_long", json!(["body"])),
        (
            json!([{"role": "viewer"}]),
            "missing",
            json!(["body", 0, "email"]),
        ),
        (
            json!([{"email": 7}]),
            "string_type",
            json!(["body", 0, "email"]),
        ),
        (
            json!({"invitations": people(1), "delivery": "pigeon"}),
            "literal_error",
            json!(["body", "delivery"]),
        ),
        (
            json!({"invitations": people(1), "delivery": "email"}),
            "value_error",
            json!(["body", "delivery"]),
        ),
        (
            json!({"invitations": people(1), "workspace_id": "x"}),
            "uuid_parsing",
            json!(["body", "workspace_id"]),
        ),
    ] {
        let answer = invites(&ada, &home, &body).await.expect(422);
        let told = &answer.detail()[0];
        assert_eq!(
            (&told["type"], &told["loc"]),
            (&json!(kind), &place),
            "{answer}"
        );
    }
    let asked = format!("{}?delivery=email", path(&home));
    let by_query = table(&ada, &asked, "email\na@x.test\n").await.expect(422);
    assert_eq!(by_query.detail()[0]["loc"], json!(["query", "delivery"]));
    ada.ask("POST", &path(&home))
        .header("content-type", "text/plain")
        .body("a@x.test")
        .await
        .expect(415);
    // A thousand long rows are below a mebibyte; more than that is not read.
    let large = vec![b'x'; 1024 * 1024 + 1];
    table(&ada, &path(&home), large).await.expect(413);
    assert_eq!(contents(app).await, before);
});

story!(a_rehearsal_tells_the_same_and_keeps_nothing, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let rows = json!([{"email": "a@x.test"}, {"email": "a@x.test"}, {"email": "no"}, {"email": "b@x.test"}]);
    let before = contents(app).await;
    let rehearsed = ada
        .post(&format!("{}?dry_run=true", path(&home)), &rows)
        .await
        .expect(200);
    assert_eq!(contents(app).await, before);
    assert_eq!(
        rehearsed.json()["would_change"],
        json!(["invitation.issued", "invitation.issued"])
    );
    assert!(!rehearsed.text().contains("\"url\""), "{rehearsed}");
    let done = invites(&ada, &home, &rows).await.expect(200);
    assert_eq!(statuses(&done), statuses(&rehearsed));
    assert_eq!(counts(&done), counts(&rehearsed));
    assert!(done.json()["invitations"][0]["url"].is_string());
});

story!(an_invitation_that_ran_out_makes_room, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let rows = json!([{"email": "a@x.test"}, {"email": "b@x.test"}]);
    invites(&ada, &home, &rows).await.expect(200);
    app.clock().pass(Duration::from_secs(7 * 24 * 60 * 60));
    let ada = ada.with_tokens_of(ada.refreshes().await);
    let rows = json!([{"email": "a@x.test", "role": "editor"}, {"email": "c@x.test"}]);
    let answer = invites(&ada, &home, &rows).await.expect(200);
    assert_eq!(statuses(&answer), ["invited", "invited"]);
    let sql = "SELECT email || ' ' || role || ' ' || status FROM project_invitations ORDER BY email, role";
    assert_eq!(
        app.db().texts(sql).await,
        [
            "a@x.test editor pending",
            "a@x.test viewer expired",
            "b@x.test viewer pending",
            "c@x.test viewer pending"
        ]
    );
});

story!(
    recipients_are_counted_and_not_requests,
    |settings| settings.invitation_limit = 12,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.home().await;
        let refused = invites(&ada, &home, &people(13)).await.expect(429);
        assert_eq!(refused.code(), "too_many_attempts");
        assert_eq!(kept(app).await.len(), 0);
        invites(&ada, &home, &people(12)).await.expect(200);
        // Those who need no invitation do not count.
        invites(&ada, &home, &people(12)).await.expect(200);
        invites(&ada, &home, &json!([{"email": "one@more.test"}]))
            .await
            .expect(429);
        assert_eq!(kept(app).await.len(), 12);
    }
);

story_with_mail!(letters_go_to_those_who_are_invited, async |app, mailbox| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let rows = json!([{"email": "a@x.test"}, {"email": "no"}, {"email": "b@x.test"}]);
    let answer = invites(&ada, &home, &rows).await.expect(200);
    assert_eq!(statuses(&answer), ["invited", "invalid_email", "invited"]);
    assert!(!answer.text().contains("\"url\""), "{answer}");
    for to in ["a@x.test", "b@x.test"] {
        let mail = mailbox.next_to(to).await;
        assert!(mail.links[0].contains("/auth?token="), "{mail:?}");
    }
    // Asked for, a link is handed out and no letter sent, with a mailer, too.
    let by_hand = json!({"invitations": [{"email": "c@x.test"}], "delivery": "link"});
    let answer = invites(&ada, &home, &by_hand).await.expect(200);
    assert!(answer.json()["invitations"][0]["url"].is_string());
    let later = json!({"invitations": [{"email": "d@x.test"}], "delivery": "none"});
    let answer = invites(&ada, &home, &later).await.expect(200);
    assert!(!answer.text().contains("\"url\""), "{answer}");
    mailbox.none_to("c@x.test").await;
    mailbox.none_to("d@x.test").await;
    let proving = "SELECT email FROM project_invitations WHERE mailed ORDER BY email";
    assert_eq!(app.db().texts(proving).await, ["a@x.test", "b@x.test"]);
});
