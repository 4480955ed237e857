//! What operators look up: users and organizations by the beginning of a name,
//! one account's whole graph. The audit of lookups and the outbox are in
//! [`audit_and_outbox`].

mod audit_and_outbox;

use freehold_domain::Clock;
use freehold_testkit::{Response, TestApp, scenario};
use serde_json::json;

/// The body of a response to an operator.
async fn get_as_operator(app: &TestApp, path: &str) -> Response {
    app.operator().get(path).await.expect_status(200)
}

/// One field of each item of a list.
fn column(response: &Response, list: &str, member: &str) -> Vec<String> {
    let items = response.json()[list].as_array();
    let items = items
        .unwrap_or_else(|| panic!("no {list}: {response}"))
        .iter();
    items
        .map(|item| item[member].as_str().expect("a text").to_owned())
        .collect()
}

/// All items of a list, page by page, by the header `Link`.
async fn read_all_pages(app: &TestApp, path: &str, list: &str, member: &str) -> Vec<Vec<String>> {
    let mut query = path.split_once('?').unwrap().1.to_owned();
    let base = path.split_once('?').unwrap().0;
    let mut pages = Vec::new();
    loop {
        let page = get_as_operator(app, &format!("{base}?{query}")).await;
        pages.push(column(&page, list, member));
        let next = page.json().get("next").cloned();
        let Some(link) = page.header("link") else {
            assert_eq!(next, None, "{page}");
            return pages;
        };
        assert!(next.is_some(), "{page}");
        let (link, rest) = link.split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        query = link.strip_prefix("<?").unwrap().to_owned();
    }
}

scenario!(users_are_found_by_email_prefix, async |app| {
    for email in [
        "ann@acme.test",
        "ann_a@acme.test",
        "anna@acme.test",
        "annx@acme.test",
        "a%b@acme.test",
        "bob@acme.test",
    ] {
        app.create_account_as_operator(email).await;
    }
    let found = async |prefix: &str| {
        let path = format!("/admin/users?email={prefix}");
        column(&get_as_operator(app, &path).await, "users", "email")
    };
    let anns = [
        "ann@acme.test",
        "ann_a@acme.test",
        "anna@acme.test",
        "annx@acme.test",
    ];
    assert_eq!(found("ann").await, anns);
    assert_eq!(found("ANN@A").await, ["ann@acme.test"]);
    assert_eq!(found("ann_").await, ["ann_a@acme.test"]);
    assert_eq!(found("a%25").await, ["a%b@acme.test"]);
    assert_eq!(found("zed").await, [""; 0]);
    assert_eq!(found("").await.len(), 6);

    let pages = read_all_pages(app, "/admin/users?email=ann&limit=2", "users", "email").await;
    assert_eq!(pages, [&anns[..2], &anns[2..]]);
    let pages = read_all_pages(app, "/admin/users?email=ann&limit=3", "users", "email").await;
    assert_eq!(pages, [&anns[..3], &anns[3..]]);
});

