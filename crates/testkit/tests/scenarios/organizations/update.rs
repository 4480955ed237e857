//! Changing organizations.

use freehold_testkit::{Person, story};
use serde_json::{Value, json};

use super::{NOWHERE, flags, path};

const FORBIDDEN: &str = "You do not have permission to perform this action";
const BAD_UUID: &str = "badly formed hexadecimal UUID string";
const INVALID: &str = "Invalid request data for organization update.";

story!(
    an_update_needs_a_value_first_and_an_owner_second,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["admin", "admin", "admin"])
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
                    let ask = who
                        .ask(method, &format!("/organizations/{home}"))
                        .json(&body);
                    ask.await.expect_detail(400, nothing);
                }
            }
        }
        for unknown in [home.as_str(), NOWHERE] {
            bob.renames(unknown, "Mine")
                .await
                .expect_detail(403, FORBIDDEN);
        }
        bob.renames("nonsense", "Mine")
            .await
            .expect_detail(400, BAD_UUID);
        assert_eq!(ada.organizations().await[0]["name"], "ada");
    }
);

story!(
    an_update_changes_what_it_names_and_stamps_who_did_it,
    async |app| {
        let ada = app.person("ada").await;
        let path = path(&ada).await;
        let body =
            json!({"name": "Acme", "updated_at": "1999-01-01T00:00:00Z", "owner_id": NOWHERE});
        let updated = ada.put(&path, &body).await.expect(200);
        let word = |name: &str| updated.word(name);
        assert_eq!(
            *updated.json(),
            json!({
                "id": ada.home().await, "slug": null, "name": "Acme", "description": "Default Organization",
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
            .expect(200);
        assert_eq!(cleared.json()["description"], Value::Null);
        assert_eq!(ada.organizations().await[0]["name"], "Acme 2");
    }
);

story!(a_slug_is_chosen_once_and_nobody_else_gets_it, async |app| {
    let ada = app.person("ada").await;
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
        let answer = ada
            .patch(&path, &json!({"slug": "good-slug"}))
            .await
            .expect(200);
        assert_eq!(answer.json()["slug"], "good-slug");
    }
    for other in [
        json!({"slug": "other-slug"}),
        json!({"slug": null, "name": "x"}),
        json!({"slug": "", "name": "x"}),
    ] {
        ada.patch(&path, &other).await.expect_detail(400, INVALID);
    }
    let second = ada.founds("Second").await;
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

story!(
    of_two_organizations_that_choose_one_slug_at_once_one_gets_it,
    async |app| {
        let ada = app.person("ada").await;
        for round in 0..10 {
            let slug = format!("slug-{}", "x".repeat(round));
            let (a, b) = (ada.founds("a").await, ada.founds("b").await);
            let take = async |id: &str| {
                ada.patch(&format!("/organizations/{id}"), &json!({"slug": slug}))
                    .await
            };
            let (one, other) = tokio::join!(take(&a), take(&b));
            let mut both = [one.status(), other.status()];
            both.sort_unstable();
            assert_eq!(both, [200, 409], "{one}\n{other}");
        }
    }
);

async fn flags_of(ada: &Person) -> Value {
    ada.organizations().await[0]["flags"].clone()
}

story!(
    flags_are_merged_and_a_showcase_is_not_made_by_clients,
    async |app| {
        let ada = app.person("ada").await;
        let path = path(&ada).await;
        ada.patch(
            &path,
            &json!({"flags": {"theme": "dark", "is_demo": true, "allow_sso": true}}),
        )
        .await
        .expect(200);
        let mut expected = flags();
        expected["theme"] = "dark".into();
        assert_eq!(flags_of(&ada).await, expected);
        ada.patch(&path, &json!({"flags": {"beta": 1}, "name": "x"}))
            .await
            .expect(200);
        expected["beta"] = 1.into();
        assert_eq!(flags_of(&ada).await, expected);
        for bad in [json!({"x": {"y": 1}}), json!({"x": [1]}), json!({"": true})] {
            ada.patch(&path, &json!({"flags": bad}))
                .await
                .expect_detail(400, INVALID);
        }
        ada.patch(&path, &json!({"flags": [1]})).await.expect(422);
        assert_eq!(flags_of(&ada).await, expected);
    }
);
