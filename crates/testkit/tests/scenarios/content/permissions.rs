//! Who may change content, and whose content it is.

use freehold_testkit::{Answer, story};
use serde_json::json;

use super::{
    KINDS, NOT_ALLOWED, at, changes, colleague, events, id, makes, new, seen, slugs, step,
};

story!(roles_say_who_may_change_content, async |app| {
    let ada = app.person("ada").await;
    for (name, role, may_edit, may_deploy) in [
        ("vi", "viewer", false, false),
        ("an", "annotator", false, false),
        ("ed", "editor", true, false),
        ("de", "developer", true, true),
        ("ad", "admin", true, true),
    ] {
        let who = colleague(app, &ada, name, role).await;
        for kind in KINDS {
            let may = match kind {
                "environment" => may_deploy,
                _ => may_edit,
            };
            let item = makes(&ada, kind, &format!("{name}-{kind}")).await;
            slugs(&who, kind, &json!({})).await;
            assert_eq!(seen(&who, kind, id(&item)).await, item, "{role} reads");
            let tries = [
                who.post(&at(kind, "/"), &new(kind, &format!("{name}-new")))
                    .await,
                changes(&who, kind, id(&item), json!({"name": "x"})).await,
                step(&who, kind, id(&item), "archive").await,
                step(&who, kind, id(&item), "unarchive").await,
            ];
            for answer in tries {
                match may {
                    true => assert_eq!(answer.expect(200).json()["count"], 1, "{role} {kind}"),
                    false => _ = answer.expect_detail(403, NOT_ALLOWED),
                }
            }
            if kind == "environment" && !may {
                for word in ["guard", "unguard"] {
                    let refused = step(&who, kind, id(&item), word).await;
                    refused.expect_detail(403, NOT_ALLOWED);
                }
                assert_eq!(seen(&ada, kind, id(&item)).await, item);
            }
        }
    }
    app.stranger()
        .post("/simple/testsets", &new("testset", "x"))
        .await
        .expect(401);
    let refused = "SELECT count(*) FROM audit_events
         WHERE refused = 'forbidden_in_project' AND action LIKE 'content.%' AND details IS NOT NULL";
    assert!(
        app.db().number(refused).await > 0,
        "each no has its reasons"
    );
});

story!(
    a_guarded_environment_is_for_those_who_may_deploy,
    |settings| {
        let roles = json!({"project": [
            {"role": "gardener", "permissions": ["view_environments", "edit_environments"]},
            {"role": "pilot", "permissions": ["view_environments", "deploy_environments"]},
        ]});
        settings.roles = freehold_domain::RoleCatalog::configured(Some(&roles), None).unwrap();
    },
    async |app| {
        let ada = app.person("ada").await;
        let gardener = colleague(app, &ada, "gus", "gardener").await;
        let pilot = colleague(app, &ada, "pia", "pilot").await;
        let live = makes(&ada, "environment", "live").await;
        let live = id(&live);
        let deploy = || json!({"data": {"references": {"app": {"version": "1"}}}});
        let no = |answer: Answer| _ = answer.expect_detail(403, NOT_ALLOWED);

        // Not guarded: who edits may edit, who deploys may deploy, neither may do both.
        changes(&gardener, "environment", live, json!({"name": "L"}))
            .await
            .expect(200);
        no(changes(&gardener, "environment", live, deploy()).await);
        changes(&pilot, "environment", live, deploy())
            .await
            .expect(200);
        no(changes(&pilot, "environment", live, json!({"name": "P"})).await);
        let mut both = deploy();
        both["name"] = "B".into();
        no(changes(&pilot, "environment", live, both.clone()).await);
        no(changes(&gardener, "environment", live, both).await);
        let mut made = new("environment", "more");
        made["environment"]["data"] = deploy()["data"].clone();
        no(gardener.post("/simple/environments", &made).await);
        no(step(&pilot, "environment", live, "guard").await);

        let guarded = step(&gardener, "environment", live, "guard")
            .await
            .expect(200);
        let item = &guarded.json()["environment"];
        assert_eq!(item["flags"], json!({"is_guarded": true}), "{guarded}");
        assert!(item.get("data").is_none(), "{guarded}");
        for word in ["guard", "unguard", "archive", "unarchive"] {
            no(step(&gardener, "environment", live, word).await);
        }
        no(changes(&gardener, "environment", live, json!({"name": "G"})).await);
        changes(&pilot, "environment", live, deploy())
            .await
            .expect(200);
        let held = seen(&gardener, "environment", live).await;
        assert_eq!(
            (&held["name"], &held["flags"]["is_guarded"]),
            (&json!("L"), &json!(true))
        );
        // A body cannot lift the guard.
        let sly = changes(
            &ada,
            "environment",
            live,
            json!({"flags": {"is_guarded": false}}),
        )
        .await;
        assert_eq!(
            sly.expect(200).json()["environment"]["flags"],
            json!({"is_guarded": true})
        );

        let free = step(&ada, "environment", live, "unguard").await.expect(200);
        assert_eq!(
            free.json()["environment"]["flags"],
            json!({"is_guarded": false})
        );
        changes(&gardener, "environment", live, json!({"name": "G"}))
            .await
            .expect(200);
        assert_eq!(events(app, "environment.guarded").await, 1);
        assert_eq!(events(app, "environment.unguarded").await, 1);
    }
);

story!(content_of_others_looks_like_none, async |app| {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let nothing = json!({"count": 0});
    for kind in KINDS {
        let item = makes(&ada, kind, "mine").await;
        changes(&bob, kind, id(&item), json!({"name": "x"}))
            .await
            .expect_body(200, &nothing);
        for word in ["archive", "unarchive"] {
            step(&bob, kind, id(&item), word)
                .await
                .expect_body(200, &nothing);
        }
        let other = KINDS.into_iter().find(|other| *other != kind).unwrap();
        step(&ada, other, id(&item), "archive")
            .await
            .expect_body(200, &nothing);
        assert_eq!(seen(&ada, kind, id(&item)).await, item);
        makes(&bob, kind, "mine").await;
    }
});
