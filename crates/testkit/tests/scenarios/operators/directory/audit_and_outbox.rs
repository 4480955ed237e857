//! Lookups by operators are audited; and the state of the outbox.

use freehold_domain::Clock;
use freehold_testkit::{TestApp, TestUser, scenario};
use serde_json::Value;

use super::{column, get_as_operator};

/// The audit events of lookups by operators, newest first.
async fn read_events(app: &TestApp) -> Vec<Value> {
    let path = "/admin/events?action=operator.read&limit=200";
    let found = get_as_operator(app, path).await;
    found.json()["events"].as_array().unwrap().clone()
}

scenario!(operator_reads_are_recorded, async |app| {
    let ada: TestUser = app.sign_up("ada").await;
    let organization = ada.only_organization_id().await;
    let paths = [
        "/admin/users?email=ad".to_owned(),
        "/admin/organizations?name=ad".to_owned(),
        format!("/admin/users/{}", ada.id),
        format!("/admin/organizations/{organization}"),
        "/admin/outbox".to_owned(),
        "/admin/events?action=user.signed_up".to_owned(),
        "/admin/explain?user=ada@acme.test&action=sign_in".to_owned(),
        "/admin/events?after=2026-01-01T00:00:00Z&before=2026-01-02T00:00:00Z".to_owned(),
        "/admin/users?created_after=2026-01-01T00:00:00Z&created_before=2026-01-02T00:00:00Z"
            .to_owned(),
        // A failed lookup is recorded, too.
        "/admin/users/nobody@acme.test".to_owned(),
    ];
    // Each lookup of these events is one more event.
    let before = read_events(app).await.len();
    for path in &paths {
        let join = if path.contains('?') { '&' } else { '?' };
        let asked = app
            .operator()
            .get(&format!("{path}{join}reason=ticket%207"));
        asked.header("x-request-id", "looking").await;
    }
    let now = read_events(app).await;
    let own: Vec<&Value> = now
        .iter()
        .filter(|it| it["request_id"] == "looking")
        .collect();
    assert_eq!(own.len(), paths.len());
    assert_eq!(now.len(), before + paths.len() + 1);
    for event in &own {
        assert_eq!(event["actor"]["kind"], "operator");
        assert_eq!(event["actor"]["name"], "admin key");
        assert_eq!(event["reason"], "ticket 7");
        assert!(event["details"]["read"].is_string(), "{event}");
    }
    assert_eq!(own[0]["details"]["user"], "nobody@acme.test");
    // The filters of the lookup.
    for (event, filters) in [
        (own[1], ["created_after", "created_before"]),
        (own[2], ["after", "before"]),
    ] {
        for (filter, day) in filters.into_iter().zip(["2026-01-01", "2026-01-02"]) {
            let said = event["details"][filter].as_str().unwrap_or_default();
            assert!(said.starts_with(day), "{filter}: {event}");
        }
    }
    // No event is delivered for it, neither to consumers nor to the users.
    let sql = "SELECT count(*) FROM outbox WHERE CAST(payload AS TEXT) LIKE '%operator.read%'";
    assert_eq!(app.db().query_number(sql).await, 0);
    let own = ada
        .get(&format!("/organizations/{organization}/events"))
        .await;
    assert!(!own.expect_status(200).text().contains("operator.read"));
});

scenario!(
    the_outbox_is_counted,
    |settings| settings.sends_email = true,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        for name in ["one", "two"] {
            let email = format!("{name}@acme.test");
            let sent = ada.invite(&scope, &email, "viewer").await;
            sent.expect_status(200);
        }
        let at = app.db().sql_time(app.clock().now());
        let give_up = format!(
            "UPDATE outbox SET failed_at = {at}, last_error = 'no such box' WHERE id = (
            SELECT id FROM outbox WHERE topic = 'email' ORDER BY id LIMIT 1)"
        );
        app.db().execute(&give_up).await.unwrap();
        let state = get_as_operator(app, "/admin/outbox").await;
        let topics = state.json()["topics"].as_array().unwrap().clone();
        assert_eq!(topics.len(), 2);
        assert_eq!(topics[0]["topic"], "event");
        assert!(topics[0]["queued"].as_i64().unwrap() >= 3, "{state}");
        let emails = &topics[1];
        assert_eq!(emails["topic"], "email");
        assert_eq!(
            (emails["queued"].as_i64(), emails["dead"].as_i64()),
            (Some(1), Some(1))
        );
        assert!(emails["oldest_queued"].is_string(), "{state}");
        // Delivered events are not counted.
        assert!(emails.get("done").is_none(), "{state}");
        let mut states = column(&state, "email_jobs", "state");
        states.sort();
        assert_eq!(states, ["dead", "queued"]);
        assert!(state.text().contains("no such box"));
        assert!(!state.text().contains("one@acme.test"));
        let one = get_as_operator(app, "/admin/outbox?limit=1").await;
        assert_eq!(one.json()["email_jobs"].as_array().unwrap().len(), 1);
        // `doctor` warns of dead email jobs.
        let forget = "DELETE FROM outbox WHERE failed_at IS NOT NULL";
        app.db().execute(forget).await.unwrap();
    }
);
