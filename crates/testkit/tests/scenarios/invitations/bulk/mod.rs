//! Bulk invitations: the result of each row and of the whole request, and that
//! other organizations are unchanged.

mod csv;
mod scale;

use std::collections::BTreeMap;
use std::time::Duration;

use freehold_testkit::{PendingRequest, Response, TestApp, TestUser, scenario, scenario_with_mail};
use serde_json::{Value, json};

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

fn invitations_path(organization: &str) -> String {
    format!("/organizations/{organization}/invitations")
}

fn bulk_invite(who: &TestUser, organization: &str, body: &Value) -> PendingRequest {
    who.post(&invitations_path(organization), body)
}

fn bulk_invite_csv(
    who: &TestUser,
    invitations_path: &str,
    csv: impl Into<Vec<u8>>,
) -> PendingRequest {
    who.request("POST", invitations_path)
        .header("content-type", "text/csv; charset=utf-8")
        .body(csv)
}

/// The rows' statuses, in order.
#[track_caller]
fn statuses(response: &Response) -> Vec<String> {
    let rows = response.json()["invitations"].as_array();
    let rows = rows.unwrap_or_else(|| panic!("no rows: {response}"));
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row["row"], json!(index + 1), "{row}");
        let status = row["status"].as_str().unwrap();
        assert_eq!(row["detail"].is_string(), status != "invited", "{row}");
    }
    let text_fields = rows
        .iter()
        .map(|row| row["status"].as_str().unwrap().to_owned());
    text_fields.collect()
}

/// The counts that are not zero.
fn counts(response: &Response) -> BTreeMap<String, i64> {
    let counts = response.json()["counts"].as_object().unwrap();
    let counts = counts
        .iter()
        .map(|(name, count)| (name.clone(), count.as_i64().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// The invited addresses with their roles, as stored.
async fn pending_invitations(app: &TestApp) -> Vec<String> {
    let sql = "SELECT email || ' ' || role FROM project_invitations
                WHERE status = 'pending' ORDER BY email, role";
    app.db().query_texts(sql).await
}

/// All rows but audit events, which record refusals.
async fn contents(app: &TestApp) -> BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    let done = "SELECT count(*) FROM audit_events WHERE refused IS NULL";
    let done = app.db().query_number(done).await;
    counts.insert("audit_events".to_owned(), done);
    counts
}

fn email_rows(count: usize) -> Value {
    let email_rows = (0..count).map(|n| json!({"email": format!("p{n}@many.test")}));
    email_rows.collect()
}

scenario!(each_row_has_its_own_status, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "viewer", "viewer"])
        .await;
    bulk_invite(&ada, &home, &json!([{"email": "early@x.test"}]))
        .await
        .expect_status(200);
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
        {"email": "far@x.test", "workspace_id": UNKNOWN_ID},
        {"email": "further@x.test", "workspace_id": "nonsense"},
        {"email": "king@x.test", "role": "editor", "workspace_id": ""},
        {"email": "boss@x.test", "role": "admin"},
    ]);
    let response = bulk_invite(
        &ada,
        &home,
        &json!({"invitations": rows, "role": "annotator"}),
    )
    .await
    .expect_status(200);
    assert_eq!(
        statuses(&response),
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
    assert_eq!(counts(&response)["invited"], 3);
    assert_eq!(counts(&response).values().sum::<i64>(), 13);
    assert_eq!(response.json()["invitations"][1]["email"], "new@x.test");
    let expected = [
        "boss@x.test admin",
        "early@x.test viewer",
        "king@x.test editor",
        "new@x.test annotator",
    ];
    assert_eq!(pending_invitations(app).await, expected);
    let issued =
        "SELECT count(*) FROM audit_events WHERE action = 'invitation.issued' AND refused IS NULL";
    assert_eq!(app.db().query_number(issued).await, 4);
});

