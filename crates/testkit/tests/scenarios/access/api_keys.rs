//! API keys: their format, their scope, and their permissions after a change of
//! their creator's.

use std::time::Duration;

use freehold_testkit::{ApiKey, TestApp, scenario};
use serde_json::{Value, json};

const NOT_ALLOWED: &str =
    "You do not have access to perform this action. Please contact your organization admin.";

scenario!(
    api_key_is_shown_once_and_works_in_both_header_forms,
    async |app| {
        let ada = app.sign_up("ada").await;
        let key = ada.create_api_key().await;
        let (prefix, secret) = key.text.split_once('.').unwrap();
        assert!(
            prefix.len() == 8 && prefix.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{prefix}"
        );
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        assert!(secret.len() == 64 && secret.bytes().all(hex), "{secret}");
        for spelled in [
            key.text.clone(),
            format!("ApiKey {}", key.text),
            format!("apikey  {}", key.text),
        ] {
            app.anonymous()
                .with_authorization(spelled)
                .get("/profile")
                .await
                .expect_status(200);
        }
        assert_eq!(
            key.organizations().await,
            [ada.only_organization_id().await]
        );
        let second = ada.create_api_key().await;
        let listed = ada.get("/keys").await.expect_status(200);
        let all = listed.json().as_array().unwrap();
        let prefixes: Vec<_> = all
            .iter()
            .map(|key| key["prefix"].as_str().unwrap())
            .collect();
        assert_eq!(prefixes, [second.prefix(), key.prefix()], "newest first");
        let created_at = all[0]["created_at"].clone();
        assert_eq!(
            all[0],
            json!({"prefix": second.prefix(), "created_at": created_at, "last_used_at": null, "expiration_date": null})
        );
        assert!(!listed.text().contains(secret));
        assert_eq!(
            app.db().tables_containing(secret).await,
            Vec::<String>::new()
        );
        assert_eq!(
            app.db().tables_containing(prefix).await,
            ["api_keys", "audit_events"]
        );
    }
);

scenario!(wrong_api_key_is_refused, async |app| {
    let key = app.sign_up("ada").await.create_api_key().await;
    let (prefix, secret) = key.text.split_once('.').unwrap();
    let last = if secret.ends_with('0') { '1' } else { '0' };
    for wrong in [
        format!("{prefix}.{}{last}", &secret[..63]),
        format!("{prefix}.{}", secret.to_uppercase()),
        format!("AAAAAAAA.{secret}"),
        format!("{prefix}.{secret}0"),
        format!("{prefix}.{}", &secret[..63]),
        format!("{prefix}{secret}"),
        format!("{prefix}. {secret}"),
        prefix.to_owned(),
        ".".to_owned(),
    ] {
        let response = ApiKey::from_text(app.anonymous(), &wrong)
            .get("/profile")
            .await;
        response.expect_detail(401, json!({"message": "Unauthorized"}));
    }
});

