//! One idempotency key has one effect, whether it is in the header or in the body.

use freehold_testkit::{Response, TestApp, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{create, post_as_operator};

const PATH: &str = "/simple/accounts/";

fn account(options: &Value) -> Value {
    json!({"options": options, "accounts": {"a": {"user": {"email": "ada@x.com"}}}})
}

async fn post_with_header_key(app: &TestApp, key: &str, body: &Value) -> Response {
    let request = app.operator().post(&format!("/admin{PATH}"), body);
    request.header("idempotency-key", key).await
}

async fn users(app: &TestApp) -> i64 {
    app.db().query_number("SELECT count(*) FROM users").await
}

/// Requires that all are the same, and all but one are marked as replayed.
fn expect_one_effect(responses: Vec<Response>) {
    let first = responses[0].text();
    let mut replayed = 0;
    for response in responses {
        let response = response.expect_status(200);
        assert_eq!(response.text(), first);
        replayed += i32::from(response.header("idempotency-replayed") == Some("true"));
    }
    assert_eq!(replayed, 49);
}

scenario!(
    concurrent_requests_with_one_key_create_one_account,
    async |app| {
        let plain = account(&json!({}));
        let responses = join_all((0..50).map(|_| post_with_header_key(app, "k-1", &plain))).await;
        expect_one_effect(responses);
        assert_eq!(users(app).await, 1);
        let replays = "SELECT count(*) FROM audit_events WHERE action = 'operator.read'
        AND CAST(details AS TEXT) LIKE '%replay%' AND actor_name = 'admin key'";
        assert_eq!(app.db().query_number(replays).await, 49);

        let keyed = json!({
            "user": {"email": "bob@x.com"},
            "options": {"idempotency_key": "k-2", "create_api_keys": true, "return_api_keys": true},
        });
        let path = "/simple/accounts/users/";
        let responses = join_all((0..50).map(|_| post_as_operator(app, path, &keyed))).await;
        expect_one_effect(responses);
        assert_eq!(users(app).await, 2);
    }
);

scenario!(response_is_replayed_after_a_restart, async |app| {
    let keyed = account(&json!({"idempotency_key": "k-1"}));
    let first = post_as_operator(app, PATH, &keyed).await.expect_status(200);
    app.restart(|_| ()).await;
    let again = post_as_operator(app, PATH, &keyed).await.expect_status(200);
    assert_eq!(again.text(), first.text());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // The key of the header and that of the body are equivalent.
    let again = post_with_header_key(app, "k-1", &keyed)
        .await
        .expect_status(200);
    assert_eq!(again.text(), first.text());
    assert_eq!(users(app).await, 1);
    // The secrets of the response, which a replay returns again, are not in the database.
    let key = first.json()["accounts"]["a"]["api_keys"]["key"].as_str();
    let (_, secret) = key.unwrap().split_once('.').unwrap();
    assert_eq!(
        app.db().tables_containing(secret).await,
        Vec::<String>::new()
    );
});

scenario!(idempotency_key_belongs_to_one_request, async |app| {
    create(app, PATH, &account(&json!({"idempotency_key": "k-1"}))).await;
    let mut other = account(&json!({"idempotency_key": "k-1"}));
    other["accounts"]["a"]["user"]["email"] = "bob@x.com".into();
    let response = post_as_operator(app, PATH, &other).await.expect_status(409);
    assert_eq!(response.code(), "idempotency_conflict");
    // The same body at another endpoint is another request.
    let response = post_as_operator(app, "/accounts/", &other)
        .await
        .expect_status(409);
    assert_eq!(response.code(), "idempotency_conflict");
    // A key in the header and another one in the body are refused.
    post_with_header_key(app, "k-3", &other)
        .await
        .expect_status(422);
    assert_eq!(users(app).await, 1);
});

scenario!(
    per_account_idempotency_and_dry_run_are_refused,
    async |app| {
        let mut request = account(&json!({}));
        for (option, value) in [("dry_run", json!(true)), ("idempotency_key", json!("k-1"))] {
            request["accounts"]["a"]["options"] = json!({option: value});
            let response = post_as_operator(app, PATH, &request)
                .await
                .expect_status(400);
            let message = response.detail()["message"].as_str().unwrap();
            let location = format!("accounts.a.options.{option}: ");
            assert!(message.starts_with(&location), "{response}");
        }
        assert_eq!(users(app).await, 0);
        // Options of the request may be repeated in the account.
        request["options"] = json!({"dry_run": true, "idempotency_key": "k-1"});
        request["accounts"]["a"]["options"] = json!({"dry_run": true, "idempotency_key": "k-1"});
        let response = post_as_operator(app, PATH, &request)
            .await
            .expect_status(200);
        assert_eq!(response.header("x-dry-run"), Some("true"));
        assert_eq!(users(app).await, 0);
    }
);
