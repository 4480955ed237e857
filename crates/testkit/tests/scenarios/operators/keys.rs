//! The keys of named operators, from the day on which they are made.

use std::time::Duration;

use freehold_testkit::{ADMIN_KEY, Answer, Client, TestApp, story};
use serde_json::{Value, json};

use super::{Named, SCOPES, operator, operator_of};

/// What the listing says of one name.
async fn listed(app: &TestApp, name: &str) -> Value {
    let all = app.operator().get("/admin/operators").await.expect(200);
    let all = all.json()["operators"].as_array().unwrap().clone();
    let found = all.into_iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

/// What the audit trail has of an action: who, why and what.
async fn trail(app: &TestApp, action: &str) -> Vec<Value> {
    let text = match app.db().engine() {
        freehold_testkit::Engine::Sqlite => "json(details)",
        freehold_testkit::Engine::Postgres => "details::text",
    };
    let sql = format!(
        "SELECT '{{\"who\":\"' || actor_name || '\",\"why\":\"' || coalesce(reason, '') || '\",\"what\":' || {text} || '}}'
           FROM audit_events WHERE action = '{action}' AND refused IS NULL ORDER BY id"
    );
    let rows = app.db().texts(&sql).await;
    rows.iter()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect()
}

fn without<'a>(made: &Value, members: impl IntoIterator<Item = &'a str>) -> Value {
    let mut left = made.clone();
    for member in members {
        left.as_object_mut().unwrap().remove(member);
    }
    left
}

story!(a_key_is_shown_once_and_works_at_once, async |app| {
    let Named { client, text, made } =
        operator(app, "deploy bot", &["accounts:read", "operators:write"]).await;
    let prefix = made["prefix"].as_str().unwrap();
    let secret = text.split_once('.').unwrap().1;
    assert!(prefix.starts_with("fho_") && prefix.len() == 12, "{prefix}");
    assert!(text.starts_with(&format!("{prefix}.")) && secret.len() == 64);
    assert_eq!(
        without(&made, ["id", "prefix", "created_at", "key"]),
        json!({
            "name": "deploy bot",
            "scopes": ["accounts:read", "operators:write"],
            "created_by": "admin key",
        })
    );
    assert_eq!(listed(app, "deploy bot").await, without(&made, ["key"]));
    client.get("/admin/operators").await.expect(200);
    for spelled in [format!("access {text}"), format!("ACCESS   {text} ")] {
        let client = app.stranger().with(spelled);
        client.get("/admin/operators").await.expect(200);
    }
    // Nobody can read it anywhere.
    let all = app.operator().get("/admin/operators").await;
    assert!(!all.text().contains(secret));
    assert_eq!(app.db().mentions(secret).await, Vec::<String>::new());
    let mut places = app.db().mentions(prefix).await;
    places.sort();
    assert_eq!(places, ["audit_events", "operator_keys"]);
    // It opens nothing of people's.
    for shown in [
        text.clone(),
        format!("ApiKey {text}"),
        format!("Bearer {text}"),
    ] {
        app.stranger().with(shown).get("/profile").await.expect(401);
    }
});

story!(a_revoked_key_is_dead_and_its_name_is_free, async |app| {
    let first = operator(app, "ci/eu: 1", &["operators:write"]).await;
    first.client.get("/admin/operators").await.expect(200);
    let again = json!({"name": " ci/eu: 1 ", "scopes": ["audit:read"]});
    let taken = app.operator().post("/admin/operators", &again).await;
    assert_eq!(taken.code(), "accounts_conflict");
    taken.expect(409);

    let path = "/admin/operators/ci%2Feu:%201";
    let rehearsed = app.operator().delete(&format!("{path}?dry_run=true")).await;
    assert_eq!(rehearsed.expect(200).header("x-dry-run"), Some("true"));
    first.client.get("/admin/operators").await.expect(200);

    let ended = app
        .operator()
        .delete(&format!("{path}?reason=left%20us"))
        .await;
    let ended = ended.expect(200);
    assert_eq!(
        without(ended.json(), ["revoked_at"]),
        without(&first.made, ["key"])
    );
    first.client.get("/admin/operators").await.expect(401);
    app.operator().delete(path).await.expect_detail(
        404,
        json!({"message": "Operator not found: ci/eu: 1.", "ref": "ci/eu: 1"}),
    );
    app.operator()
        .delete("/admin/operators/%00")
        .await
        .expect(404);
    app.operator()
        .delete("/admin/operators/%ff")
        .await
        .expect(404);

    let second = operator_of(app, &again).await;
    assert_eq!(second.made["name"], "ci/eu: 1");
    first.client.get("/admin/operators").await.expect(401);
    second.client.get("/admin/operators").await.expect(403);
    let all = app.operator().get("/admin/operators").await.expect(200);
    let all = all.json()["operators"].as_array().unwrap().clone();
    let revoked: Vec<bool> = all.iter().map(|it| it["revoked_at"].is_string()).collect();
    assert_eq!(revoked, [false, true], "the good one stands first");

    let ended = trail(app, "operator_key.revoked").await;
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (&ended[0]["who"], &ended[0]["why"]),
        (&json!("admin key"), &json!("left us"))
    );
    assert_eq!(ended[0]["what"]["prefix"], first.made["prefix"]);
});

