//! Organizations: listing them, and looking at one.

use freehold_testkit::story;
use serde_json::{Value, json};

use super::{NOWHERE, flags, path};

const STRANGER: &str = "Not a member of this organization.";

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
