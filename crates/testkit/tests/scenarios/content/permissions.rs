//! Permissions to change content, guarded environments, and other projects' content.

use freehold_testkit::{Response, scenario};
use serde_json::json;

use super::{
    KINDS, NOT_ALLOWED, count_events, create_body, create_item, get_item, id, item_path,
    member_with_role, post_step, slugs, update_item,
};

scenario!(content_changes_require_permission, async |app| {
    let ada = app.sign_up("ada").await;
    for (name, role, may_edit, may_deploy) in [
        ("vi", "viewer", false, false),
        ("an", "annotator", false, false),
        ("ed", "editor", true, false),
        ("de", "developer", true, true),
        ("ad", "admin", true, true),
    ] {
        let who = member_with_role(app, &ada, name, role).await;
        for kind in KINDS {
            let is_allowed = match kind {
                "environment" => may_deploy,
                _ => may_edit,
            };
            let item = create_item(&ada, kind, &format!("{name}-{kind}")).await;
            slugs(&who, kind, &json!({})).await;
            assert_eq!(get_item(&who, kind, id(&item)).await, item, "{role} reads");
            let responses = [
                who.post(
                    &item_path(kind, "/"),
                    &create_body(kind, &format!("{name}-new")),
                )
                .await,
                update_item(&who, kind, id(&item), json!({"name": "x"})).await,
                post_step(&who, kind, id(&item), "archive").await,
                post_step(&who, kind, id(&item), "unarchive").await,
            ];
            for response in responses {
                match is_allowed {
                    true => assert_eq!(
                        response.expect_status(200).json()["count"],
                        1,
                        "{role} {kind}"
                    ),
                    false => _ = response.expect_detail(403, NOT_ALLOWED),
                }
            }
            if kind == "environment" && !is_allowed {
                for word in ["guard", "unguard"] {
                    let refused = post_step(&who, kind, id(&item), word).await;
                    refused.expect_detail(403, NOT_ALLOWED);
                }
                assert_eq!(get_item(&ada, kind, id(&item)).await, item);
            }
        }
    }
    app.anonymous()
        .post("/simple/testsets", &create_body("testset", "x"))
        .await
        .expect_status(401);
    let refused = "SELECT count(*) FROM audit_events
         WHERE refused = 'forbidden_in_project' AND action LIKE 'content.%' AND details IS NOT NULL";
    assert!(
        app.db().query_number(refused).await > 0,
        "refusals are recorded with their trace"
    );
});

scenario!(
    guarded_environment_requires_deploy_permission,
    |settings| {
        let roles = json!({"project": [
            {"role": "gardener", "permissions": ["view_environments", "edit_environments"]},
            {"role": "pilot", "permissions": ["view_environments", "deploy_environments"]},
        ]});
        settings.roles = freehold_domain::RoleCatalog::configured(Some(&roles), None).unwrap();
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        let gardener = member_with_role(app, &ada, "gus", "gardener").await;
        let pilot = member_with_role(app, &ada, "pia", "pilot").await;
        let live = create_item(&ada, "environment", "live").await;
        let live = id(&live);
        let deploy = || json!({"data": {"references": {"app": {"version": "1"}}}});
        let expect_forbidden = |response: Response| _ = response.expect_detail(403, NOT_ALLOWED);

        // Not guarded: the editing role may edit, the deploying role may deploy, and
        // neither may do both.
        update_item(&gardener, "environment", live, json!({"name": "L"}))
            .await
            .expect_status(200);
        expect_forbidden(update_item(&gardener, "environment", live, deploy()).await);
        update_item(&pilot, "environment", live, deploy())
            .await
            .expect_status(200);
        expect_forbidden(update_item(&pilot, "environment", live, json!({"name": "P"})).await);
        let mut both = deploy();
        both["name"] = "B".into();
        expect_forbidden(update_item(&pilot, "environment", live, both.clone()).await);
        expect_forbidden(update_item(&gardener, "environment", live, both).await);
        let mut body = create_body("environment", "more");
        body["environment"]["data"] = deploy()["data"].clone();
        expect_forbidden(gardener.post("/simple/environments", &body).await);
        expect_forbidden(post_step(&pilot, "environment", live, "guard").await);

        let guarded = post_step(&gardener, "environment", live, "guard")
            .await
            .expect_status(200);
        let item = &guarded.json()["environment"];
        assert_eq!(item["flags"], json!({"is_guarded": true}), "{guarded}");
        assert!(item.get("data").is_none(), "{guarded}");
        for word in ["guard", "unguard", "archive", "unarchive"] {
            expect_forbidden(post_step(&gardener, "environment", live, word).await);
        }
        expect_forbidden(update_item(&gardener, "environment", live, json!({"name": "G"})).await);
        update_item(&pilot, "environment", live, deploy())
            .await
            .expect_status(200);
        let guarded_item = get_item(&gardener, "environment", live).await;
        assert_eq!(
            (&guarded_item["name"], &guarded_item["flags"]["is_guarded"]),
            (&json!("L"), &json!(true))
        );
        // A body cannot lift the guard.
        let updated = update_item(
            &ada,
            "environment",
            live,
            json!({"flags": {"is_guarded": false}}),
        )
        .await;
        assert_eq!(
            updated.expect_status(200).json()["environment"]["flags"],
            json!({"is_guarded": true})
        );

        let unguarded = post_step(&ada, "environment", live, "unguard")
            .await
            .expect_status(200);
        assert_eq!(
            unguarded.json()["environment"]["flags"],
            json!({"is_guarded": false})
        );
        update_item(&gardener, "environment", live, json!({"name": "G"}))
            .await
            .expect_status(200);
        assert_eq!(count_events(app, "environment.guarded").await, 1);
        assert_eq!(count_events(app, "environment.unguarded").await, 1);
    }
);

scenario!(foreign_content_looks_missing, async |app| {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let nothing = json!({"count": 0});
    for kind in KINDS {
        let item = create_item(&ada, kind, "mine").await;
        update_item(&bob, kind, id(&item), json!({"name": "x"}))
            .await
            .expect_body(200, &nothing);
        for word in ["archive", "unarchive"] {
            post_step(&bob, kind, id(&item), word)
                .await
                .expect_body(200, &nothing);
        }
        let other = KINDS.into_iter().find(|other| *other != kind).unwrap();
        post_step(&ada, other, id(&item), "archive")
            .await
            .expect_body(200, &nothing);
        assert_eq!(get_item(&ada, kind, id(&item)).await, item);
        create_item(&bob, kind, "mine").await;
    }
});