story!(nobody_hands_out_more_than_they_have, async |app| {
    let boss = operator(app, "boss", &["operators:write", "accounts:read"]).await;
    let wide = operator(app, "wide", &["accounts:delete"]).await;
    let make = |name: &str, scopes: &[&str]| json!({"name": name, "scopes": scopes});
    let lacks = |scope: &str| json!({"message": format!("This operator key lacks the scope '{scope}'."), "scope": scope});

    let body = make("reader", &["accounts:read"]);
    let reader = boss
        .client
        .post("/admin/operators", &body)
        .await
        .expect(200);
    assert_eq!(reader.json()["created_by"], "boss");
    let body = make("x", &["accounts:read", "credentials:write"]);
    let answer = boss.client.post("/admin/operators", &body).await;
    answer.expect_detail(403, lacks("credentials:write"));
    // Nor do they take it from others.
    let answer = boss.client.delete("/admin/operators/wide").await;
    answer.expect_detail(403, lacks("accounts:delete"));
    wide.client.get("/admin/nowhere").await.expect(404);
    boss.client
        .delete("/admin/operators/reader")
        .await
        .expect(200);
    // Themselves, they may: what they made stays.
    boss.client
        .delete("/admin/operators/boss")
        .await
        .expect(200);
    boss.client.get("/admin/operators").await.expect(401);

    let made = trail(app, "operator_key.created").await;
    let who: Vec<_> = made.iter().map(|it| it["who"].as_str().unwrap()).collect();
    assert_eq!(who, ["admin key", "admin key", "boss"]);
    assert_eq!(made[0]["why"], "for a story");
    assert_eq!(made[2]["what"]["scopes"], json!(["accounts:read"]));
    let refused = "SELECT actor_name FROM audit_events WHERE refused = 'scope_missing'";
    assert_eq!(app.db().texts(refused).await, ["boss", "boss"]);
});

story!(what_no_key_can_be_is_refused, async |app| {
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
            json!({"name": "first start", "scopes": ["audit:read"]}),
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
        let answer = app.operator().post("/admin/operators", &body).await;
        let answer = answer.expect(422);
        assert_eq!(answer.detail()[0]["loc"][1], field, "{body}: {answer}");
    }
    assert_eq!(
        app.db().number("SELECT count(*) FROM operator_keys").await,
        0
    );
});

story!(a_key_ends_when_it_was_to_end, async |app| {
    let end = freehold_domain::Clock::now(app.clock()) + Duration::from_secs(60);
    let body = json!({"name": "x", "scopes": ["operators:write"], "expires_at": end.iso_z()});
    let key = operator_of(app, &body).await;
    assert_eq!(key.made["expires_at"], end.iso_offset());
    app.clock().pass(Duration::from_secs(58));
    key.client.get("/admin/operators").await.expect(200);
    app.clock().pass(Duration::from_secs(2));
    key.client.get("/admin/operators").await.expect(401);
    // The name is taken until somebody takes the key back.
    let again = json!({"name": "x", "scopes": ["audit:read"]});
    app.operator()
        .post("/admin/operators", &again)
        .await
        .expect(409);
    app.operator()
        .delete("/admin/operators/x")
        .await
        .expect(200);
    operator_of(app, &again).await;
});

