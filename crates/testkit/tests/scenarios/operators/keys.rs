//! The keys of named operators, from their creation on.

use std::time::Duration;

use freehold_testkit::{ADMIN_KEY, Client, Response, TestApp, scenario};
use serde_json::{Value, json};

use super::{NamedOperator, SCOPES, create_operator, create_operator_from};

/// The listed entry of one name.
async fn listed(app: &TestApp, name: &str) -> Value {
    let all = app
        .operator()
        .get("/admin/operators")
        .await
        .expect_status(200);
    let all = all.json()["operators"].as_array().unwrap().clone();
    let found = all.into_iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

/// The audit events of an action: actor, reason and details.
async fn audit_events(app: &TestApp, action: &str) -> Vec<Value> {
    let text = match app.db().engine() {
        freehold_testkit::Engine::Sqlite => "json(details)",
        freehold_testkit::Engine::Postgres => "details::text",
    };
    let sql = format!(
        "SELECT '{{\"who\":\"' || actor_name || '\",\"why\":\"' || coalesce(reason, '') || '\",\"what\":' || {text} || '}}'
           FROM audit_events WHERE action = '{action}' AND refused IS NULL ORDER BY id"
    );
    let rows = app.db().query_texts(&sql).await;
    rows.iter()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect()
}

fn without_fields<'a>(response: &Value, members: impl IntoIterator<Item = &'a str>) -> Value {
    let mut remaining = response.clone();
    for member in members {
        remaining.as_object_mut().unwrap().remove(member);
    }
    remaining
}

scenario!(
    operator_key_is_shown_once_and_works_immediately,
    async |app| {
        let NamedOperator {
            client,
            text,
            response,
        } = create_operator(app, "deploy bot", &["accounts:read", "operators:write"]).await;
        let prefix = response["prefix"].as_str().unwrap();
        let secret = text.split_once('.').unwrap().1;
        assert!(prefix.starts_with("fho_") && prefix.len() == 12, "{prefix}");
        assert!(text.starts_with(&format!("{prefix}.")) && secret.len() == 64);
        assert_eq!(
            without_fields(&response, ["id", "prefix", "created_at", "key"]),
            json!({
                "name": "deploy bot",
                "scopes": ["accounts:read", "operators:write"],
                "created_by": "admin key",
            })
        );
        assert_eq!(
            listed(app, "deploy bot").await,
            without_fields(&response, ["key"])
        );
        client.get("/admin/operators").await.expect_status(200);
        for spelled in [format!("access {text}"), format!("ACCESS   {text} ")] {
            let client = app.anonymous().with_authorization(spelled);
            client.get("/admin/operators").await.expect_status(200);
        }
        // No response or table contains it.
        let all = app.operator().get("/admin/operators").await;
        assert!(!all.text().contains(secret));
        assert_eq!(
            app.db().tables_containing(secret).await,
            Vec::<String>::new()
        );
        let mut tables = app.db().tables_containing(prefix).await;
        tables.sort();
        assert_eq!(tables, ["audit_events", "operator_keys"]);
        // It gives no access to users' operations.
        for shown in [
            text.clone(),
            format!("ApiKey {text}"),
            format!("Bearer {text}"),
        ] {
            app.anonymous()
                .with_authorization(shown)
                .get("/profile")
                .await
                .expect_status(401);
        }
    }
);

scenario!(
    revoked_operator_key_is_refused_and_its_name_is_free,
    async |app| {
        let first = create_operator(app, "ci/eu: 1", &["operators:write"]).await;
        first
            .client
            .get("/admin/operators")
            .await
            .expect_status(200);
        let again = json!({"name": " ci/eu: 1 ", "scopes": ["audit:read"]});
        let taken = app.operator().post("/admin/operators", &again).await;
        assert_eq!(taken.code(), "accounts_conflict");
        taken.expect_status(409);

        let path = "/admin/operators/ci%2Feu:%201";
        let dry_run = app.operator().delete(&format!("{path}?dry_run=true")).await;
        assert_eq!(dry_run.expect_status(200).header("x-dry-run"), Some("true"));
        first
            .client
            .get("/admin/operators")
            .await
            .expect_status(200);

        let ended = app
            .operator()
            .delete(&format!("{path}?reason=left%20us"))
            .await;
        let ended = ended.expect_status(200);
        assert_eq!(
            without_fields(ended.json(), ["revoked_at"]),
            without_fields(&first.response, ["key"])
        );
        first
            .client
            .get("/admin/operators")
            .await
            .expect_status(401);
        app.operator().delete(path).await.expect_detail(
            404,
            json!({"message": "Operator not found: ci/eu: 1.", "ref": "ci/eu: 1"}),
        );
        app.operator()
            .delete("/admin/operators/%00")
            .await
            .expect_status(404);
        app.operator()
            .delete("/admin/operators/%ff")
            .await
            .expect_status(404);

        let second = create_operator_from(app, &again).await;
        assert_eq!(second.response["name"], "ci/eu: 1");
        first
            .client
            .get("/admin/operators")
            .await
            .expect_status(401);
        second
            .client
            .get("/admin/operators")
            .await
            .expect_status(403);
        let all = app
            .operator()
            .get("/admin/operators")
            .await
            .expect_status(200);
        let all = all.json()["operators"].as_array().unwrap().clone();
        let revoked: Vec<bool> = all.iter().map(|it| it["revoked_at"].is_string()).collect();
        assert_eq!(revoked, [false, true], "the good one stands first");

        let ended = audit_events(app, "operator_key.revoked").await;
        assert_eq!(ended.len(), 1);
        assert_eq!(
            (&ended[0]["who"], &ended[0]["why"]),
            (&json!("admin key"), &json!("left us"))
        );
        assert_eq!(ended[0]["what"]["prefix"], first.response["prefix"]);
    }
);

