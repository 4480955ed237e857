//! What a request names in some way: by a ref, an id, a slug or an address.

use freehold_testkit::story;
use serde_json::{Value, json};

use super::refusals::{NOBODY, invalid_reference, kept, not_found, with};
use super::{graph, makes, posts, text};

/// Every reference of the good graph, and the map that a ref of it is looked for in.
const REFERENCES: [(&str, &str, &str); 13] = [
    ("user_identities.i1.user_ref", "users", "User"),
    ("organizations.o1.owner_user_ref", "users", "User"),
    (
        "workspaces.w1.organization_ref",
        "organizations",
        "Organization",
    ),
    (
        "projects.p1.organization_ref",
        "organizations",
        "Organization",
    ),
    ("projects.p1.workspace_ref", "workspaces", "Workspace"),
    (
        "organization_memberships.om.organization_ref",
        "organizations",
        "Organization",
    ),
    ("organization_memberships.om.user_ref", "users", "User"),
    (
        "workspace_memberships.wm.workspace_ref",
        "workspaces",
        "Workspace",
    ),
    ("workspace_memberships.wm.user_ref", "users", "User"),
    ("project_memberships.pm.project_ref", "projects", "Project"),
    ("project_memberships.pm.user_ref", "users", "User"),
    ("api_keys.k.project_ref", "projects", "Project"),
    ("api_keys.k.user_ref", "users", "User"),
];

story!(
    a_reference_names_something_in_exactly_one_way,
    async |app| {
        let before = kept(app).await;
        for (path, ..) in REFERENCES {
            for bad in [
                json!({}),
                json!({"ref": "u1", "id": NOBODY}),
                json!({"email": null}),
            ] {
                let answer = posts(app, "/accounts/", &with(path, &bad)).await;
                let mut place = vec!["body"];
                place.extend(path.split('.'));
                answer.expect_detail(
                422,
                json!([{
                    "type": "value_error", "loc": place, "input": bad, "ctx": {"error": {}},
                    "msg": "Value error, Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.",
                }]),
            );
            }
        }
        assert_eq!(kept(app).await, before);
    }
);

story!(a_reference_that_leads_nowhere_is_named, async |app| {
    let before = kept(app).await;
    for (path, map, kind) in REFERENCES {
        let asked =
            async |reference: Value| posts(app, "/accounts/", &with(path, &reference)).await;
        asked(json!({"id": "bad"}))
            .await
            .expect_detail(400, invalid_reference(path, "'bad' is not a valid UUID"));
        let reason = format!("request-local ref 'nope' not found in {map}");
        asked(json!({"ref": "nope"}))
            .await
            .expect_detail(400, invalid_reference(path, &reason));
        if kind == "Organization" {
            asked(json!({"slug": "nosuch"}))
                .await
                .expect_detail(404, not_found(kind, "nosuch"));
        } else {
            let reason = format!("slug-based references are not supported for {map}");
            asked(json!({"slug": "acme"}))
                .await
                .expect_detail(400, invalid_reference(path, &reason));
        }
        if kind == "User" {
            asked(json!({"email": "nobody@x.com"}))
                .await
                .expect_detail(404, not_found(kind, "nobody@x.com"));
        } else {
            let answer = asked(json!({"email": "g@x.com"})).await.expect(400);
            assert_eq!(answer.detail()["path"], path, "{answer}");
        }
        asked(json!({"id": NOBODY}))
            .await
            .expect_detail(404, not_found(kind, NOBODY));
    }
    assert_eq!(kept(app).await, before);
});

story!(
    a_reference_by_address_or_slug_leads_to_what_is_there,
    async |app| {
        let ada = app.person("ada").await;
        let acme = json!({"organization": {"name": "Acme", "slug": "acme"}, "owner": {"email": ada.email}});
        let acme = makes(app, "/simple/accounts/organizations/", &acme).await;
        let acme = text(&graph(&acme)["organizations"]["org"]["id"]);
        let request = json!({
            "workspaces": {"w": {"name": "Lab", "organization_ref": {"slug": "acme"}}},
            "projects": {"p": {"name": "P", "organization_ref": {"slug": "acme"}, "workspace_ref": {"ref": "w"}}},
            "workspace_memberships": {"m": {"workspace_ref": {"ref": "w"}, "user_ref": {"email": "ADA@acme.test"}, "role": "owner"}},
        });
        let answer = makes(app, "/accounts/", &request).await;
        let made = graph(&answer);
        assert_eq!(made["workspaces"]["w"]["organization_id"], acme);
        assert_eq!(made["workspace_memberships"]["m"]["user_id"], *ada.id);
    }
);

