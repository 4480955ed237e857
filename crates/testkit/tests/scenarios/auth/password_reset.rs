//! Forgotten passwords.

use std::time::Duration;

use freehold_testkit::{Answer, PASSWORD, Person, TestApp, form, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

const NEW: &str = "Better-Horse-8";

async fn forgets(app: &TestApp, email: &str) -> Answer {
    let body = json!({"formFields": [{"id": "email", "value": email}]});
    app.stranger()
        .post("/auth/user/password/reset/token", &body)
        .await
}

async fn sets(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": password}],
    });
    app.stranger()
        .post("/auth/user/password/reset", &body)
        .await
}

/// The letters that wait to be sent, oldest first.
async fn letters(app: &TestApp) -> Vec<Value> {
    let sql =
        "SELECT CAST(payload AS TEXT) FROM outbox WHERE topic = 'letter' ORDER BY created_at, id";
    let texts = app.db().texts(sql).await;
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

fn invalid() -> Value {
    json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"})
}

story!(
    a_forgotten_password_is_set_anew_and_old_sessions_end,
    // Letters are sent, but by nobody here.
    |settings| settings.mailer = true,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let asked = forgets(app, "ADA@acme.test").await;
        let unknown = forgets(app, "nobody@acme.test").await;
        assert_eq!(asked.text(), unknown.text());
        asked.expect_body(200, &json!({"status": "OK"}));
        let letters = letters(app).await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        // The letter says what to send to whom, and holds nothing that opens.
        let due = json!({"letter": "password_reset", "user": ada.id});
        assert_eq!(letters[0], due);
        let token = token_for(app, &ada.email).await;

        // A password that will not do leaves the link good.
        let weak = sets(app, &token, "weak").await.expect(200);
        assert_eq!(weak.json()["status"], "FIELD_ERROR", "{weak}");
        sets(app, &token, NEW)
            .await
            .expect_body(200, &json!({"status": "OK"}));
        sets(app, &token, NEW).await.expect_body(200, &invalid());

        ada.get("/profile").await.expect(401);
        ada.refreshes().await.expect(401);
        bob.get("/profile").await.expect(200);
        let old = app
            .stranger()
            .post("/auth/signin", &form(&ada.email, PASSWORD))
            .await;
        old.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
        Person::sign_in(app.stranger(), &ada.email, NEW).await;
    }
);

story!(without_a_mailer_no_letter_waits, async |app| {
    app.person("ada").await;
    let asked = forgets(app, "ada@acme.test").await;
    asked.expect_body(200, &json!({"status": "OK"}));
    assert!(letters(app).await.is_empty());
    let kept = "SELECT count(*) FROM audit_events WHERE action = 'password_reset.requested'";
    assert_eq!(app.db().number(kept).await, 1);
});

story!(
    a_reset_link_is_good_for_an_hour_and_until_another_was_used,
    async |app| {
        let ada = app.person("ada").await;
        let first = token_for(app, &ada.email).await;
        let second = token_for(app, &ada.email).await;
        assert_eq!(sets(app, &second, NEW).await.json()["status"], "OK");
        sets(app, &first, NEW).await.expect_body(200, &invalid());

        let last = token_for(app, &ada.email).await;
        app.clock().pass(Duration::from_secs(60 * 60));
        sets(app, &last, PASSWORD)
            .await
            .expect_body(200, &invalid());
        for guess in ["", "x", &"A".repeat(43)] {
            sets(app, guess, NEW).await.expect_body(200, &invalid());
        }
    }
);

story!(of_twenty_uses_of_one_link_at_once_one_wins, async |app| {
    let ada = app.person("ada").await;
    let token = token_for(app, &ada.email).await;
    let words: Vec<_> = (0..20).map(|n| format!("{NEW}-{n}")).collect();
    let answers = join_all(words.iter().map(|word| sets(app, &token, word))).await;
    let won: Vec<_> = (0..20)
        .filter(|n| answers[*n].json()["status"] == "OK")
        .collect();
    assert_eq!(won.len(), 1, "{won:?}");
    let lost = answers
        .iter()
        .filter(|answer| *answer.json() == invalid())
        .count();
    assert_eq!(lost, 19);
    Person::sign_in(app.stranger(), &ada.email, &words[won[0]]).await;
});
