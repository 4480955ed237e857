//! References of a request: by a ref, an id, a slug or an address.

use freehold_testkit::scenario;
use serde_json::{Value, json};

use super::refusals::{
    UNKNOWN_ID, contents_without_audit, invalid_reference, not_found, valid_graph_with,
};
use super::{create, graph, post_as_operator, text};

/// Every reference of the valid graph, and the map in which its ref is looked up.
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

scenario!(reference_requires_exactly_one_selector, async |app| {
    let before = contents_without_audit(app).await;
    for (path, ..) in REFERENCES {
        for bad in [
            json!({}),
            json!({"ref": "u1", "id": UNKNOWN_ID}),
            json!({"email": null}),
        ] {
            let response = post_as_operator(app, "/accounts/", &valid_graph_with(path, &bad)).await;
            let mut location = vec!["body"];
            location.extend(path.split('.'));
            response.expect_detail(
                422,
                json!([{
                    "type": "value_error", "loc": location, "input": bad, "ctx": {"error": {}},
                    "msg": "Value error, Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.",
                }]),
            );
        }
    }
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(unresolved_reference_is_named, async |app| {
    let before = contents_without_audit(app).await;
    for (path, map, kind) in REFERENCES {
        let send_reference = async |reference: Value| {
            post_as_operator(app, "/accounts/", &valid_graph_with(path, &reference)).await
        };
        send_reference(json!({"id": "bad"}))
            .await
            .expect_detail(400, invalid_reference(path, "'bad' is not a valid UUID"));
        let reason = format!("request-local ref 'nope' not found in {map}");
        send_reference(json!({"ref": "nope"}))
            .await
            .expect_detail(400, invalid_reference(path, &reason));
        if kind == "Organization" {
            send_reference(json!({"slug": "nosuch"}))
                .await
                .expect_detail(404, not_found(kind, "nosuch"));
        } else {
            let reason = format!("slug-based references are not supported for {map}");
            send_reference(json!({"slug": "acme"}))
                .await
                .expect_detail(400, invalid_reference(path, &reason));
        }
        if kind == "User" {
            send_reference(json!({"email": "nobody@x.com"}))
                .await
                .expect_detail(404, not_found(kind, "nobody@x.com"));
        } else {
            let response = send_reference(json!({"email": "g@x.com"}))
                .await
                .expect_status(400);
            assert_eq!(response.detail()["path"], path, "{response}");
        }
        send_reference(json!({"id": UNKNOWN_ID}))
            .await
            .expect_detail(404, not_found(kind, UNKNOWN_ID));
    }
    assert_eq!(contents_without_audit(app).await, before);
});

scenario!(
    email_and_slug_references_resolve_existing_entities,
    async |app| {
        let ada = app.sign_up("ada").await;
        let acme = json!({"organization": {"name": "Acme", "slug": "acme"}, "owner": {"email": ada.email}});
        let acme = create(app, "/simple/accounts/organizations/", &acme).await;
        let acme = text(&graph(&acme)["organizations"]["org"]["id"]);
        let request = json!({
            "workspaces": {"w": {"name": "Lab", "organization_ref": {"slug": "acme"}}},
            "projects": {"p": {"name": "P", "organization_ref": {"slug": "acme"}, "workspace_ref": {"ref": "w"}}},
            "workspace_memberships": {"m": {"workspace_ref": {"ref": "w"}, "user_ref": {"email": "ADA@acme.test"}, "role": "owner"}},
        });
        let response = create(app, "/accounts/", &request).await;
        let made = graph(&response);
        assert_eq!(made["workspaces"]["w"]["organization_id"], acme);
        assert_eq!(made["workspace_memberships"]["m"]["user_id"], *ada.id);
    }
);

scenario!(
    email_and_slug_references_resolve_new_entities,
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
        let response = create(app, "/accounts/", &request).await;
        let made = graph(&response);
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
        let response = create(app, "/accounts/", &request).await;
        let made = graph(&response);
        assert_eq!(
            made["organizations"]["o"]["owner_user_id"],
            made["users"]["w"]["id"]
        );
    }
);

scenario!(single_entity_errors_use_the_sent_paths, async |app| {
    let ada = app.sign_up("ada").await;
    let nowhere = json!({"id": "bad"});
    let here = json!({"id": ada.only_organization_id().await});
    let (me, bad) = (json!({"email": ada.email}), json!({"id": "bad"}));
    for (path, body, location) in [
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
        post_as_operator(app, &path, &body).await.expect_detail(
            400,
            invalid_reference(location, "'bad' is not a valid UUID"),
        );
    }
    let request = json!({"user": {"email": "notanemail"}});
    let response = post_as_operator(app, "/simple/accounts/users/", &request)
        .await
        .expect_status(400);
    let message = text(&response.detail()["message"]);
    assert!(message.starts_with("user.email: "), "{response}");
});

scenario!(bulk_account_errors_use_the_sent_paths, async |app| {
    let long = "p".repeat(101);
    let user = json!({"email": "ada@acme.test"});
    for (account, location) in [
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
        let valid_graph = json!({"user": {"email": "good@acme.test"}});
        let body = json!({"accounts": {"u1": account, "u0": valid_graph}});
        let response = post_as_operator(app, "/simple/accounts/", &body)
            .await
            .expect_status(400);
        let message = text(&response.detail()["message"]);
        let location = format!("accounts.u1.{location}: ");
        assert!(message.starts_with(&location), "{location} {response}");
    }
    let graph = json!({
        "users": {"u": user}, "organizations": {"o1": {"name": "O"}},
        "subscriptions": {"o1": {"plan": long}},
    });
    let response = post_as_operator(app, "/accounts/", &graph)
        .await
        .expect_status(400);
    let message = text(&response.detail()["message"]);
    assert!(message.starts_with("subscriptions.o1.plan: "), "{response}");
});
