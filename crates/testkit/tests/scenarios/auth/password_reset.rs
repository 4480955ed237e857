//! Password resets.

use std::time::Duration;

use freehold_testkit::{PASSWORD, Response, TestApp, TestUser, credentials_form, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "Better-Horse-8";

async fn request_reset(app: &TestApp, email: &str) -> Response {
    let body = json!({"formFields": [{"id": "email", "value": email}]});
    app.anonymous()
        .post("/auth/user/password/reset/token", &body)
        .await
}

async fn set_password(app: &TestApp, token: &str, password: &str) -> Response {
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": password}],
    });
    app.anonymous()
        .post("/auth/user/password/reset", &body)
        .await
}

/// The queued email jobs, oldest first.
async fn email_jobs(app: &TestApp) -> Vec<Value> {
    let sql =
        "SELECT CAST(payload AS TEXT) FROM outbox WHERE topic = 'email' ORDER BY created_at, id";
    let texts = app.db().query_texts(sql).await;
    texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

async fn token_for(app: &TestApp, email: &str) -> String {
    let url = app.reset_link(email).await;
    assert!(
        url.starts_with("http://localhost/auth/reset-password?token="),
        "{url}"
    );
    assert!(url.ends_with("&tenantId=public"), "{url}");
    url.split(['=', '&']).nth(1).unwrap().to_owned()
}

fn invalid_token() -> Value {
    json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"})
}

scenario!(
    password_reset_ends_old_sessions,
    // Emails are queued, but no mailer sends them.
    |settings| settings.sends_email = true,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let known = request_reset(app, "ADA@acme.test").await;
        let unknown = request_reset(app, "nobody@acme.test").await;
        assert_eq!(known.text(), unknown.text());
        known.expect_body(200, &json!({"status": "OK"}));
        let jobs = email_jobs(app).await;
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        // The job has the template and the recipient, and no token.
        let job = json!({"template": "password_reset", "user": ada.id});
        assert_eq!(jobs[0], job);
        let token = token_for(app, &ada.email).await;

        // After a refused password, the link is still valid.
        let weak = set_password(app, &token, "weak").await.expect_status(200);
        assert_eq!(weak.json()["status"], "FIELD_ERROR", "{weak}");
        set_password(app, &token, NEW_PASSWORD)
            .await
            .expect_body(200, &json!({"status": "OK"}));
        set_password(app, &token, NEW_PASSWORD)
            .await
            .expect_body(200, &invalid_token());

        ada.get("/profile").await.expect_status(401);
        ada.refresh_session().await.expect_status(401);
        bob.get("/profile").await.expect_status(200);
        let old = app
            .anonymous()
            .post("/auth/signin", &credentials_form(&ada.email, PASSWORD))
            .await;
        old.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
        TestUser::sign_in(app.anonymous(), &ada.email, NEW_PASSWORD).await;
    }
);

scenario!(without_a_mailer_no_email_is_queued, async |app| {
    app.sign_up("ada").await;
    let requested = request_reset(app, "ada@acme.test").await;
    requested.expect_body(200, &json!({"status": "OK"}));
    assert!(email_jobs(app).await.is_empty());
    let recorded = "SELECT count(*) FROM audit_events WHERE action = 'password_reset.requested'";
    assert_eq!(app.db().query_number(recorded).await, 1);
});

scenario!(
    reset_link_expires_after_an_hour_or_another_reset,
    async |app| {
        let ada = app.sign_up("ada").await;
        let first = token_for(app, &ada.email).await;
        let second = token_for(app, &ada.email).await;
        assert_eq!(
            set_password(app, &second, NEW_PASSWORD).await.json()["status"],
            "OK"
        );
        set_password(app, &first, NEW_PASSWORD)
            .await
            .expect_body(200, &invalid_token());

        let last = token_for(app, &ada.email).await;
        app.clock().advance(Duration::from_secs(60 * 60));
        set_password(app, &last, PASSWORD)
            .await
            .expect_body(200, &invalid_token());
        for guess in ["", "x", &"A".repeat(43)] {
            set_password(app, guess, NEW_PASSWORD)
                .await
                .expect_body(200, &invalid_token());
        }
    }
);

scenario!(concurrent_uses_of_a_reset_link_one_succeeds, async |app| {
    let ada = app.sign_up("ada").await;
    let token = token_for(app, &ada.email).await;
    let passwords: Vec<_> = (0..20).map(|n| format!("{NEW_PASSWORD}-{n}")).collect();
    let responses = join_all(passwords.iter().map(|word| set_password(app, &token, word))).await;
    let winners: Vec<_> = (0..20)
        .filter(|n| responses[*n].json()["status"] == "OK")
        .collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let losers = responses
        .iter()
        .filter(|response| *response.json() == invalid_token())
        .count();
    assert_eq!(losers, 19);
    TestUser::sign_in(app.anonymous(), &ada.email, &passwords[winners[0]]).await;
});