scenario!(link_of_a_row_leads_to_its_workspace, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let lab = ada.create_workspace(&home, "Lab").await;
    let rows = json!([
        {"email": "cleo@acme.test", "workspace_id": lab.workspace, "role": "editor"},
        {"email": "cleo@acme.test"},
    ]);
    let response = bulk_invite(&ada, &home, &rows).await.expect_status(200);
    assert_eq!(statuses(&response), ["invited", "invited"]);
    let link = response.json()["invitations"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = link.split(['=', '&']).nth(1).unwrap();
    assert!(
        link.contains(&format!("workspace_id={}", lab.workspace)),
        "{link}"
    );
    assert_eq!(
        app.db().tables_containing(token).await,
        Vec::<String>::new()
    );

    let cleo = app.sign_up("cleo").await;
    let accept = format!(
        "/organizations/{home}/workspaces/{}/invite/accept?project_id={}",
        lab.workspace, lab.project
    );
    let accepted = cleo.post(&accept, &json!({"token": token, "email": "cleo@acme.test"}));
    accepted.await.expect_status(200);
    let roles = format!(
        "SELECT role FROM workspace_members WHERE user_id = {} AND workspace_id = {}",
        app.sql_id(&cleo.id),
        app.sql_id(&lab.workspace)
    );
    assert_eq!(app.db().query_texts(&roles).await, ["editor"]);
    // She is in one of the two workspaces and invited to the other.
    let again = bulk_invite(&ada, &home, &rows).await.expect_status(200);
    assert_eq!(statuses(&again), ["already_member", "already_invited"]);
});

scenario!(permission_is_checked_per_workspace, async |app| {
    let ada = app.sign_up("ada").await;
    let (bob, cleo, dan) = (
        app.sign_up("bob").await,
        app.sign_up("cleo").await,
        app.sign_up("dan").await,
    );
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "editor", "editor"])
        .await;
    app.insert_member(&home, &cleo, ["viewer", "admin", "admin"])
        .await;
    let lab = ada.create_workspace(&home, "Lab").await;
    let rows = json!([
        {"email": "a@x.test", "role": "developer"},
        {"email": "b@x.test", "role": "admin"},
        {"email": "c@x.test", "workspace_id": lab.workspace},
    ]);
    let by_admin = bulk_invite(&cleo, &home, &rows).await.expect_status(200);
    assert_eq!(
        statuses(&by_admin),
        ["invited", "forbidden_role", "insufficient_role"]
    );
    let project = cleo.default_scope_in(&home).await.project;
    let key = cleo
        .create_api_key_at(&format!("/keys?project_id={project}"))
        .await;
    let by_key = key
        .post(&invitations_path(&home), &rows)
        .await
        .expect_status(200);
    assert_eq!(
        statuses(&by_key),
        ["already_invited", "forbidden_role", "insufficient_role"]
    );
    let before = pending_invitations(app).await;
    let insufficient_role =
        "You do not have permission to perform this action. Please contact your Organization Owner";
    bulk_invite(&bob, &home, &rows)
        .await
        .expect_detail(403, insufficient_role);
    for organization in [home.as_str(), UNKNOWN_ID, "nonsense"] {
        bulk_invite(&dan, organization, &rows)
            .await
            .expect_detail(404, "Workspace not found for organization.");
    }
    app.anonymous()
        .post(&invitations_path(&home), &rows)
        .await
        .expect_status(401);
    assert_eq!(pending_invitations(app).await, before);
});

scenario!(malformed_bulk_request_is_refused_as_a_whole, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let before = contents(app).await;
    for (body, kind, location) in [
        (json!([]), "too_short", json!(["body"])),
        (json!({}), "missing", json!(["body", "invitations"])),
        (
            json!({"invitations": []}),
            "too_short",
            json!(["body", "invitations"]),
        ),
        (email_rows(1_001), "too_long", json!(["body"])),
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
            json!({"invitations": email_rows(1), "delivery": "pigeon"}),
            "literal_error",
            json!(["body", "delivery"]),
        ),
        (
            json!({"invitations": email_rows(1), "delivery": "email"}),
            "value_error",
            json!(["body", "delivery"]),
        ),
        (
            json!({"invitations": email_rows(1), "workspace_id": "x"}),
            "uuid_parsing",
            json!(["body", "workspace_id"]),
        ),
    ] {
        let response = bulk_invite(&ada, &home, &body).await.expect_status(422);
        let error = &response.detail()[0];
        assert_eq!(
            (&error["type"], &error["loc"]),
            (&json!(kind), &location),
            "{response}"
        );
    }
    let path = format!("{}?delivery=email", invitations_path(&home));
    let by_query = bulk_invite_csv(&ada, &path, "email\na@x.test\n")
        .await
        .expect_status(422);
    assert_eq!(by_query.detail()[0]["loc"], json!(["query", "delivery"]));
    ada.request("POST", &invitations_path(&home))
        .header("content-type", "text/plain")
        .body("a@x.test")
        .await
        .expect_status(415);
    // A thousand long rows are smaller than a mebibyte; larger bodies are not read.
    let large = vec![b'x'; 1024 * 1024 + 1];
    bulk_invite_csv(&ada, &invitations_path(&home), large)
        .await
        .expect_status(413);
    assert_eq!(contents(app).await, before);
});

