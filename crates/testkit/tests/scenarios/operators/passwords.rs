//! Passwords that an operator sets: all of a list or none, and no session of the
//! old passwords remains valid.

use freehold_testkit::{Engine, PASSWORD, Response, TestApp, TestUser, credentials_form, scenario};
use serde_json::{Value, json};

use crate::operators::deprovisioning::error_body;
use crate::store::round_trips::fewest_round_trips;

const PATH: &str = "/admin/simple/accounts/reset-password";
const NEW_PASSWORD: &str = "Better-Horse-8";

fn entry(email: &str, password: &str) -> Value {
    json!({"method": "email:password", "subject": email, "password": password})
}

async fn set_passwords(app: &TestApp, entries: &[Value]) -> Response {
    app.operator()
        .post(PATH, &json!({"user_identities": entries}))
        .await
}

async fn sign_in_status(app: &TestApp, email: &str, password: &str) -> String {
    let tried = app
        .anonymous()
        .post("/auth/signin", &credentials_form(email, password));
    tried.await.expect_status(200).text_field("status")
}

scenario!(password_reset_ends_sessions, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let key = ada.create_api_key().await;
    let link = app.reset_link(&ada.email).await;
    for _ in 0..50 {
        let tried = app.anonymous().post(
            "/auth/signin",
            &credentials_form(&ada.email, "Wrong-Horse-9"),
        );
        if tried.await.status() == 429 {
            break;
        }
    }
    let body = json!({"user_identities": [
        {"method": "email:password", "subject": "not looked at", "email": "ADA@acme.test", "password": NEW_PASSWORD},
    ]});
    let path = format!("{PATH}?reason=forgotten");
    let done = app.operator().post(&path, &body).await.expect_status(204);
    assert_eq!(done.text(), "");
    ada.get("/profile").await.expect_status(401);
    ada.refresh_session().await.expect_status(401);
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": "Third-Horse-9"}],
    });
    let used = app
        .anonymous()
        .post("/auth/user/password/reset", &body)
        .await;
    used.expect_body(
        200,
        &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
    );
    // Attempts of other users do not delay a user.
    assert_eq!(
        sign_in_status(app, &ada.email, PASSWORD).await,
        "WRONG_CREDENTIALS_ERROR"
    );
    TestUser::sign_in(app.anonymous(), &ada.email, NEW_PASSWORD).await;
    // Keys are no sessions, and Bob is another user.
    key.get("/profile").await.expect_status(200);
    bob.get("/profile").await.expect_status(200);
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'password.set' AND target_id = {}
            AND actor_name = 'admin key' AND reason = 'forgotten' AND refused IS NULL",
        app.sql_id(&ada.id)
    );
    assert_eq!(app.db().query_number(&sql).await, 1);
    let hash = "SELECT count(*) FROM audit_events WHERE CAST(details AS TEXT) LIKE '%Horse%'";
    assert_eq!(app.db().query_number(hash).await, 0);
});