story!(
    a_reference_by_address_or_slug_leads_to_what_the_request_makes,
    async |app| {
        let request = json!({
            "users": {"u": {"email": "ada@acme.test"}},
            "organizations": {
                "o": {"name": "Acme", "slug": "acme", "owner_user_ref": {"email": "Ada@acme.test"}},
                "p": {"name": "Other"},
            },
            "workspaces": {
                "w": {"name": "Lab", "organization_ref": {"slug": "acme"}},
                "x": {"name": "Lab", "organization_ref": {"ref": "p"}},
            },
            "projects": {
                "a": {"name": "A", "organization_ref": {"slug": "acme"}, "workspace_ref": {"ref": "w"}},
                "b": {"name": "B", "organization_ref": {"ref": "p"}, "workspace_ref": {"ref": "x"}},
            },
            "organization_memberships": {
                "m": {"organization_ref": {"slug": "acme"}, "user_ref": {"email": "ada@acme.test"}, "role": "owner"}},
        });
        let answer = makes(app, "/accounts/", &request).await;
        let made = graph(&answer);
        let acme = &made["organizations"]["o"]["id"];
        assert_eq!(made["workspaces"]["w"]["organization_id"], *acme);
        assert_eq!(
            made["organization_memberships"]["m"]["organization_id"],
            *acme
        );
        assert_eq!(
            made["organizations"]["o"]["owner_user_id"],
            made["users"]["u"]["id"]
        );

        // A membership by the slug says who owns it, as one by the name does.
        let request = json!({
            "users": {"v": {"email": "bob@acme.test"}, "w": {"email": "cleo@acme.test"}},
            "organizations": {"o": {"name": "Looms", "slug": "looms"}},
            "workspaces": {"s": {"name": "Hall", "organization_ref": {"slug": "looms"}}},
            "projects": {"p": {"name": "Loom", "organization_ref": {"slug": "looms"}, "workspace_ref": {"ref": "s"}}},
            "organization_memberships": {
                "m": {"organization_ref": {"slug": "looms"}, "user_ref": {"email": "cleo@acme.test"}, "role": "owner"}},
        });
        let answer = makes(app, "/accounts/", &request).await;
        let made = graph(&answer);
        assert_eq!(
            made["organizations"]["o"]["owner_user_id"],
            made["users"]["w"]["id"]
        );
    }
);

story!(
    errors_of_one_thing_speak_of_the_request_as_it_was_sent,
    async |app| {
        let ada = app.person("ada").await;
        let nowhere = json!({"id": "bad"});
        let here = json!({"id": ada.home().await});
        let (me, bad) = (json!({"email": ada.email}), json!({"id": "bad"}));
        for (path, body, place) in [
            (
                "workspaces",
                json!({"workspace": {"name": "W", "organization_ref": nowhere}}),
                "workspace.organization_ref",
            ),
            (
                "projects",
                json!({"project": {"name": "P", "organization_ref": here, "workspace_ref": nowhere}}),
                "project.workspace_ref",
            ),
            (
                "organizations",
                json!({"organization": {"name": "O", "owner_user_ref": nowhere}}),
                "organization.owner_user_ref",
            ),
            (
                "organizations/memberships",
                json!({"membership": {"organization_ref": here, "user_ref": bad, "role": "viewer"}}),
                "membership.user_ref",
            ),
            (
                "workspaces/memberships",
                json!({"membership": {"workspace_ref": bad, "user_ref": me, "role": "viewer"}}),
                "membership.workspace_ref",
            ),
            (
                "projects/memberships",
                json!({"membership": {"project_ref": bad, "user_ref": me, "role": "viewer"}}),
                "membership.project_ref",
            ),
            (
                "api-keys",
                json!({"api_key": {"project_ref": bad, "user_ref": me}}),
                "api_key.project_ref",
            ),
            (
                "users/identities",
                json!({"user_ref": bad, "user_identity": {"method": "email:password", "subject": "a@x.com", "password": "Secret12!"}}),
                "user_ref",
            ),
        ] {
            let path = format!("/simple/accounts/{path}/");
            posts(app, &path, &body)
                .await
                .expect_detail(400, invalid_reference(place, "'bad' is not a valid UUID"));
        }
        let request = json!({"user": {"email": "notanemail"}});
        let answer = posts(app, "/simple/accounts/users/", &request)
            .await
            .expect(400);
        let message = text(&answer.detail()["message"]);
        assert!(message.starts_with("user.email: "), "{answer}");
    }
);

story!(
    errors_of_many_accounts_speak_of_each_as_it_was_sent,
    async |app| {
        let long = "p".repeat(101);
        let user = json!({"email": "ada@acme.test"});
        for (account, place) in [
            (json!({"user": {"email": "bad"}}), "user.email"),
            (
                json!({"user": {"email": "a@acme.test", "name": ""}}),
                "user.name",
            ),
            (
                json!({"user": {"email": "a@acme.test", "username": "", "name": "A"}}),
                "user.username",
            ),
            (
                json!({"user": user, "organization": {"name": " "}}),
                "organization.name",
            ),
            (
                json!({"user": user, "organization": {"name": "A", "slug": "?"}}),
                "organization.slug",
            ),
            (
                json!({"user": user, "subscription": {"plan": long}}),
                "subscription.plan",
            ),
            (
                json!({"user": user, "workspace": {"name": " ", "organization_ref": {"ref": "org"}}}),
                "workspace.name",
            ),
            (
                json!({"user": user, "project": {"name": " ", "organization_ref": {"ref": "org"}, "workspace_ref": {"ref": "wrk"}}}),
                "project.name",
            ),
        ] {
            let good = json!({"user": {"email": "good@acme.test"}});
            let body = json!({"accounts": {"u1": account, "u0": good}});
            let told = posts(app, "/simple/accounts/", &body).await.expect(400);
            let message = text(&told.detail()["message"]);
            let place = format!("accounts.u1.{place}: ");
            assert!(message.starts_with(&place), "{place} {told}");
        }
        let graph = json!({
            "users": {"u": user}, "organizations": {"o1": {"name": "O"}},
            "subscriptions": {"o1": {"plan": long}},
        });
        let told = posts(app, "/accounts/", &graph).await.expect(400);
        let message = text(&told.detail()["message"]);
        assert!(message.starts_with("subscriptions.o1.plan: "), "{told}");
    }
);