scenario!(operators_cannot_grant_scopes_they_lack, async |app| {
    let boss = create_operator(app, "boss", &["operators:write", "accounts:read"]).await;
    let wide = create_operator(app, "wide", &["accounts:delete"]).await;
    let make = |name: &str, scopes: &[&str]| json!({"name": name, "scopes": scopes});
    let lacks = |scope: &str| json!({"message": format!("This operator key lacks the scope '{scope}'."), "scope": scope});

    let body = make("reader", &["accounts:read"]);
    let reader = boss
        .client
        .post("/admin/operators", &body)
        .await
        .expect_status(200);
    assert_eq!(reader.json()["created_by"], "boss");
    let body = make("x", &["accounts:read", "credentials:write"]);
    let response = boss.client.post("/admin/operators", &body).await;
    response.expect_detail(403, lacks("credentials:write"));
    // Nor do they take it from others.
    let response = boss.client.delete("/admin/operators/wide").await;
    response.expect_detail(403, lacks("accounts:delete"));
    wide.client.get("/admin/nowhere").await.expect_status(404);
    boss.client
        .delete("/admin/operators/reader")
        .await
        .expect_status(200);
    // Themselves, they may: what they made stays.
    boss.client
        .delete("/admin/operators/boss")
        .await
        .expect_status(200);
    boss.client.get("/admin/operators").await.expect_status(401);

    let response = audit_events(app, "operator_key.created").await;
    let who: Vec<_> = response
        .iter()
        .map(|it| it["who"].as_str().unwrap())
        .collect();
    assert_eq!(who, ["admin key", "admin key", "boss"]);
    assert_eq!(response[0]["why"], "for a test");
    assert_eq!(response[2]["what"]["scopes"], json!(["accounts:read"]));
    let refused = "SELECT actor_name FROM audit_events WHERE refused = 'scope_missing'";
    assert_eq!(app.db().query_texts(refused).await, ["boss", "boss"]);
});