scenario!(api_key_is_bound_to_its_project, async |app| {
    let ada = app.sign_up("ada").await;
    ada.create_organization("Second").await;
    let second = ada.projects().await[1]["project_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = ada
        .create_api_key_at(&format!("/keys?project_id={second}"))
        .await;
    for query in [
        "",
        "?project_id=null",
        "?project_id=01900000-0000-7000-8000-000000000000",
    ] {
        let current = key
            .get(&format!("/projects/current{query}"))
            .await
            .expect_status(200);
        assert_eq!(current.json()["project_id"], second);
    }
    // A key lists the keys of its own project only.
    let home = ada.create_api_key().await;
    let listed = |response: freehold_testkit::Response| {
        response.expect_status(200).json()[0]["prefix"].clone()
    };
    assert_eq!(listed(key.get("/keys").await), key.prefix());
    assert_eq!(listed(ada.get("/keys").await), home.prefix());
    let created = key
        .post("/organizations/", &json!({"name": "By key"}))
        .await
        .expect_status(201);
    assert_eq!(ada.organizations().await[2]["id"], created.text_field("id"));
});

scenario!(deleted_api_key_is_refused_immediately, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(
        &ada.only_organization_id().await,
        &bob,
        ["viewer", "admin", "admin"],
    )
    .await;
    let project = ada.projects().await[0]["project_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let at = format!("?project_id={project}");
    let key = ada.create_api_key().await;
    let missing = "API key not found or does not belong to the user.";
    let path = format!("/keys/{}", key.prefix());
    bob.delete(&format!("{path}{at}"))
        .await
        .expect_detail(404, missing);
    for unknown in ["AAAAAAAA", "x", "%20", "%ff"] {
        ada.delete(&format!("/keys/{unknown}"))
            .await
            .expect_detail(404, missing);
    }
    key.get("/profile").await.expect_status(200);
    ada.delete(&path)
        .await
        .expect_body(200, &json!({"message": "API key deleted successfully"}));
    key.get("/profile").await.expect_status(401);
    ada.delete(&path).await.expect_detail(404, missing);
    assert_eq!(*ada.get("/keys").await.json(), json!([]));
});

/// Bob, a member of Ada's organization, and his key there.
async fn bobs_key(app: &TestApp) -> (String, ApiKey) {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(
        &ada.only_organization_id().await,
        &bob,
        ["viewer", "developer", "developer"],
    )
    .await;
    let project = ada.projects().await[0]["project_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = bob
        .create_api_key_at(&format!("/keys?project_id={project}"))
        .await;
    key.get("/keys").await.expect_status(200);
    (app.sql_id(&bob.id), key)
}

scenario!(
    api_key_is_deleted_with_its_creators_membership,
    async |app| {
        let (bob, key) = bobs_key(app).await;
        let sql =
            format!("DELETE FROM organization_members WHERE user_id = {bob} AND role <> 'owner'");
        app.db().execute(&sql).await.unwrap();
        key.get("/profile").await.expect_status(401);
        assert_eq!(
            app.db().query_number("SELECT count(*) FROM api_keys").await,
            0
        );
    }
);

scenario!(api_key_has_its_creators_current_permissions, async |app| {
    let (bob, key) = bobs_key(app).await;
    for (role, status) in [("viewer", 403), ("admin", 200), ("nonsense", 403)] {
        let sql = format!(
            "UPDATE project_members SET role = '{role}' WHERE user_id = {bob} AND role <> 'owner'"
        );
        app.db().execute(&sql).await.unwrap();
        let response = key.post_empty("/keys").await;
        if status == 403 {
            response.expect_detail(403, NOT_ALLOWED);
        } else {
            response.expect_status(status);
        }
    }
    let restore = "UPDATE project_members SET role = 'viewer' WHERE role = 'nonsense'";
    app.db().execute(restore).await.unwrap();
});

scenario!(expired_api_key_is_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let key = ada.create_api_key().await;
    let soon = freehold_domain::Clock::now(app.clock()) + Duration::from_secs(60);
    let sql = format!(
        "UPDATE api_keys SET expiration_date = {}",
        app.db().sql_time(soon)
    );
    app.db().execute(&sql).await.unwrap();
    app.clock().advance(Duration::from_secs(58));
    key.get("/profile").await.expect_status(200);
    let listed = ada.get("/keys").await.expect_status(200);
    assert_eq!(listed.json()[0]["expiration_date"], soon.blank_offset());
    app.clock().advance(Duration::from_secs(2));
    key.get("/profile").await.expect_status(401);
});

async fn last_used(app: &mut TestApp, ada: &freehold_testkit::TestUser) -> Value {
    // The last uses are written at the latest when the server stops.
    app.restart(|_| ()).await;
    ada.get("/keys").await.expect_status(200).json()[0]["last_used_at"].clone()
}

scenario!(api_key_last_use_is_recorded_per_minute, async |app| {
    let ada = app.sign_up("ada").await;
    let key = ada.create_api_key().await;
    assert_eq!(last_used(app, &ada).await, Value::Null);
    key.get("/profile").await.expect_status(200);
    let first = last_used(app, &ada).await;
    assert!(first.is_string(), "{first}");
    app.clock().advance(Duration::from_secs(50));
    key.get("/profile").await.expect_status(200);
    assert_eq!(last_used(app, &ada).await, first);
    app.clock().advance(Duration::from_secs(10));
    key.get("/profile").await.expect_status(200);
    let second = last_used(app, &ada).await;
    assert!(second.as_str() > first.as_str(), "{second} after {first}");
});
