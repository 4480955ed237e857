//! `?dry_run=true`: the answer of the real thing, and nothing of it kept.

use std::collections::BTreeMap;

use freehold_testkit::{Ask, PASSWORD, TestApp, form, story};
use serde_json::{Value, json};

/// Everything but the count of attempts to sign in: a rehearsal is one.
async fn contents(app: &TestApp) -> BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    counts.remove("attempts");
    counts
}

/// What a rehearsal and the real thing say alike: ids and moments are drawn anew.
fn alike(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Value::Object(members) = &mut answer {
        members.retain(|name, _| {
            !["would_change", "id", "updated_at", "user"].contains(&name.as_str())
        });
    }
    answer
}

/// A request, with this query behind its path.
type Write<'a> = &'a dyn Fn(&str) -> Ask;

story!(a_rehearsal_of_any_write_changes_nothing, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let second = ada.founds("Second").await;
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let key = ada.adds_key().await;
    let name = json!({"name": "Again", "username": "ada2"});
    let nobody = app.stranger();
    let reset = json!({"formFields": [{"id": "email", "value": ada.email}]});
    let writes: [(Write<'_>, &[&str]); 8] = [
        (
            &|q| ada.post(&format!("/organizations/{q}"), &name),
            &["organization.created"],
        ),
        (
            &|q| ada.patch(&format!("/organizations/{second}{q}"), &name),
            &["organization.updated"],
        ),
        (
            &|q| ada.put(&format!("/organizations/{second}{q}"), &name),
            &["organization.updated"],
        ),
        (
            &|q| ada.post_nothing(&format!("/organizations/{second}/transfer/{}{q}", bob.id)),
            &["organization.transferred"],
        ),
        (
            &|q| bob.delete(&format!("/organizations/{second}{q}")),
            &["organization.deleted"],
        ),
        (
            &|q| ada.delete(&format!("/keys/{}{q}", key.prefix())),
            &["api_key.deleted"],
        ),
        (
            &|q| {
                nobody.post(
                    &format!("/auth/signup{q}"),
                    &form("new@acme.test", PASSWORD),
                )
            },
            &["user.signed_up", "organization.created"],
        ),
        (
            &|q| nobody.post(&format!("/auth/user/password/reset/token{q}"), &reset),
            &["password_reset.requested"],
        ),
    ];
    for (write, changes) in writes {
        let before = contents(app).await;
        let rehearsed = write("?dry_run=true").await;
        assert_eq!(rehearsed.header("x-dry-run"), Some("true"), "{rehearsed}");
        assert_eq!(
            rehearsed.json()["would_change"],
            json!(changes),
            "{rehearsed}"
        );
        assert_eq!(rehearsed.header("st-access-token"), None);
        assert_eq!(contents(app).await, before, "{rehearsed}");
        let real = write("").await.expect(rehearsed.status());
        assert_eq!(alike(real.json()), alike(rehearsed.json()));
        assert_eq!(real.header("x-dry-run"), None);
        assert_ne!(contents(app).await, before, "{real}");
    }
});

story!(
    a_rehearsed_sign_in_opens_nothing_and_is_noted,
    async |app| {
        let ada = app.person("ada").await;
        let noted = async |app: &TestApp| {
            let sql =
                "SELECT action FROM audit_events WHERE action LIKE 'user.sign_in%' ORDER BY id";
            app.db().texts(sql).await
        };
        let before = app.db().row_counts().await;
        for (password, status) in [
            (PASSWORD, "OK"),
            ("Wrong-Horse-7", "WRONG_CREDENTIALS_ERROR"),
        ] {
            let form = form(&ada.email, password);
            let answer = app
                .stranger()
                .post("/auth/signin?dry_run=true", &form)
                .await;
            assert_eq!(answer.expect(200).json()["status"], status);
        }
        assert_eq!(app.db().row_counts().await["sessions"], before["sessions"]);
        let seen = ["user.sign_in_dry_run", "user.sign_in_failed"];
        assert_eq!(noted(app).await, seen);
    }
);

story!(a_rehearsed_key_opens_nothing, async |app| {
    let ada = app.person("ada").await;
    let before = contents(app).await;
    let text = ada
        .post_nothing("/keys?dry_run=true")
        .await
        .expect(200)
        .json()
        .as_str()
        .unwrap()
        .to_owned();
    app.stranger().with(text).get("/profile").await.expect(401);
    assert_eq!(contents(app).await, before);
    let rename = ada
        .put(
            "/profile/username?dry_run=true",
            &json!({"username": "neo"}),
        )
        .await
        .expect(200);
    assert_eq!(rename.json()["username"], "neo");
    assert_eq!(rename.json()["would_change"], json!(["user.renamed"]));
    assert_eq!(ada.get("/profile").await.json()["username"], "ada");
    assert_eq!(contents(app).await, before);
});

story!(sessions_go_on_after_a_rehearsed_end, async |app| {
    let ada = app.person("ada").await;
    let refresh = app.stranger().with(format!("Bearer {}", ada.refresh));
    ada.post_nothing("/auth/signout?dry_run=true")
        .await
        .expect(200);
    ada.get("/profile").await.expect(200);
    refresh
        .post_nothing("/auth/session/refresh?dry_run=true")
        .await;
    ada.with_tokens_of(ada.refreshes().await);
    let wrong = app
        .stranger()
        .post(
            "/auth/signin?dry_run=true",
            &form(&ada.email, "Wrong-Horse-7"),
        )
        .await;
    assert_eq!(wrong.json()["status"], "WRONG_CREDENTIALS_ERROR");
});

story!(a_rehearsal_is_refused_like_the_real_thing, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let home = ada.home().await;
    let slug = json!({"slug": "taken"});
    bob.patch(&format!("/organizations/{}", bob.home().await), &slug)
        .await
        .expect(200);
    let before = contents(app).await;
    for (who, method, path, body) in [
        (&ada, "DELETE", format!("/organizations/{home}"), json!({})),
        (&bob, "DELETE", format!("/organizations/{home}"), json!({})),
        (&ada, "PATCH", format!("/organizations/{home}"), slug),
        (
            &ada,
            "POST",
            format!("/organizations/{home}/transfer/{}", bob.id),
            json!({}),
        ),
        (
            &bob,
            "POST",
            format!("/organizations/{home}/transfer/{}", bob.id),
            json!({}),
        ),
        (&ada, "DELETE", "/keys/AAAAAAAA".to_owned(), json!({})),
    ] {
        let rehearsed = who
            .ask(method, &format!("{path}?dry_run=true"))
            .json(&body)
            .await;
        assert!(rehearsed.status() >= 400, "{rehearsed}");
        assert_eq!(contents(app).await, before, "{rehearsed}");
        let real = who
            .ask(method, &path)
            .json(&body)
            .await
            .expect(rehearsed.status());
        assert_eq!(real.detail(), rehearsed.detail());
        // Now it was meant, and is on record.
        app.db()
            .raw("DELETE FROM audit_events WHERE refused IS NOT NULL")
            .await
            .unwrap();
    }
});