scenario!(invalid_operator_keys_are_refused, async |app| {
    let past = freehold_domain::Clock::now(app.clock()).iso_z();
    let long = "x".repeat(101);
    for (body, field) in [
        (json!({"scopes": ["audit:read"]}), "name"),
        (json!({"name": "", "scopes": ["audit:read"]}), "name"),
        (json!({"name": " \t", "scopes": ["audit:read"]}), "name"),
        (json!({"name": long, "scopes": ["audit:read"]}), "name"),
        (
            json!({"name": "a\u{202e}b", "scopes": ["audit:read"]}),
            "name",
        ),
        (
            json!({"name": "Admin Key", "scopes": ["audit:read"]}),
            "name",
        ),
        (
            json!({"name": "command line, root", "scopes": ["audit:read"]}),
            "name",
        ),
        (
            json!({"name": "bootstrap", "scopes": ["audit:read"]}),
            "name",
        ),
        (json!({"name": "x"}), "scopes"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": "audit:read"}), "scopes"),
        (
            json!({"name": "x", "scopes": ["audit:read", "moon:read"]}),
            "scopes",
        ),
        (
            json!({"name": "x", "scopes": ["audit:read"], "expires_at": past}),
            "expires_at",
        ),
        (
            json!({"name": "x", "scopes": ["audit:read"], "expires_at": "soon"}),
            "expires_at",
        ),
    ] {
        let response = app.operator().post("/admin/operators", &body).await;
        let response = response.expect_status(422);
        assert_eq!(response.detail()[0]["loc"][1], field, "{body}: {response}");
    }
    assert_eq!(
        app.db()
            .query_number("SELECT count(*) FROM operator_keys")
            .await,
        0
    );
});

scenario!(operator_key_expires, async |app| {
    let end = freehold_domain::Clock::now(app.clock()) + Duration::from_secs(60);
    let body = json!({"name": "x", "scopes": ["operators:write"], "expires_at": end.iso_z()});
    let key = create_operator_from(app, &body).await;
    assert_eq!(key.response["expires_at"], end.iso_offset());
    app.clock().advance(Duration::from_secs(58));
    key.client.get("/admin/operators").await.expect_status(200);
    app.clock().advance(Duration::from_secs(2));
    key.client.get("/admin/operators").await.expect_status(401);
    // The name is taken until the key is revoked.
    let again = json!({"name": "x", "scopes": ["audit:read"]});
    app.operator()
        .post("/admin/operators", &again)
        .await
        .expect_status(409);
    app.operator()
        .delete("/admin/operators/x")
        .await
        .expect_status(200);
    create_operator_from(app, &again).await;
});

scenario!(operator_key_last_use_is_recorded_per_minute, async |app| {
    // Uses in memory are written at the latest when the server stops.
    async fn last_used(app: &mut TestApp) -> Value {
        app.restart(|_| ()).await;
        listed(app, "bot").await["last_used_at"].clone()
    }
    // The server's own keys exist by now, so that no background job runs at the stop.
    app.sign_up("ada").await;
    let key = create_operator(app, "bot", &["audit:read"]).await;
    assert_eq!(last_used(app).await, Value::Null);
    // Also with a key whose scope is insufficient.
    key.client.get("/admin/operators").await.expect_status(403);
    let first = last_used(app).await;
    assert!(first.is_string(), "{first}");
    app.clock().advance(Duration::from_secs(50));
    key.client.get("/admin/nowhere").await.expect_status(404);
    assert_eq!(last_used(app).await, first);
    app.clock().advance(Duration::from_secs(10));
    key.client.get("/admin/nowhere").await.expect_status(404);
    let second = last_used(app).await;
    assert!(second.as_str() > first.as_str(), "{second} after {first}");
});

/// Creates a key with an idempotency key.
async fn create_idempotently(client: &Client, name: &str) -> freehold_testkit::Response {
    let body = json!({"name": name, "scopes": ["operators:write"], "idempotency_key": "k-1"});
    client.post("/admin/operators", &body).await
}

scenario!(operator_key_creation_is_idempotent, async |app| {
    let first = create_idempotently(&app.operator(), "x")
        .await
        .expect_status(200);
    let again = create_idempotently(&app.operator(), "x")
        .await
        .expect_status(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text(), again.text(), "with the key");
    create_idempotently(&app.operator(), "y")
        .await
        .expect_status(409);
    // The key was shown once more, and that is audited.
    let reads = audit_events(app, "operator.read").await;
    let again = json!({"read": "replay", "action": "operator_key.created"});
    assert_eq!(
        reads,
        [json!({"who": "admin key", "why": "", "what": again})]
    );

    // An operator's response is not replayed for another operator: theirs is a new request.
    let other = create_operator(app, "other", &SCOPES).await;
    let theirs = create_idempotently(&other.client, "x").await;
    assert_eq!(theirs.header("idempotency-replayed"), None);
    theirs.expect_status(409);

    // A dry run shows a key that is never valid.
    let body = json!({"name": "z", "scopes": ["operators:write"], "dry_run": true});
    let dry_run = app
        .operator()
        .post("/admin/operators", &body)
        .await
        .expect_status(200);
    assert_eq!(dry_run.header("x-dry-run"), Some("true"));
    let shown = app
        .anonymous()
        .with_authorization(format!("Access {}", dry_run.text_field("key")));
    shown.get("/admin/operators").await.expect_status(401);
    assert_eq!(
        app.db()
            .query_number("SELECT count(*) FROM operator_keys")
            .await,
        2
    );
});

scenario!(
    concurrent_operator_keys_with_one_name_one_succeeds,
    async |app| {
        let body = json!({"name": "bot", "scopes": ["audit:read"]});
        let operator = app.operator();
        let requests = (0..50).map(|_| {
            operator
                .with_own_connections()
                .post("/admin/operators", &body)
                .into_future()
        });
        let responses = futures_util::future::join_all(requests).await;
        let mut statuses: Vec<u16> = responses.iter().map(Response::status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, [409; 49].as_slice()));
        assert_eq!(
            app.db()
                .query_number("SELECT count(*) FROM operator_keys")
                .await,
            1
        );
    }
);

scenario!(operator_list_reads_are_recorded, async |app| {
    app.operator()
        .get("/admin/operators?reason=audit%202026")
        .await
        .expect_status(200);
    let reads = audit_events(app, "operator.read").await;
    assert_eq!(
        reads,
        [json!({"who": "admin key", "why": "audit 2026", "what": {"read": "operators"}})]
    );
});

scenario!(named_operator_keys_work_without_a_shared_key, async |app| {
    // As above: no background job runs at the stop.
    app.sign_up("ada").await;
    let key = create_operator(app, "bot", &["operators:write"]).await;
    app.restart(|settings| settings.admin_key = None).await;
    app.operator()
        .get("/admin/operators")
        .await
        .expect_status(401);
    key.client.get("/admin/operators").await.expect_status(200);
    app.anonymous()
        .with_authorization(format!("Access {ADMIN_KEY}"))
        .get("/admin/nowhere")
        .await
        .expect_status(401);
});