story!(
    when_an_operators_key_was_used_is_known_to_the_minute,
    async |app| {
        // What was noted is written down at the latest when the server stops.
        async fn last_used(app: &mut TestApp) -> Value {
            app.restart(|_| ()).await;
            listed(app, "bot").await["last_used_at"].clone()
        }
        // The server's own keys are made by now, so that a stop finds it at rest.
        app.person("ada").await;
        let key = operator(app, "bot", &["audit:read"]).await;
        assert_eq!(last_used(app).await, Value::Null);
        // Also where it is not enough.
        key.client.get("/admin/operators").await.expect(403);
        let first = last_used(app).await;
        assert!(first.is_string(), "{first}");
        app.clock().pass(Duration::from_secs(50));
        key.client.get("/admin/nowhere").await.expect(404);
        assert_eq!(last_used(app).await, first);
        app.clock().pass(Duration::from_secs(10));
        key.client.get("/admin/nowhere").await.expect(404);
        let second = last_used(app).await;
        assert!(second.as_str() > first.as_str(), "{second} after {first}");
    }
);

/// Makes a key under an idempotency key.
async fn repeatable(client: &Client, name: &str) -> freehold_testkit::Answer {
    let body = json!({"name": name, "scopes": ["operators:write"], "idempotency_key": "k-1"});
    client.post("/admin/operators", &body).await
}

story!(asked_twice_a_key_is_made_once, async |app| {
    let first = repeatable(&app.operator(), "x").await.expect(200);
    let again = repeatable(&app.operator(), "x").await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.text(), again.text(), "with the key");
    repeatable(&app.operator(), "y").await.expect(409);
    // Somebody saw the key once more, and that is on record.
    let looked = trail(app, "operator.read").await;
    let again = json!({"asked": "replay", "of": "operator_key.created"});
    assert_eq!(
        looked,
        [json!({"who": "admin key", "why": "", "what": again})]
    );

    // What one operator was answered is nobody else's: here it is another request.
    let other = operator(app, "other", &SCOPES).await;
    let theirs = repeatable(&other.client, "x").await;
    assert_eq!(theirs.header("idempotency-replayed"), None);
    theirs.expect(409);

    // A rehearsal shows a key that never opens anything.
    let body = json!({"name": "z", "scopes": ["operators:write"], "dry_run": true});
    let rehearsed = app
        .operator()
        .post("/admin/operators", &body)
        .await
        .expect(200);
    assert_eq!(rehearsed.header("x-dry-run"), Some("true"));
    let shown = app
        .stranger()
        .with(format!("Access {}", rehearsed.word("key")));
    shown.get("/admin/operators").await.expect(401);
    assert_eq!(
        app.db().number("SELECT count(*) FROM operator_keys").await,
        2
    );
});

story!(of_fifty_who_take_a_name_at_once_one_gets_it, async |app| {
    let body = json!({"name": "bot", "scopes": ["audit:read"]});
    let operator = app.operator();
    let asked = (0..50).map(|_| {
        operator
            .apart()
            .post("/admin/operators", &body)
            .into_future()
    });
    let answers = futures_util::future::join_all(asked).await;
    let mut statuses: Vec<u16> = answers.iter().map(Answer::status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, [409; 49].as_slice()));
    assert_eq!(
        app.db().number("SELECT count(*) FROM operator_keys").await,
        1
    );
});

story!(a_look_at_the_operators_is_on_record, async |app| {
    app.operator()
        .get("/admin/operators?reason=audit%202026")
        .await
        .expect(200);
    let looked = trail(app, "operator.read").await;
    assert_eq!(
        looked,
        [json!({"who": "admin key", "why": "audit 2026", "what": {"asked": "operators"}})]
    );
});

story!(
    a_server_without_a_shared_key_knows_named_ones,
    async |app| {
        // As above: a stop finds the server at rest.
        app.person("ada").await;
        let key = operator(app, "bot", &["operators:write"]).await;
        app.restart(|settings| settings.admin_key = None).await;
        app.operator().get("/admin/operators").await.expect(401);
        key.client.get("/admin/operators").await.expect(200);
        app.stranger()
            .with(format!("Access {ADMIN_KEY}"))
            .get("/admin/nowhere")
            .await
            .expect(401);
    }
);
