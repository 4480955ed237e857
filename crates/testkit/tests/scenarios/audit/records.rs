//! What stays on record: refusals with their reasons, and never a secret.

use freehold_domain::{AllowedOwners, Email};
use freehold_testkit::{PASSWORD, Person, TestApp, form, story};
use serde_json::{Value, json};

/// The refusals on record, oldest first: the code, and the steps of the trace.
async fn refusals(app: &TestApp) -> Vec<(String, Value)> {
    let sql = "SELECT refused || '|' || CAST(details AS TEXT) FROM audit_events
                WHERE refused IS NOT NULL ORDER BY at, id";
    let texts = app.db().texts(sql).await;
    let split = |text: &String| {
        let (code, details) = text.split_once('|').unwrap();
        (
            code.to_owned(),
            serde_json::from_str::<Value>(details).unwrap()["trace"].clone(),
        )
    };
    texts.iter().map(split).collect()
}

story!(
    a_refusal_is_on_record_with_the_rule_that_it_came_from,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["viewer", "viewer", "viewer"])
            .await;
        let at = format!(
            "?project_id={}",
            ada.projects().await[0]["project_id"].as_str().unwrap()
        );
        ada.deletes(&home).await.expect(400);
        bob.renames(&home, "x").await.expect(403);
        bob.transfers(&home, &bob.id).await.expect(403);
        ada.transfers(&home, "nobody").await.expect(400);
        bob.post_nothing(&format!("/keys{at}")).await.expect(403);
        app.stranger()
            .post("/auth/signin", &form(&ada.email, "Wrong-Horse-7"))
            .await
            .expect(200);
        app.restart(|settings| {
            settings.owners = AllowedOwners::only([Email::parse("boss@acme.test").unwrap()]);
        })
        .await;
        bob.post("/organizations/", &json!({})).await.expect(403);

        let expected = [
            ("last_organization", "owns_another"),
            ("forbidden", "is_owner"),
            ("only_owner_can_transfer", "is_owner"),
            ("invalid_new_owner", "new_owner_is_member"),
            ("forbidden_in_project", "role_allows"),
            ("wrong_credentials", "password_matches"),
            ("not_allowed_to_create_organizations", "allowed_owner"),
        ];
        let kept = refusals(app).await;
        assert_eq!(kept.len(), expected.len(), "{kept:#?}");
        for ((code, trace), (expected, rule)) in kept.iter().zip(expected) {
            assert_eq!(code, expected);
            let last = trace.as_array().and_then(|steps| steps.last()).unwrap();
            assert!(last.to_string().contains(rule), "{code}: {trace}");
            assert!(last.to_string().contains("false"), "{code}: {trace}");
        }
    }
);

story!(
    an_event_says_who_did_what_to_whom_and_in_which_request,
    async |app| {
        let ada = app.person("ada").await;
        let ask = ada.post("/organizations/", &json!({"name": "Second"}));
        let ask = ask
            .header("x-request-id", "request-of-ada")
            .header("x-forwarded-for", "203.0.113.9");
        let id = ask.await.expect(201).word("id");
        let (user, organization) = (app.sql(&ada.id), app.sql(&id));
        let sql = format!(
        "SELECT count(*) FROM audit_events WHERE action = 'organization.created' AND actor_kind = 'user'
            AND actor_id = {user} AND organization_id = {organization} AND target_id = {organization}
            AND refused IS NULL AND request_id = 'request-of-ada' AND address = '203.0.113.9'"
    );
        assert_eq!(app.db().number(&sql).await, 1);
        // What happened is also told to the outside.
        let sql = format!(
            "SELECT count(*) FROM outbox WHERE topic = 'event' AND CAST(payload AS TEXT) LIKE '%{id}%'"
        );
        assert_eq!(app.db().number(&sql).await, 1);
    }
);

/// The tables in which something stands, but for one in which it has to.
async fn found(app: &TestApp, secret: &str, but: &str) -> Vec<String> {
    let found = app.db().mentions(secret).await;
    found.into_iter().filter(|table| table != but).collect()
}

story!(no_secret_stands_anywhere, async |app| {
    let ada = app.person("ada").await;
    let wrong = "Secret-That-Was-Mistyped-1";
    app.stranger()
        .post("/auth/signin", &form(&ada.email, wrong))
        .await
        .expect(200);
    app.stranger()
        .post(
            "/auth/signin",
            &form("Typed-In-Wrong-Field-1@x.test", wrong),
        )
        .await
        .expect(200);
    let fresh = ada.with_tokens_of(ada.refreshes().await);
    let key = fresh.adds_key().await;
    let made = fresh
        .post_nothing("/keys")
        .header("idempotency-key", "name-of-request-1")
        .await;
    let reset = json!({"formFields": [{"id": "email", "value": ada.email}]});
    app.stranger()
        .post("/auth/user/password/reset/token", &reset)
        .await
        .expect(200);
    let link = app.reset_link(&ada.email).await;
    let link = link.split(['=', '&']).nth(1).unwrap();
    let new = "Better-Horse-8-Indeed";
    let body =
        json!({"method": "token", "token": link, "formFields": [{"id": "password", "value": new}]});
    assert_eq!(
        app.stranger()
            .post("/auth/user/password/reset", &body)
            .await
            .json()["status"],
        "OK"
    );
    let again = Person::sign_in(app.stranger(), &ada.email, new).await;

    let raw = made.json().as_str().unwrap().to_owned();
    for (what, secret) in [
        ("password", PASSWORD),
        ("wrong password", wrong),
        ("new password", new),
        ("wrong field", "typed-in-wrong-field-1"),
        ("key", key.text.split('.').nth(1).unwrap()),
        ("repeatable key", raw.split('.').nth(1).unwrap()),
        ("name of a request", "name-of-request-1"),
    ] {
        // Attempts are counted under the address that was tried.
        let tables = found(
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
    // These may hold characters that a pattern would read; a part without them will do.
    let part = |text: &str| {
        let longest = text.split(['_', '-', '.']).max_by_key(|part| part.len());
        longest.unwrap().to_owned()
    };
    for token in [
        &ada.access,
        &ada.refresh,
        &fresh.access,
        &fresh.refresh,
        &again.access,
        &again.refresh,
    ] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(found(app, &part(signature), "").await.is_empty(), "{token}");
    }
    assert!(found(app, &part(link), "").await.is_empty(), "{link}");
    // The search does find what is there.
    let known = app.db().mentions("ada@acme.test").await;
    assert!(known.contains(&"users".to_owned()), "{known:?}");
});
