//! Updating organizations.

use freehold_testkit::{TestUser, scenario};
use serde_json::{Value, json};

use super::{UNKNOWN_ID, flags, path};

const FORBIDDEN: &str = "You do not have permission to perform this action";
const BAD_UUID: &str = "badly formed hexadecimal UUID string";
const INVALID: &str = "Invalid request data for organization update.";

scenario!(update_checks_fields_before_ownership, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let home = ada.only_organization_id().await;
    app.insert_member(&home, &bob, ["admin", "admin", "admin"])
        .await;
    let nothing = "Please provide a field to update";
    for who in [&ada, &bob] {
        for body in [
            json!({}),
            json!({"name": ""}),
            json!({"name": null, "slug": ""}),
            json!({"flags": {}}),
            json!({"updated_at": "2026-01-01"}),
        ] {
            for method in ["PUT", "PATCH"] {
                let request = who
                    .request(method, &format!("/organizations/{home}"))
                    .json(&body);
                request.await.expect_detail(400, nothing);
            }
        }
    }
    for unknown in [home.as_str(), UNKNOWN_ID] {
        bob.rename_organization(unknown, "Mine")
            .await
            .expect_detail(403, FORBIDDEN);
    }
    bob.rename_organization("nonsense", "Mine")
        .await
        .expect_detail(400, BAD_UUID);
    assert_eq!(ada.organizations().await[0]["name"], "ada");
});

scenario!(
    update_changes_named_fields_and_records_the_user,
    async |app| {
        let ada = app.sign_up("ada").await;
        let path = path(&ada).await;
        let body =
            json!({"name": "Acme", "updated_at": "1999-01-01T00:00:00Z", "owner_id": UNKNOWN_ID});
        let updated = ada.put(&path, &body).await.expect_status(200);
        let word = |name: &str| updated.text_field(name);
        assert_eq!(
            *updated.json(),
            json!({
                "id": ada.only_organization_id().await, "slug": null, "name": "Acme", "description": "Default Organization",
                "flags": flags(), "tags": null, "meta": null, "owner_id": ada.id,
                "created_at": word("created_at"), "updated_at": word("updated_at"), "deleted_at": null,
                "created_by_id": ada.id, "updated_by_id": ada.id, "deleted_by_id": null,
            })
        );
        assert!(
            word("created_at").contains('T') && word("updated_at").ends_with("+00:00"),
            "{updated}"
        );
        assert!(word("updated_at") > word("created_at"), "{updated}");
        let cleared = ada
            .patch(&path, &json!({"description": null, "name": "Acme 2"}))
            .await
            .expect_status(200);
        assert_eq!(cleared.json()["description"], Value::Null);
        assert_eq!(ada.organizations().await[0]["name"], "Acme 2");
    }
);

scenario!(slug_is_set_once_and_unique, async |app| {
    let ada = app.sign_up("ada").await;
    let path = path(&ada).await;
    for bad in [
        "Good",
        "good slug",
        "good_slug",
        "good1",
        &"x".repeat(65),
        "größe",
    ] {
        ada.patch(&path, &json!({"slug": bad}))
            .await
            .expect_detail(400, INVALID);
    }
    assert_eq!(
        ada.patch(&path, &json!({"slug": null, "name": "a"}))
            .await
            .json()["slug"],
        Value::Null
    );
    for _ in 0..2 {
        let response = ada
            .patch(&path, &json!({"slug": "good-slug"}))
            .await
            .expect_status(200);
        assert_eq!(response.json()["slug"], "good-slug");
    }
    for other in [
        json!({"slug": "other-slug"}),
        json!({"slug": null, "name": "x"}),
        json!({"slug": "", "name": "x"}),
    ] {
        ada.patch(&path, &other).await.expect_detail(400, INVALID);
    }
    let second = ada.create_organization("Second").await;
    let taken = ada
        .patch(
            &format!("/organizations/{second}"),
            &json!({"slug": "good-slug", "name": "Third"}),
        )
        .await;
    taken.expect_detail(
        409,
        "Slug already in use. Please select another slug or contact your administrator.",
    );
    assert_eq!(
        ada.organizations().await[1]["name"],
        "Second",
        "all of it or nothing"
    );
});

scenario!(concurrent_slug_claims_one_succeeds, async |app| {
    let ada = app.sign_up("ada").await;
    for round in 0..10 {
        let slug = format!("slug-{}", "x".repeat(round));
        let (a, b) = (
            ada.create_organization("a").await,
            ada.create_organization("b").await,
        );
        let take = async |id: &str| {
            ada.patch(&format!("/organizations/{id}"), &json!({"slug": slug}))
                .await
        };
        let (one, other) = tokio::join!(take(&a), take(&b));
        let mut both = [one.status(), other.status()];
        both.sort_unstable();
        assert_eq!(both, [200, 409], "{one}\n{other}");
    }
});

async fn current_flags(ada: &TestUser) -> Value {
    ada.organizations().await[0]["flags"].clone()
}

scenario!(flags_are_merged_and_is_demo_is_read_only, async |app| {
    let ada = app.sign_up("ada").await;
    let path = path(&ada).await;
    ada.patch(
        &path,
        &json!({"flags": {"theme": "dark", "is_demo": true, "allow_sso": true}}),
    )
    .await
    .expect_status(200);
    let mut expected = flags();
    expected["theme"] = "dark".into();
    assert_eq!(current_flags(&ada).await, expected);
    ada.patch(&path, &json!({"flags": {"beta": 1}, "name": "x"}))
        .await
        .expect_status(200);
    expected["beta"] = 1.into();
    assert_eq!(current_flags(&ada).await, expected);
    for bad in [json!({"x": {"y": 1}}), json!({"x": [1]}), json!({"": true})] {
        ada.patch(&path, &json!({"flags": bad}))
            .await
            .expect_detail(400, INVALID);
    }
    ada.patch(&path, &json!({"flags": [1]}))
        .await
        .expect_status(422);
    assert_eq!(current_flags(&ada).await, expected);
});
