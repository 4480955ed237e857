//! Listing organizations, and reading one.

use freehold_testkit::scenario;
use serde_json::{Value, json};

use super::{UNKNOWN_ID, flags, path};

const NOT_A_MEMBER: &str = "Not a member of this organization.";

scenario!(list_contains_each_organization_once, async |app| {
    let ada = app.sign_up("ada").await;
    let second = ada.create_organization("Second").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(&second, &bob, ["viewer", "viewer", "viewer"])
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

scenario!(
    members_read_an_organization_and_others_are_refused,
    async |app| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let eve = app.sign_up("eve").await;
        let home = ada.only_organization_id().await;
        app.insert_member(&home, &bob, ["viewer", "editor", "editor"])
            .await;
        let seen = bob
            .get(&format!("/organizations/{home}"))
            .await
            .expect_status(200);
        assert_eq!(
            seen.text(),
            ada.get(&format!("/organizations/{home}")).await.text()
        );
        let workspace = &seen.json()["default_workspace"];
        let members = workspace["members"].as_array().unwrap();
        let texts = |member: &Value, list: &str| member["roles"][0][list].as_array().unwrap().len();
        assert_eq!(members.len(), 2);
        for (member, user, role, permissions) in [
            (&members[0], &ada, "owner", 64),
            (&members[1], &bob, "editor", 0),
        ] {
            assert_eq!(member["user"]["id"], user.id);
            assert_eq!(member["user"]["email"], user.email);
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
        for unknown in [home.as_str(), UNKNOWN_ID, "nonsense", "domains"] {
            eve.get(&format!("/organizations/{unknown}"))
                .await
                .expect_detail(403, NOT_A_MEMBER);
        }
    }
);

scenario!(demo_project_hides_members_from_each_other, async |app| {
    let ada = app.sign_up("ada").await;
    let organization = app.sql_id(&ada.only_organization_id().await);
    let sql = format!(
        "UPDATE organizations SET flags = '{{\"is_demo\": true}}' WHERE id = {organization}"
    );
    app.db().execute(&sql).await.unwrap();
    let seen = ada.get(&path(&ada).await).await.expect_status(200);
    assert_eq!(seen.json()["default_workspace"]["members"], json!([]));
});
