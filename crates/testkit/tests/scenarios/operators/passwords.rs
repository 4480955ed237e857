//! Passwords that an operator sets: all of a list or none, and nothing stays
//! open by the old ones.

use freehold_testkit::{Answer, Engine, PASSWORD, Person, TestApp, form, story};
use serde_json::{Value, json};

use crate::operators::deprovisioning::said;
use crate::store::round_trips::fewest_trips;

const PATH: &str = "/admin/simple/accounts/reset-password";
const NEW: &str = "Better-Horse-8";

fn entry(email: &str, password: &str) -> Value {
    json!({"method": "email:password", "subject": email, "password": password})
}

async fn sets(app: &TestApp, entries: &[Value]) -> Answer {
    app.operator()
        .post(PATH, &json!({"user_identities": entries}))
        .await
}

async fn signs_in(app: &TestApp, email: &str, password: &str) -> String {
    let tried = app.stranger().post("/auth/signin", &form(email, password));
    tried.await.expect(200).word("status")
}

story!(a_new_password_closes_what_the_old_one_opened, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let key = ada.adds_key().await;
    let link = app.reset_link(&ada.email).await;
    for _ in 0..50 {
        let tried = app
            .stranger()
            .post("/auth/signin", &form(&ada.email, "Wrong-Horse-9"));
        if tried.await.status() == 429 {
            break;
        }
    }
    let body = json!({"user_identities": [
        {"method": "email:password", "subject": "not looked at", "email": "ADA@acme.test", "password": NEW},
    ]});
    let path = format!("{PATH}?reason=forgotten");
    let done = app.operator().post(&path, &body).await.expect(204);
    assert_eq!(done.text(), "");
    ada.get("/profile").await.expect(401);
    ada.refreshes().await.expect(401);
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": "Third-Horse-9"}],
    });
    let used = app
        .stranger()
        .post("/auth/user/password/reset", &body)
        .await;
    used.expect_body(
        200,
        &json!({"status": "RESET_PASSWORD_INVALID_TOKEN_ERROR"}),
    );
    // Nobody has to wait for what others have tried.
    assert_eq!(
        signs_in(app, &ada.email, PASSWORD).await,
        "WRONG_CREDENTIALS_ERROR"
    );
    Person::sign_in(app.stranger(), &ada.email, NEW).await;
    // Keys are no sessions, and Bob is somebody else.
    key.get("/profile").await.expect(200);
    bob.get("/profile").await.expect(200);
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'password.set' AND target_id = {}
            AND actor_name = 'admin key' AND reason = 'forgotten' AND refused IS NULL",
        app.sql(&ada.id)
    );
    assert_eq!(app.db().number(&sql).await, 1);
    let hash = "SELECT count(*) FROM audit_events WHERE CAST(details AS TEXT) LIKE '%Horse%'";
    assert_eq!(app.db().number(hash).await, 0);
});

story!(one_bad_entry_and_no_password_is_set, async |app| {
    let ada = app.person("ada").await;
    app.operator_makes("eve@acme.test").await;
    let good = entry(&ada.email, NEW);
    let before = app.db().contents().await;
    let missing = "reset_password requires 'email' (or 'subject') and 'password' on every \
                   user_identity entry.";
    let method = "reset_password only supports method 'email:password'; got 'email:otp'.";
    for (bad, sentence) in [
        (
            json!({"method": "email:otp", "subject": ada.email, "password": NEW}),
            method,
        ),
        (
            json!({"method": "email:password", "password": NEW}),
            missing,
        ),
        (
            json!({"method": "email:password", "subject": "", "password": NEW}),
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
        let no = sets(app, &[good.clone(), bad]).await.expect(400);
        assert_eq!(no.code(), "invalid_accounts", "{no}");
        if sentence.starts_with("reset") {
            assert_eq!(*no.detail(), said(sentence, json!({})), "{no}");
        }
    }
    let twice = sets(
        app,
        &[good.clone(), entry("Ada@acme.test", "Third-Horse-9")],
    )
    .await;
    assert_eq!(twice.expect(400).code(), "invalid_accounts");
    for body in [
        json!({}),
        json!({"user_identities": {}}),
        json!({"user_identities": [{}]}),
    ] {
        app.operator().post(PATH, &body).await.expect(422);
    }
    // Eve has an account and no password; the others are nobody.
    let mut contents = before;
    for stranger in ["eve@acme.test", "nobody@acme.test", "nobody"] {
        let no = sets(app, &[good.clone(), entry(stranger, NEW)]).await;
        let sentence = format!("User not found: {stranger}.");
        no.expect_detail(404, said(&sentence, json!({"ref": stranger})));
    }
    let mut after = app.db().contents().await;
    after.remove("audit_events");
    contents.remove("audit_events");
    assert_eq!(after, contents);
    ada.get("/profile").await.expect(200);
    assert_eq!(signs_in(app, &ada.email, PASSWORD).await, "OK");
    sets(app, &[]).await.expect(204);
    let nobody = "SELECT count(*) FROM audit_events WHERE action = 'password.set'
        AND refused IS NULL AND target_id IS NULL";
    assert_eq!(app.db().number(nobody).await, 1);
});

story!(a_rehearsal_and_a_repetition_set_nothing_more, async |app| {
    let ada = app.person("ada").await;
    let body = json!({"user_identities": [entry(&ada.email, NEW)]});
    let before = app.db().contents().await;
    let rehearsed = app.operator().post(&format!("{PATH}?dry_run=true"), &body);
    assert_eq!(
        rehearsed.await.expect(204).header("x-dry-run"),
        Some("true")
    );
    assert_eq!(app.db().contents().await, before);
    let ask = || {
        app.operator()
            .post(PATH, &body)
            .header("idempotency-key", "p-1")
    };
    ask().await.expect(204);
    let ada = Person::sign_in(app.stranger(), &ada.email, NEW).await;
    let again = ask().await.expect(204);
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
    ada.get("/profile").await.expect(200);
});

story!(
    a_list_longer_than_the_queue_is_never_turned_away,
    async |app| {
        let ada = app.person("ada").await;
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
            app.sql(&ada.id)
        );
        app.db().raw(&sql).await.unwrap();
        // Many cost as many trips as few.
        for some in [2, 20].map(|some| &entries[..some]) {
            let ask = async || _ = sets(app, some).await.expect(204);
            let trips = fewest_trips(app, ask).await;
            assert!(trips <= 6, "{trips} for {}", some.len());
        }
        sets(app, &entries).await.expect(204);
        for number in [0, 299] {
            let email = format!("user{number}@acme.test");
            let password = format!("Number-{number}-Horse");
            assert_eq!(signs_in(app, &email, &password).await, "OK");
            assert_eq!(
                signs_in(app, &email, PASSWORD).await,
                "WRONG_CREDENTIALS_ERROR"
            );
        }
        ada.get("/profile").await.expect(200);
    }
);
