//! `?dry_run=true`: the same response as without it, and no change.

use std::collections::BTreeMap;

use freehold_testkit::{PASSWORD, PendingRequest, TestApp, credentials_form, scenario};
use serde_json::{Value, json};

/// The row counts without the attempts to sign in, because a dry run counts as one.
async fn row_counts(app: &TestApp) -> BTreeMap<String, i64> {
    let mut counts = app.db().row_counts().await;
    counts.remove("attempts");
    counts
}

/// The members of a response that are equal with and without a dry run: ids and
/// timestamps are generated again.
fn comparable(response: &Value) -> Value {
    let mut response = response.clone();
    if let Value::Object(members) = &mut response {
        members.retain(|name, _| {
            !["would_change", "id", "updated_at", "user"].contains(&name.as_str())
        });
    }
    response
}

/// Builds a request with this query after its path.
type Write<'a> = &'a dyn Fn(&str) -> PendingRequest;

scenario!(dry_run_of_every_write_changes_nothing, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let second = ada.create_organization("Second").await;
    app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let key = ada.create_api_key().await;
    let name = json!({"name": "Again", "username": "ada2"});
    let anonymous = app.anonymous();
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
            &|q| ada.post_empty(&format!("/organizations/{second}/transfer/{}{q}", bob.id)),
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
                anonymous.post(
                    &format!("/auth/signup{q}"),
                    &credentials_form("new@acme.test", PASSWORD),
                )
            },
            &["user.signed_up", "organization.created"],
        ),
        (
            &|q| anonymous.post(&format!("/auth/user/password/reset/token{q}"), &reset),
            &["password_reset.requested"],
        ),
    ];
    for (write, changes) in writes {
        let before = row_counts(app).await;
        let dry_run = write("?dry_run=true").await;
        assert_eq!(dry_run.header("x-dry-run"), Some("true"), "{dry_run}");
        assert_eq!(dry_run.json()["would_change"], json!(changes), "{dry_run}");
        assert_eq!(dry_run.header("st-access-token"), None);
        assert_eq!(row_counts(app).await, before, "{dry_run}");
        let real = write("").await.expect_status(dry_run.status());
        assert_eq!(comparable(real.json()), comparable(dry_run.json()));
        assert_eq!(real.header("x-dry-run"), None);
        assert_ne!(row_counts(app).await, before, "{real}");
    }
});

scenario!(
    dry_run_sign_in_creates_no_session_and_is_recorded,
    async |app| {
        let ada = app.sign_up("ada").await;
        let recorded_actions = async |app: &TestApp| {
            let sql =
                "SELECT action FROM audit_events WHERE action LIKE 'user.sign_in%' ORDER BY id";
            app.db().query_texts(sql).await
        };
        let before = app.db().row_counts().await;
        for (password, status) in [
            (PASSWORD, "OK"),
            ("Wrong-Horse-7", "WRONG_CREDENTIALS_ERROR"),
        ] {
            let form = credentials_form(&ada.email, password);
            let response = app
                .anonymous()
                .post("/auth/signin?dry_run=true", &form)
                .await;
            assert_eq!(response.expect_status(200).json()["status"], status);
        }
        assert_eq!(app.db().row_counts().await["sessions"], before["sessions"]);
        let expected = ["user.sign_in_dry_run", "user.sign_in_failed"];
        assert_eq!(recorded_actions(app).await, expected);
    }
);

scenario!(dry_run_api_key_is_invalid, async |app| {
    let ada = app.sign_up("ada").await;
    let before = row_counts(app).await;
    let text = ada
        .post_empty("/keys?dry_run=true")
        .await
        .expect_status(200)
        .json()
        .as_str()
        .unwrap()
        .to_owned();
    app.anonymous()
        .with_authorization(text)
        .get("/profile")
        .await
        .expect_status(401);
    assert_eq!(row_counts(app).await, before);
    let rename = ada
        .put(
            "/profile/username?dry_run=true",
            &json!({"username": "neo"}),
        )
        .await
        .expect_status(200);
    assert_eq!(rename.json()["username"], "neo");
    assert_eq!(rename.json()["would_change"], json!(["user.renamed"]));
    assert_eq!(ada.get("/profile").await.json()["username"], "ada");
    assert_eq!(row_counts(app).await, before);
});

scenario!(dry_run_sign_out_keeps_the_session, async |app| {
    let ada = app.sign_up("ada").await;
    let refresh = app
        .anonymous()
        .with_authorization(format!("Bearer {}", ada.refresh_token));
    ada.post_empty("/auth/signout?dry_run=true")
        .await
        .expect_status(200);
    ada.get("/profile").await.expect_status(200);
    refresh
        .post_empty("/auth/session/refresh?dry_run=true")
        .await;
    ada.with_tokens_from(ada.refresh_session().await);
    let wrong = app
        .anonymous()
        .post(
            "/auth/signin?dry_run=true",
            &credentials_form(&ada.email, "Wrong-Horse-7"),
        )
        .await;
    assert_eq!(wrong.json()["status"], "WRONG_CREDENTIALS_ERROR");
});

scenario!(dry_run_is_refused_like_execution, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    let slug = json!({"slug": "taken"});
    bob.patch(
        &format!("/organizations/{}", bob.only_organization_id().await),
        &slug,
    )
    .await
    .expect_status(200);
    let before = row_counts(app).await;
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
        let dry_run = who
            .request(method, &format!("{path}?dry_run=true"))
            .json(&body)
            .await;
        assert!(dry_run.status() >= 400, "{dry_run}");
        assert_eq!(row_counts(app).await, before, "{dry_run}");
        let real = who
            .request(method, &path)
            .json(&body)
            .await
            .expect_status(dry_run.status());
        assert_eq!(real.detail(), dry_run.detail());
        // Only the refusal without a dry run is recorded.
        app.db()
            .execute("DELETE FROM audit_events WHERE refused IS NOT NULL")
            .await
            .unwrap();
    }
});