scenario!(one_invalid_entry_sets_no_password, async |app| {
    let ada = app.sign_up("ada").await;
    app.create_account_as_operator("eve@acme.test").await;
    let good = entry(&ada.email, NEW_PASSWORD);
    let before = app.db().contents().await;
    let missing = "reset_password requires 'email' (or 'subject') and 'password' on every \
                   user_identity entry.";
    let method = "reset_password only supports method 'email:password'; got 'email:otp'.";
    for (bad, sentence) in [
        (
            json!({"method": "email:otp", "subject": ada.email, "password": NEW_PASSWORD}),
            method,
        ),
        (
            json!({"method": "email:password", "password": NEW_PASSWORD}),
            missing,
        ),
        (
            json!({"method": "email:password", "subject": "", "password": NEW_PASSWORD}),
            missing,
        ),
        (
            json!({"method": "email:password", "subject": "a@acme.test"}),
            missing,
        ),
        (
            json!({"method": "email:password", "email": "a@acme.test", "password": ""}),
            missing,
        ),
        (
            entry("a@acme.test", "Short-1"),
            "Password must be at least 8 characters long.",
        ),
    ] {
        let no = set_passwords(app, &[good.clone(), bad])
            .await
            .expect_status(400);
        assert_eq!(no.code(), "invalid_accounts", "{no}");
        if sentence.starts_with("reset") {
            assert_eq!(*no.detail(), error_body(sentence, json!({})), "{no}");
        }
    }
    let twice = set_passwords(
        app,
        &[good.clone(), entry("Ada@acme.test", "Third-Horse-9")],
    )
    .await;
    assert_eq!(twice.expect_status(400).code(), "invalid_accounts");
    for body in [
        json!({}),
        json!({"user_identities": {}}),
        json!({"user_identities": [{}]}),
    ] {
        app.operator().post(PATH, &body).await.expect_status(422);
    }
    // Eve has an account and no password; the others do not exist.
    let mut contents = before;
    for anonymous in ["eve@acme.test", "nobody@acme.test", "nosuch"] {
        let no = set_passwords(app, &[good.clone(), entry(anonymous, NEW_PASSWORD)]).await;
        let sentence = format!("User not found: {anonymous}.");
        no.expect_detail(404, error_body(&sentence, json!({"ref": anonymous})));
    }
    let mut after = app.db().contents().await;
    after.remove("audit_events");
    contents.remove("audit_events");
    assert_eq!(after, contents);
    ada.get("/profile").await.expect_status(200);
    assert_eq!(sign_in_status(app, &ada.email, PASSWORD).await, "OK");
    set_passwords(app, &[]).await.expect_status(204);
    let events_sql = "SELECT count(*) FROM audit_events WHERE action = 'password.set'
        AND refused IS NULL AND target_id IS NULL";
    assert_eq!(app.db().query_number(events_sql).await, 1);
});

scenario!(
    set_passwords_supports_dry_run_and_idempotency,
    async |app| {
        let ada = app.sign_up("ada").await;
        let body = json!({"user_identities": [entry(&ada.email, NEW_PASSWORD)]});
        let before = app.db().contents().await;
        let dry_run = app.operator().post(&format!("{PATH}?dry_run=true"), &body);
        assert_eq!(
            dry_run.await.expect_status(204).header("x-dry-run"),
            Some("true")
        );
        assert_eq!(app.db().contents().await, before);
        let request = || {
            app.operator()
                .post(PATH, &body)
                .header("idempotency-key", "p-1")
        };
        request().await.expect_status(204);
        let ada = TestUser::sign_in(app.anonymous(), &ada.email, NEW_PASSWORD).await;
        let again = request().await.expect_status(204);
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{again}"
        );
        ada.get("/profile").await.expect_status(200);
    }
);

scenario!(
    list_longer_than_the_hashing_queue_is_accepted,
    async |app| {
        let ada = app.sign_up("ada").await;
        let id = match app.db().engine() {
            Engine::Sqlite => "randomblob(16)",
            Engine::Postgres => "gen_random_uuid()",
        };
        let mut entries = Vec::new();
        let mut sql = String::new();
        for number in 0..300 {
            let email = format!("user{number}@acme.test");
            sql += &format!("INSERT INTO users (id, email) VALUES ({id}, '{email}');");
            entries.push(entry(&email, &format!("Number-{number}-Horse")));
        }
        sql += &format!(
            "INSERT INTO passwords (user_id, hash, changed_at)
             SELECT u.id, p.hash, p.changed_at FROM users u, passwords p
              WHERE u.email LIKE 'user%' AND p.user_id = {};",
            app.sql_id(&ada.id)
        );
        app.db().execute(&sql).await.unwrap();
        // Many need as many round trips as few.
        for some in [2, 20].map(|some| &entries[..some]) {
            let request = async || _ = set_passwords(app, some).await.expect_status(204);
            let trips = fewest_round_trips(app, request).await;
            assert!(trips <= 6, "{trips} for {}", some.len());
        }
        set_passwords(app, &entries).await.expect_status(204);
        for number in [0, 299] {
            let email = format!("user{number}@acme.test");
            let password = format!("Number-{number}-Horse");
            assert_eq!(sign_in_status(app, &email, &password).await, "OK");
            assert_eq!(
                sign_in_status(app, &email, PASSWORD).await,
                "WRONG_CREDENTIALS_ERROR"
            );
        }
        ada.get("/profile").await.expect_status(200);
    }
);