scenario!(
    bulk_dry_run_returns_the_same_and_stores_nothing,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let rows = json!([{"email": "a@x.test"}, {"email": "a@x.test"}, {"email": "no"}, {"email": "b@x.test"}]);
        let before = contents(app).await;
        let dry_run = ada
            .post(&format!("{}?dry_run=true", invitations_path(&home)), &rows)
            .await
            .expect_status(200);
        assert_eq!(contents(app).await, before);
        assert_eq!(
            dry_run.json()["would_change"],
            json!(["invitation.issued", "invitation.issued"])
        );
        assert!(!dry_run.text().contains("\"url\""), "{dry_run}");
        let done = bulk_invite(&ada, &home, &rows).await.expect_status(200);
        assert_eq!(statuses(&done), statuses(&dry_run));
        assert_eq!(counts(&done), counts(&dry_run));
        assert!(done.json()["invitations"][0]["url"].is_string());
    }
);

scenario!(expired_invitation_can_be_replaced, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let rows = json!([{"email": "a@x.test"}, {"email": "b@x.test"}]);
    bulk_invite(&ada, &home, &rows).await.expect_status(200);
    app.clock().advance(Duration::from_secs(7 * 24 * 60 * 60));
    let ada = ada.with_tokens_from(ada.refresh_session().await);
    let rows = json!([{"email": "a@x.test", "role": "editor"}, {"email": "c@x.test"}]);
    let response = bulk_invite(&ada, &home, &rows).await.expect_status(200);
    assert_eq!(statuses(&response), ["invited", "invited"]);
    let sql = "SELECT email || ' ' || role || ' ' || status FROM project_invitations ORDER BY email, role";
    assert_eq!(
        app.db().query_texts(sql).await,
        [
            "a@x.test editor pending",
            "a@x.test viewer expired",
            "b@x.test viewer pending",
            "c@x.test viewer pending"
        ]
    );
});

scenario!(
    rate_limit_counts_recipients,
    |settings| settings.invitation_limit = 12,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let refused = bulk_invite(&ada, &home, &email_rows(13))
            .await
            .expect_status(429);
        assert_eq!(refused.code(), "too_many_attempts");
        assert_eq!(pending_invitations(app).await.len(), 0);
        bulk_invite(&ada, &home, &email_rows(12))
            .await
            .expect_status(200);
        // Existing members do not count.
        bulk_invite(&ada, &home, &email_rows(12))
            .await
            .expect_status(200);
        bulk_invite(&ada, &home, &json!([{"email": "one@more.test"}]))
            .await
            .expect_status(429);
        assert_eq!(pending_invitations(app).await.len(), 12);
    }
);

scenario_with_mail!(bulk_invitations_send_emails, async |app, mailbox| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let rows = json!([{"email": "a@x.test"}, {"email": "no"}, {"email": "b@x.test"}]);
    let response = bulk_invite(&ada, &home, &rows).await.expect_status(200);
    assert_eq!(statuses(&response), ["invited", "invalid_email", "invited"]);
    assert!(!response.text().contains("\"url\""), "{response}");
    for to in ["a@x.test", "b@x.test"] {
        let mail = mailbox.next_to(to).await;
        assert!(mail.links[0].contains("/auth?token="), "{mail:?}");
    }
    // A requested link is returned and no email sent, even with a mailer.
    let by_hand = json!({"invitations": [{"email": "c@x.test"}], "delivery": "link"});
    let response = bulk_invite(&ada, &home, &by_hand).await.expect_status(200);
    assert!(response.json()["invitations"][0]["url"].is_string());
    let later = json!({"invitations": [{"email": "d@x.test"}], "delivery": "none"});
    let response = bulk_invite(&ada, &home, &later).await.expect_status(200);
    assert!(!response.text().contains("\"url\""), "{response}");
    mailbox.expect_none_to("c@x.test").await;
    mailbox.expect_none_to("d@x.test").await;
    let proving = "SELECT email FROM project_invitations WHERE mailed ORDER BY email";
    assert_eq!(
        app.db().query_texts(proving).await,
        ["a@x.test", "b@x.test"]
    );
});
