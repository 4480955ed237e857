//! What operators look up: people and organizations by the beginning of a name,
//! one account's whole graph. That it is on record who looked, and the outbox,
//! are in [`audit_and_outbox`].

mod audit_and_outbox;

use freehold_domain::Clock;
use freehold_testkit::{Answer, TestApp, story};
use serde_json::json;

/// What an operator sees there.
async fn seen(app: &TestApp, path: &str) -> Answer {
    app.operator().get(path).await.expect(200)
}

/// One member of each item of a list.
fn column(answer: &Answer, list: &str, member: &str) -> Vec<String> {
    let items = answer.json()[list].as_array();
    let items = items
        .unwrap_or_else(|| panic!("no {list}: {answer}"))
        .iter();
    items
        .map(|item| item[member].as_str().expect("a text").to_owned())
        .collect()
}

/// All of a list, page by page, as the header `Link` leads.
async fn paged(app: &TestApp, path: &str, list: &str, member: &str) -> Vec<Vec<String>> {
    let mut query = path.split_once('?').unwrap().1.to_owned();
    let base = path.split_once('?').unwrap().0;
    let mut pages = Vec::new();
    loop {
        let page = seen(app, &format!("{base}?{query}")).await;
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

story!(people_by_the_beginning_of_their_address, async |app| {
    for email in [
        "ann@acme.test",
        "ann_a@acme.test",
        "anna@acme.test",
        "annx@acme.test",
        "a%b@acme.test",
        "bob@acme.test",
    ] {
        app.operator_makes(email).await;
    }
    let found = async |prefix: &str| {
        let path = format!("/admin/users?email={prefix}");
        column(&seen(app, &path).await, "users", "email")
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

    let pages = paged(app, "/admin/users?email=ann&limit=2", "users", "email").await;
    assert_eq!(pages, [&anns[..2], &anns[2..]]);
    let pages = paged(app, "/admin/users?email=ann&limit=3", "users", "email").await;
    assert_eq!(pages, [&anns[..3], &anns[3..]]);
});

story!(people_by_what_is_known_of_them, async |app| {
    let [ada, bob] = [app.person("ada").await, app.person("bob").await];
    let place = ada.place().await;
    app.adds_member(&place.organization, &bob, ["viewer", "viewer", "viewer"])
        .await;
    app.operator_makes("cy@acme.test").await;
    app.confirms_email(&ada.email).await;
    let path = format!("/organizations/{}", place.organization);
    ada.patch(&path, &json!({"slug": "go"})).await.expect(200);
    let now = app.clock().now();
    let later = now.iso_offset().replace('+', "%2B");
    let organization = &place.organization;
    for (query, expected) in [
        (format!("organization={organization}"), &["ada", "bob"][..]),
        ("organization=go".to_owned(), &["ada", "bob"]),
        (format!("organization={organization}&email=b"), &["bob"]),
        (format!("organization={organization}&proven=true"), &["ada"]),
        ("proven=true".to_owned(), &["ada"]),
        ("proven=false".to_owned(), &["bob", "cy"]),
        ("method=email:password".to_owned(), &["ada", "bob"]),
        ("method=email:otp".to_owned(), &[]),
        (
            "email=c&created_before=2999-01-01T00:00:00Z".to_owned(),
            &["cy"],
        ),
        ("created_after=2999-01-01T00:00:00Z".to_owned(), &[]),
        (format!("email=a&created_after={later}"), &[]),
    ] {
        let found = seen(app, &format!("/admin/users?{query}")).await;
        let names: Vec<String> = expected
            .iter()
            .map(|it| format!("{it}@acme.test"))
            .collect();
        assert_eq!(column(&found, "users", "email"), names, "{query}");
    }
    let path = format!("/admin/users?organization={organization}&limit=1");
    let pages = paged(app, &path, "users", "email").await;
    assert_eq!(pages, [["ada@acme.test"], ["bob@acme.test"]]);
});

story!(organizations_by_name_slug_and_owner, async |app| {
    let [ada, bob] = [app.person("ada").await, app.person("bob").await];
    for name in ["Zeta_1", "zeta%", "ZETA", "Zeto", "Ünder"] {
        ada.founds(name).await;
    }
    let slugged = bob.founds("zetaB").await;
    let path = format!("/organizations/{slugged}");
    bob.patch(&path, &json!({"slug": "zeta-b"}))
        .await
        .expect(200);
    let found = async |query: &str| {
        let found = seen(app, &format!("/admin/organizations?{query}")).await;
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
        let answer = app.operator().get(&format!("/admin/{query}")).await;
        assert_eq!(answer.expect(404).code(), "entity_not_found", "{query}");
    }
    // With those that came with their accounts.
    assert_eq!(found("limit=200").await.len(), 8);

    let pages = paged(
        app,
        "/admin/organizations?name=ZET&limit=2",
        "organizations",
        "name",
    )
    .await;
    assert_eq!(pages.concat(), ["ZETA", "zeta%", "Zeta_1", "zetaB", "Zeto"]);
    let path = format!("/admin/organizations?owner={}&limit=4", ada.id);
    let pages = paged(app, &path, "organizations", "name").await;
    assert_eq!(pages.concat().len(), 6);
    let path = format!("/admin/organizations?owner={}&name=zet&limit=3", ada.email);
    let pages = paged(app, &path, "organizations", "name").await;
    assert_eq!(pages, [&["Zeta_1", "zeta%", "ZETA"][..], &["Zeto"]]);
    let pages = paged(app, "/admin/organizations?limit=3", "organizations", "id").await;
    assert_eq!(pages.concat().len(), 8);

    let one = seen(app, "/admin/organizations?slug=zeta-b").await;
    let one = &one.json()["organizations"][0];
    assert_eq!(one["owner"], json!({"id": bob.id, "email": bob.email}));
    assert_eq!(one["members"], 1);
});

story!(a_query_that_makes_no_sense, async |app| {
    app.operator_makes("a@acme.test").await;
    for (query, named) in [
        ("users?limit=0", "limit"),
        ("users?limit=201", "limit"),
        ("users?limit=many", "limit"),
        ("users?cursor=%25%25", "cursor"),
        ("users?organization=x_", "organization"),
        ("users?proven=perhaps", "proven"),
        ("users?created_after=yesterday", "created_after"),
        (
            "users?organization=01a2082d-5df6-7a31-8c44-0123456789ab&cursor=YQ",
            "cursor",
        ),
        ("organizations?limit=-1", "limit"),
        ("organizations?cursor=YQ", "cursor"),
        ("organizations?name=a&cursor=YQ", "cursor"),
        ("organizations?owner=nobody", "owner"),
        ("events?cursor=YQ", "cursor"),
        ("events?target=x_", "target"),
        ("events?refused=maybe", "refused"),
        ("events?before=now", "before"),
        ("outbox?limit=1000", "limit"),
    ] {
        let answer = app.operator().get(&format!("/admin/{query}")).await;
        let answer = answer.expect(422);
        assert!(
            answer.text().contains(&format!("\"{named}\"")),
            "{query}: {answer}"
        );
    }
});

story!(one_person_with_all_that_hangs_on_them, async |app| {
    let [ada, bob] = [app.person("ada").await, app.person("bob").await];
    let place = ada.place().await;
    app.adds_member(&place.organization, &bob, ["viewer", "editor", "developer"])
        .await;
    let key = bob
        .adds_key_at(&format!("/keys?project_id={}", place.project))
        .await;
    let second = ada.founds("Second").await;
    let elsewhere = ada.place_in(&second).await;
    ada.invites_by_link(&elsewhere, &bob.email, "viewer").await;

    let by_id = seen(app, &format!("/admin/users/{}", bob.id)).await;
    let by_email = seen(app, "/admin/users/BOB@acme.test").await;
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
        .find(|it| it["id"] == place.organization)
        .unwrap();
    assert_eq!(
        (at["role"].as_str(), at["owner"].as_bool()),
        (Some("viewer"), Some(false))
    );
    assert_eq!(at["workspaces"][0]["role"], "editor");
    let project = &at["workspaces"][0]["projects"][0];
    assert_eq!(project["id"], place.project);
    assert_eq!(project["role"], "developer");
    assert_eq!(project["is_default"], true);
    let own = theirs
        .iter()
        .find(|it| it["id"] != place.organization)
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

story!(one_organization_with_all_that_is_in_it, async |app| {
    let [ada, bob] = [app.person("ada").await, app.person("bob").await];
    let place = ada.place().await;
    let path = format!("/organizations/{}", place.organization);
    ada.patch(&path, &json!({"slug": "acme"})).await.expect(200);
    app.adds_member(&place.organization, &bob, ["viewer", "editor", "editor"])
        .await;
    ada.adds_project(&place, "Beside").await.expect(201);
    ada.adds_key_at(&format!("/keys?project_id={}", place.project))
        .await;
    ada.invites_by_link(&place, "new@acme.test", "viewer").await;

    let by_id = seen(app, &format!("/admin/organizations/{}", place.organization)).await;
    let by_slug = seen(app, "/admin/organizations/acme").await;
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
    assert_eq!(workspace["id"], place.workspace);
    assert_eq!(workspace["type"], "default");
    assert_eq!(workspace["members"], 2);
    let projects = workspace["projects"].as_array().unwrap();
    assert_eq!(projects.len(), 2);
    assert_eq!(projects[0]["members"], 2);
    assert_eq!(graph["keys"], 1);
    assert_eq!(column(&by_id, "invitations", "email"), ["new@acme.test"]);
});

story!(whoever_is_not_there_is_not_found, async |app| {
    let nobody = "01a2082d-5df6-7a31-8c44-0123456789ab";
    for (path, told) in [
        (
            format!("/admin/users/{nobody}"),
            format!("User not found: {nobody}."),
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
            format!("/admin/organizations/{nobody}"),
            format!("Organization not found: {nobody}."),
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
        let answer = app.operator().get(&path).await.expect(404);
        assert_eq!(answer.code(), "entity_not_found");
        assert_eq!(answer.detail()["message"], told);
    }
});