scenario!(users_are_filtered_by_attributes, async |app| {
    let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
    let scope = ada.default_scope().await;
    app.insert_member(&scope.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    app.create_account_as_operator("cy@acme.test").await;
    app.mark_email_verified(&ada.email).await;
    let path = format!("/organizations/{}", scope.organization);
    ada.patch(&path, &json!({"slug": "go"}))
        .await
        .expect_status(200);
    let now = app.clock().now();
    let later = now.iso_offset().replace('+', "%2B");
    let organization = &scope.organization;
    for (query, expected) in [
        (format!("organization={organization}"), &["ada", "bob"][..]),
        ("organization=go".to_owned(), &["ada", "bob"]),
        (format!("organization={organization}&email=b"), &["bob"]),
        (
            format!("organization={organization}&verified=true"),
            &["ada"],
        ),
        ("verified=true".to_owned(), &["ada"]),
        ("verified=false".to_owned(), &["bob", "cy"]),
        ("method=email:password".to_owned(), &["ada", "bob"]),
        ("method=email:otp".to_owned(), &[]),
        (
            "email=c&created_before=2999-01-01T00:00:00Z".to_owned(),
            &["cy"],
        ),
        ("created_after=2999-01-01T00:00:00Z".to_owned(), &[]),
        (format!("email=a&created_after={later}"), &[]),
    ] {
        let found = get_as_operator(app, &format!("/admin/users?{query}")).await;
        let names: Vec<String> = expected
            .iter()
            .map(|it| format!("{it}@acme.test"))
            .collect();
        assert_eq!(column(&found, "users", "email"), names, "{query}");
    }
    let path = format!("/admin/users?organization={organization}&limit=1");
    let pages = read_all_pages(app, &path, "users", "email").await;
    assert_eq!(pages, [["ada@acme.test"], ["bob@acme.test"]]);
});

scenario!(
    organizations_are_filtered_by_name_slug_and_owner,
    async |app| {
        let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
        for name in ["Zeta_1", "zeta%", "ZETA", "Zeto", "Ünder"] {
            ada.create_organization(name).await;
        }
        let slugged = bob.create_organization("zetaB").await;
        let path = format!("/organizations/{slugged}");
        bob.patch(&path, &json!({"slug": "zeta-b"}))
            .await
            .expect_status(200);
        let found = async |query: &str| {
            let found = get_as_operator(app, &format!("/admin/organizations?{query}")).await;
            column(&found, "organizations", "name")
        };
        assert_eq!(
            found("name=zeta").await,
            ["ZETA", "zeta%", "Zeta_1", "zetaB"]
        );
        assert_eq!(found("name=ZETA_").await, ["Zeta_1"]);
        assert_eq!(found("name=zeta%25").await, ["zeta%"]);
        assert_eq!(found("name=%C3%9C").await, ["Ünder"]);
        assert_eq!(found("slug=zeta-b").await, ["zetaB"]);
        assert_eq!(found("slug=zeta-b&name=zeto").await, [""; 0]);
        assert_eq!(found("slug=None%20such").await, [""; 0]);
        let whose = format!("owner={}&name=zet", bob.email);
        assert_eq!(found(&whose).await, ["zetaB"]);
        assert_eq!(
            found(&format!("owner={}&name=ze&limit=2", ada.id))
                .await
                .len(),
            2
        );
        for query in [
            "organizations?owner=nobody@acme.test",
            "users?organization=nosuch",
        ] {
            let response = app.operator().get(&format!("/admin/{query}")).await;
            assert_eq!(
                response.expect_status(404).code(),
                "entity_not_found",
                "{query}"
            );
        }
        // With those that came with their accounts.
        assert_eq!(found("limit=200").await.len(), 8);

        let pages = read_all_pages(
            app,
            "/admin/organizations?name=ZET&limit=2",
            "organizations",
            "name",
        )
        .await;
        assert_eq!(pages.concat(), ["ZETA", "zeta%", "Zeta_1", "zetaB", "Zeto"]);
        let path = format!("/admin/organizations?owner={}&limit=4", ada.id);
        let pages = read_all_pages(app, &path, "organizations", "name").await;
        assert_eq!(pages.concat().len(), 6);
        let path = format!("/admin/organizations?owner={}&name=zet&limit=3", ada.email);
        let pages = read_all_pages(app, &path, "organizations", "name").await;
        assert_eq!(pages, [&["Zeta_1", "zeta%", "ZETA"][..], &["Zeto"]]);
        let pages =
            read_all_pages(app, "/admin/organizations?limit=3", "organizations", "id").await;
        assert_eq!(pages.concat().len(), 8);

        let one = get_as_operator(app, "/admin/organizations?slug=zeta-b").await;
        let one = &one.json()["organizations"][0];
        assert_eq!(one["owner"], json!({"id": bob.id, "email": bob.email}));
        assert_eq!(one["members"], 1);
    }
);

scenario!(invalid_filters_are_refused, async |app| {
    app.create_account_as_operator("a@acme.test").await;
    for (query, named) in [
        ("users?limit=0", "limit"),
        ("users?limit=201", "limit"),
        ("users?limit=many", "limit"),
        ("users?cursor=%25%25", "cursor"),
        ("users?organization=x_", "organization"),
        ("users?verified=perhaps", "verified"),
        ("users?created_after=yesterday", "created_after"),
        (
            "users?organization=01a2082d-5df6-7a31-8c44-0123456789ab&cursor=YQ",
            "cursor",
        ),
        ("organizations?limit=-1", "limit"),
        ("organizations?cursor=YQ", "cursor"),
        ("organizations?name=a&cursor=YQ", "cursor"),
        ("organizations?owner=nosuch", "owner"),
        ("events?cursor=YQ", "cursor"),
        ("events?target=x_", "target"),
        ("events?refused=maybe", "refused"),
        ("events?before=now", "before"),
        ("outbox?limit=1000", "limit"),
    ] {
        let response = app.operator().get(&format!("/admin/{query}")).await;
        let response = response.expect_status(422);
        assert!(
            response.text().contains(&format!("\"{named}\"")),
            "{query}: {response}"
        );
    }
});

scenario!(user_details_contain_all_relations, async |app| {
    let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
    let scope = ada.default_scope().await;
    app.insert_member(&scope.organization, &bob, ["viewer", "editor", "developer"])
        .await;
    let key = bob
        .create_api_key_at(&format!("/keys?project_id={}", scope.project))
        .await;
    let second = ada.create_organization("Second").await;
    let elsewhere = ada.default_scope_in(&second).await;
    ada.invite_by_link(&elsewhere, &bob.email, "viewer").await;

    let by_id = get_as_operator(app, &format!("/admin/users/{}", bob.id)).await;
    let by_email = get_as_operator(app, "/admin/users/BOB@acme.test").await;
    assert_eq!(by_id.json(), by_email.json());
    let file = by_id.json();
    assert_eq!(file["user"]["id"], bob.id);
    assert_eq!(file["user"]["email"], bob.email);
    assert_eq!(file["password"], true);
    assert_eq!(file["identities"][0]["method"], "email:password");
    assert_eq!(file["identities"][0]["subject"], bob.email);
    assert_eq!(file["sessions"], 1);
    assert_eq!(file["truncated"], false);
    let theirs = file["organizations"].as_array().unwrap();
    assert_eq!(theirs.len(), 2);
    let at = theirs
        .iter()
        .find(|it| it["id"] == scope.organization)
        .unwrap();
    assert_eq!(
        (at["role"].as_str(), at["owner"].as_bool()),
        (Some("viewer"), Some(false))
    );
    assert_eq!(at["workspaces"][0]["role"], "editor");
    let project = &at["workspaces"][0]["projects"][0];
    assert_eq!(project["id"], scope.project);
    assert_eq!(project["role"], "developer");
    assert_eq!(project["is_default"], true);
    let own = theirs
        .iter()
        .find(|it| it["id"] != scope.organization)
        .unwrap();
    assert_eq!(
        (own["role"].as_str(), own["owner"].as_bool()),
        (Some("owner"), Some(true))
    );
    assert_eq!(file["keys"][0]["prefix"], key.prefix());
    assert!(!by_id.text().contains(key.text.split('.').nth(1).unwrap()));
    assert_eq!(file["invitations"][0]["organization_id"], second);
    assert_eq!(file["invitations"][0]["issuer_id"], ada.id);
});

scenario!(organization_details_contain_all_relations, async |app| {
    let [ada, bob] = [app.sign_up("ada").await, app.sign_up("bob").await];
    let scope = ada.default_scope().await;
    let path = format!("/organizations/{}", scope.organization);
    ada.patch(&path, &json!({"slug": "acme"}))
        .await
        .expect_status(200);
    app.insert_member(&scope.organization, &bob, ["viewer", "editor", "editor"])
        .await;
    ada.create_project(&scope, "Beside")
        .await
        .expect_status(201);
    ada.create_api_key_at(&format!("/keys?project_id={}", scope.project))
        .await;
    ada.invite_by_link(&scope, "new@acme.test", "viewer").await;

    let by_id = get_as_operator(app, &format!("/admin/organizations/{}", scope.organization)).await;
    let by_slug = get_as_operator(app, "/admin/organizations/acme").await;
    assert_eq!(by_id.json(), by_slug.json());
    let graph = by_id.json();
    assert_eq!(
        graph["organization"]["owner"],
        json!({"id": ada.id, "email": ada.email})
    );
    assert_eq!(graph["organization"]["members"], 2);
    assert_eq!(
        column(&by_id, "members", "email"),
        ["ada@acme.test", "bob@acme.test"]
    );
    assert_eq!(column(&by_id, "members", "role"), ["owner", "viewer"]);
    let workspace = &graph["workspaces"][0];
    assert_eq!(workspace["id"], scope.workspace);
    assert_eq!(workspace["type"], "default");
    assert_eq!(workspace["members"], 2);
    let projects = workspace["projects"].as_array().unwrap();
    assert_eq!(projects.len(), 2);
    assert_eq!(projects[0]["members"], 2);
    assert_eq!(graph["keys"], 1);
    assert_eq!(column(&by_id, "invitations", "email"), ["new@acme.test"]);
});

scenario!(unknown_entities_are_not_found, async |app| {
    let unknown_id = "01a2082d-5df6-7a31-8c44-0123456789ab";
    for (path, message) in [
        (
            format!("/admin/users/{unknown_id}"),
            format!("User not found: {unknown_id}."),
        ),
        (
            "/admin/users/x@acme.test".to_owned(),
            "User not found: x@acme.test.".to_owned(),
        ),
        (
            "/admin/users/what".to_owned(),
            "User not found: what.".to_owned(),
        ),
        (
            format!("/admin/organizations/{unknown_id}"),
            format!("Organization not found: {unknown_id}."),
        ),
        (
            "/admin/organizations/acme".to_owned(),
            "Organization not found: acme.".to_owned(),
        ),
        (
            "/admin/organizations/A%20B".to_owned(),
            "Organization not found: A B.".to_owned(),
        ),
    ] {
        let response = app.operator().get(&path).await.expect_status(404);
        assert_eq!(response.code(), "entity_not_found");
        assert_eq!(response.detail()["message"], message);
    }
});
