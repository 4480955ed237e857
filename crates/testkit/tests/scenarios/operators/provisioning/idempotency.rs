//! One idempotency key, one effect: whether the header names it or the body.

use freehold_testkit::{Answer, TestApp, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{makes, posts};

const PATH: &str = "/simple/accounts/";

fn account(options: &Value) -> Value {
    json!({"options": options, "accounts": {"a": {"user": {"email": "ada@x.com"}}}})
}

async fn by_header(app: &TestApp, key: &str, body: &Value) -> Answer {
    let asked = app.operator().post(&format!("/admin{PATH}"), body);
    asked.header("idempotency-key", key).await
}

async fn users(app: &TestApp) -> i64 {
    app.db().number("SELECT count(*) FROM users").await
}

/// All of them are the same, and all but one say that they are told again.
fn one_and_its_echoes(answers: Vec<Answer>) {
    let first = answers[0].text();
    let mut replayed = 0;
    for answer in answers {
        let answer = answer.expect(200);
        assert_eq!(answer.text(), first);
        replayed += i32::from(answer.header("idempotency-replayed") == Some("true"));
    }
    assert_eq!(replayed, 49);
}

story!(fifty_at_once_with_one_key_make_one_account, async |app| {
    let plain = account(&json!({}));
    let answers = join_all((0..50).map(|_| by_header(app, "k-1", &plain))).await;
    one_and_its_echoes(answers);
    assert_eq!(users(app).await, 1);
    let replays = "SELECT count(*) FROM audit_events WHERE action = 'operator.read'
        AND CAST(details AS TEXT) LIKE '%replay%' AND actor_name = 'admin key'";
    assert_eq!(app.db().number(replays).await, 49);

    let keyed = json!({
        "user": {"email": "bob@x.com"},
        "options": {"idempotency_key": "k-2", "create_api_keys": true, "return_api_keys": true},
    });
    let path = "/simple/accounts/users/";
    let answers = join_all((0..50).map(|_| posts(app, path, &keyed))).await;
    one_and_its_echoes(answers);
    assert_eq!(users(app).await, 2);
});

story!(an_answer_is_kept_over_a_restart, async |app| {
    let keyed = account(&json!({"idempotency_key": "k-1"}));
    let first = posts(app, PATH, &keyed).await.expect(200);
    app.restart(|_| ()).await;
    let again = posts(app, PATH, &keyed).await.expect(200);
    assert_eq!(again.text(), first.text());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // The header's key and the body's are the same name.
    let again = by_header(app, "k-1", &keyed).await.expect(200);
    assert_eq!(again.text(), first.text());
    assert_eq!(users(app).await, 1);
    // What was shown once, and is again to whoever knows the key, is not in the database.
    let key = first.json()["accounts"]["a"]["api_keys"]["key"].as_str();
    let (_, secret) = key.unwrap().split_once('.').unwrap();
    assert_eq!(app.db().mentions(secret).await, Vec::<String>::new());
});

story!(a_key_is_of_one_request, async |app| {
    makes(app, PATH, &account(&json!({"idempotency_key": "k-1"}))).await;
    let mut other = account(&json!({"idempotency_key": "k-1"}));
    other["accounts"]["a"]["user"]["email"] = "bob@x.com".into();
    let answer = posts(app, PATH, &other).await.expect(409);
    assert_eq!(answer.code(), "idempotency_conflict");
    // The same body at another door is another request.
    let answer = posts(app, "/accounts/", &other).await.expect(409);
    assert_eq!(answer.code(), "idempotency_conflict");
    // Two keys are no key.
    by_header(app, "k-3", &other).await.expect(422);
    assert_eq!(users(app).await, 1);
});

story!(an_account_has_no_key_or_rehearsal_of_its_own, async |app| {
    let mut request = account(&json!({}));
    for (option, value) in [("dry_run", json!(true)), ("idempotency_key", json!("k-1"))] {
        request["accounts"]["a"]["options"] = json!({option: value});
        let answer = posts(app, PATH, &request).await.expect(400);
        let message = answer.detail()["message"].as_str().unwrap();
        let place = format!("accounts.a.options.{option}: ");
        assert!(message.starts_with(&place), "{answer}");
    }
    assert_eq!(users(app).await, 0);
    // What the request says itself may be said again.
    request["options"] = json!({"dry_run": true, "idempotency_key": "k-1"});
    request["accounts"]["a"]["options"] = json!({"dry_run": true, "idempotency_key": "k-1"});
    let answer = posts(app, PATH, &request).await.expect(200);
    assert_eq!(answer.header("x-dry-run"), Some("true"));
    assert_eq!(users(app).await, 0);
});
