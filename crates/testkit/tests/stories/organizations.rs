//! Organizations as their people meet them: listing, looking, founding,
//! changing. Each answer is the contract's, to the letter.

use freehold_testkit::{Person, story};
use serde_json::{Value, json};

const FORBIDDEN: &str = "You do not have permission to perform this action";
const STRANGER: &str = "Not a member of this organization.";
const BAD_UUID: &str = "badly formed hexadecimal UUID string";
const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

fn flags() -> Value {
    json!({
        "is_demo": false, "allow_email": true, "allow_social": false, "allow_sso": false,
        "allow_root": false, "domains_only": false, "auto_join": false,
    })
}

async fn path(ada: &Person) -> String {
    format!("/organizations/{}", ada.home().await)
}

story!(a_list_shows_each_organization_once, async |app| {
    let ada = app.person("ada").await;
    let second = ada.founds("Second").await;
    let bob = app.person("bob").await;
    app.adds_member(&second, &bob, ["viewer", "viewer", "viewer"])
        .await;
    let all = ada.organizations().await;
    let ids: Vec<_> = all.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[1], second, "by the age of the membership");
    let workspace = all[1]["workspaces"][0].as_str().unwrap();
    assert_eq!(
        all[1],
        json!({
            "id": second, "slug": null, "name": "Second", "description": null, "flags": flags(),
            "tags": null, "meta": null, "owner_id": ada.id, "members": [], "invitations": [],
            "workspaces": [workspace],
        })
    );
    assert_eq!(bob.organizations().await.len(), 2);
});

story!(
    members_look_at_an_organization_and_strangers_see_none,
    async |app| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let eve = app.person("eve").await;
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["viewer", "editor", "editor"])
            .await;
        let seen = bob.get(&format!("/organizations/{home}")).await.expect(200);
        assert_eq!(
            seen.text(),
            ada.get(&format!("/organizations/{home}")).await.text()
        );
        let workspace = &seen.json()["default_workspace"];
        let members = workspace["members"].as_array().unwrap();
        let texts = |member: &Value, list: &str| member["roles"][0][list].as_array().unwrap().len();
        assert_eq!(members.len(), 2);
        for (member, person, role, permissions) in [
            (&members[0], &ada, "owner", 64),
            (&members[1], &bob, "editor", 0),
        ] {
            assert_eq!(member["user"]["id"], person.id);
            assert_eq!(member["user"]["email"], person.email);
            assert_eq!(member["user"]["status"], "member");
            assert_eq!(member["roles"][0]["role_name"], role);
            let count = texts(member, "permissions");
            assert!(
                if role == "owner" {
                    count == permissions
                } else {
                    (1..64).contains(&count)
                },
                "{member}"
            );
        }
        let id = workspace["id"].as_str().unwrap();
        let mut rest = seen.json().clone();
        rest["default_workspace"]["members"] = json!([]);
        let stamp = |name: &str| workspace[name].as_str().unwrap();
        assert_eq!(
            rest,
            json!({
                "id": home, "slug": null, "name": "ada", "description": "Default Organization",
                "flags": flags(), "tags": null, "meta": null, "owner_id": ada.id,
                "members": [], "invitations": [], "workspaces": [id],
                "default_workspace": {
                    "created_at": stamp("created_at"), "updated_at": stamp("updated_at"), "id": id,
                    "name": "Default", "description": "", "type": "default", "organization": home, "members": [],
                },
            })
        );
        for unknown in [home.as_str(), NOWHERE, "nonsense", "domains"] {
            eve.get(&format!("/organizations/{unknown}"))
                .await
                .expect_detail(403, STRANGER);
        }
    }
);

story!(
    a_showcase_does_not_show_its_members_to_each_other,
    async |app| {
        let ada = app.person("ada").await;
        let organization = app.sql(&ada.home().await);
        let sql = format!(
            "UPDATE organizations SET flags = '{{\"is_demo\": true}}' WHERE id = {organization}"
        );
        app.db().raw(&sql).await.unwrap();
        let seen = ada.get(&path(&ada).await).await.expect(200);
        assert_eq!(seen.json()["default_workspace"]["members"], json!([]));
    }
);

story!(founding_answers_with_what_was_given, async |app| {
    let ada = app.person("ada").await;
    for (body, name, description) in [
        (json!({}), Value::Null, Value::Null),
        (
            json!({"name": null, "description": null}),
            Value::Null,
            Value::Null,
        ),
        (
            json!({"name": "second", "description": "d"}),
            json!("second"),
            json!("d"),
        ),
        (json!({"name": "", "unknown": 1}), json!(""), Value::Null),
        (json!({"name": "second"}), json!("second"), Value::Null),
        (
            json!({"name": " Größe 大 🏠\n"}),
            json!(" Größe 大 🏠\n"),
            Value::Null,
        ),
    ] {
        let answer = ada.post("/organizations/", &body).await.expect(201);
        let id = answer.word("id");
        answer.expect_body(
            201,
            &json!({"id": id, "name": name, "description": description}),
        );
        let seen = ada.get(&format!("/organizations/{id}")).await.expect(200);
        assert_eq!(seen.json()["name"], name);
        let sql = format!(
            "SELECT count(*) FROM resources r JOIN projects p ON p.id = r.project_id WHERE p.organization_id = {}",
            app.sql(&id)
        );
        assert_eq!(
            app.db().number(&sql).await,
            freehold_domain::SeedCatalog::built_in().items().len() as i64
        );
    }
    assert_eq!(ada.projects().await.len(), 7);
    // Where somebody works without saying where does not move.
    let current = ada.get("/projects/current").await.expect(200);
    assert_eq!(current.json()["organization_name"], "ada");
});

story!(
    without_seeds_a_project_starts_empty,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        ada.founds("Second").await;
        assert_eq!(app.db().number("SELECT count(*) FROM resources").await, 0);
    }
);

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

const INVALID: &str = "Invalid request data for organization update.";

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
