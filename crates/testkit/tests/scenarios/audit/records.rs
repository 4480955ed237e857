//! The contents of audit events: refusals with their trace, and no secrets.

use freehold_domain::{AllowedOwners, Email};
use freehold_testkit::{PASSWORD, TestApp, TestUser, credentials_form, scenario};
use serde_json::{Value, json};

/// The recorded refusals, oldest first: the code, and the steps of the trace.
async fn refusals(app: &TestApp) -> Vec<(String, Value)> {
    let sql = "SELECT refused || '|' || CAST(details AS TEXT) FROM audit_events
                WHERE refused IS NOT NULL ORDER BY at, id";
    let texts = app.db().query_texts(sql).await;
    let split = |text: &String| {
        let (code, details) = text.split_once('|').unwrap();
        (
            code.to_owned(),
            serde_json::from_str::<Value>(details).unwrap()["trace"].clone(),
        )
    };
    texts.iter().map(split).collect()
}

scenario!(refusal_is_recorded_with_its_rule, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let at = format!(
        "?project_id={}",
        ada.projects().await[0]["project_id"].as_str().unwrap()
    );
    ada.delete_organization(&home).await.expect_status(400);
    bob.rename_organization(&home, "x").await.expect_status(403);
    bob.transfer_organization(&home, &bob.id)
        .await
        .expect_status(403);
    ada.transfer_organization(&home, "unknown")
        .await
        .expect_status(400);
    bob.post_empty(&format!("/keys{at}"))
        .await
        .expect_status(403);
    app.anonymous()
        .post(
            "/auth/signin",
            &credentials_form(&ada.email, "Wrong-Horse-7"),
        )
        .await
        .expect_status(200);
    app.restart(|settings| {
        settings.allowed_owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
    })
    .await;
    bob.post("/organizations/", &json!({}))
        .await
        .expect_status(403);

    let expected = [
        ("last_organization", "owns_another"),
        ("forbidden", "is_owner"),
        ("only_owner_can_transfer", "is_owner"),
        ("invalid_new_owner", "new_owner_is_member"),
        ("forbidden_in_project", "role_allows"),
        ("wrong_credentials", "password_matches"),
        ("not_allowed_to_create_organizations", "allowed_owner"),
    ];
    let recorded = refusals(app).await;
    assert_eq!(recorded.len(), expected.len(), "{recorded:#?}");
    for ((code, trace), (expected, rule)) in recorded.iter().zip(expected) {
        assert_eq!(code, expected);
        let last = trace.as_array().and_then(|steps| steps.last()).unwrap();
        assert!(last.to_string().contains(rule), "{code}: {trace}");
        assert!(last.to_string().contains("false"), "{code}: {trace}");
    }
});

scenario!(event_records_actor_target_and_request, async |app| {
    let ada = app.sign_up("ada").await;
    let request = ada.post("/organizations/", &json!({"name": "Second"}));
    let request = request
        .header("x-request-id", "request-of-ada")
        .header("x-forwarded-for", "203.0.113.9");
    let id = request.await.expect_status(201).text_field("id");
    let (user, organization) = (app.sql_id(&ada.id), app.sql_id(&id));
    let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'organization.created' AND actor_kind = 'user'
            AND actor_id = {user} AND organization_id = {organization} AND target_id = {organization}
            AND refused IS NULL AND request_id = 'request-of-ada' AND address = '203.0.113.9'"
    );
    assert_eq!(app.db().query_number(&sql).await, 1);
    // The event is also in the outbox.
    let sql = format!(
        "SELECT count(*) FROM outbox WHERE topic = 'event' AND CAST(payload AS TEXT) LIKE '%{id}%'"
    );
    assert_eq!(app.db().query_number(&sql).await, 1);
});

/// The tables that contain `secret`, except `allowed_table`.
async fn tables_with_secret(app: &TestApp, secret: &str, allowed_table: &str) -> Vec<String> {
    let tables = app.db().tables_containing(secret).await;
    tables
        .into_iter()
        .filter(|table| table != allowed_table)
        .collect()
}

scenario!(no_secret_is_stored, async |app| {
    let ada = app.sign_up("ada").await;
    let wrong = "Secret-That-Was-Mistyped-1";
    app.anonymous()
        .post("/auth/signin", &credentials_form(&ada.email, wrong))
        .await
        .expect_status(200);
    app.anonymous()
        .post(
            "/auth/signin",
            &credentials_form("Typed-In-Wrong-Field-1@x.test", wrong),
        )
        .await
        .expect_status(200);
    let fresh = ada.with_tokens_from(ada.refresh_session().await);
    let key = fresh.create_api_key().await;
    let created = fresh
        .post_empty("/keys")
        .header("idempotency-key", "name-of-request-1")
        .await;
    let reset = json!({"formFields": [{"id": "email", "value": ada.email}]});
    app.anonymous()
        .post("/auth/user/password/reset/token", &reset)
        .await
        .expect_status(200);
    let link = app.reset_link(&ada.email).await;
    let link = link.split(['=', '&']).nth(1).unwrap();
    let new = "Better-Horse-8-Indeed";
    let body =
        json!({"method": "token", "token": link, "formFields": [{"id": "password", "value": new}]});
    assert_eq!(
        app.anonymous()
            .post("/auth/user/password/reset", &body)
            .await
            .json()["status"],
        "OK"
    );
    let again = TestUser::sign_in(app.anonymous(), &ada.email, new).await;

    let raw = created.json().as_str().unwrap().to_owned();
    for (what, secret) in [
        ("password", PASSWORD),
        ("wrong password", wrong),
        ("new password", new),
        ("wrong field", "typed-in-wrong-field-1"),
        ("key", key.text.split('.').nth(1).unwrap()),
        ("repeatable key", raw.split('.').nth(1).unwrap()),
        ("name of a request", "name-of-request-1"),
    ] {
        // Attempts are counted by the address that was entered.
        let tables = tables_with_secret(
            app,
            secret,
            if what == "wrong field" {
                "attempts"
            } else {
                ""
            },
        )
        .await;
        assert!(tables.is_empty(), "{what} in {tables:?}");
    }
    // Tokens may contain wildcards of a pattern, so only a part without them is searched.
    let part = |text: &str| {
        let longest = text.split(['_', '-', '.']).max_by_key(|part| part.len());
        longest.unwrap().to_owned()
    };
    for token in [
        &ada.access_token,
        &ada.refresh_token,
        &fresh.access_token,
        &fresh.refresh_token,
        &again.access_token,
        &again.refresh_token,
    ] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(
            tables_with_secret(app, &part(signature), "")
                .await
                .is_empty(),
            "{token}"
        );
    }
    assert!(
        tables_with_secret(app, &part(link), "").await.is_empty(),
        "{link}"
    );
    // The search finds what is stored.
    let tables = app.db().tables_containing("ada@acme.test").await;
    assert!(tables.contains(&"users".to_owned()), "{tables:?}");
});
