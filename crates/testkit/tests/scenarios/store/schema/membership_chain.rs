//! The rules that the schema holds, continued: who is in a project is in its
//! workspace and in its organization, and all of these belong together.

use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::{Town, id};
use crate::store::schema::rules::{REFERENCE, allowed, refused};

#[tokio::test]
async fn a_membership_stands_on_the_one_above() {
    on_each_database(async |db| {
        let Town { cleo, acme, workspace, project, .. } = Town::build(db).await;
        let organization = format!(
            "INSERT INTO organization_members (id, user_id, organization_id) VALUES ({}, {cleo}, {acme})",
            id(db, 43)
        );
        let in_workspace = format!(
            "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
             VALUES ({}, {cleo}, {workspace}, {acme})",
            id(db, 53)
        );
        let in_project = format!(
            "INSERT INTO project_members (id, user_id, project_id, workspace_id)
             VALUES ({}, {cleo}, {project}, {workspace})",
            id(db, 63)
        );
        refused(db, "fk_workspace_members_organization_member", REFERENCE, &in_workspace).await;
        refused(db, "fk_project_members_workspace_member", REFERENCE, &in_project).await;
        allowed(db, &organization).await;
        refused(db, "fk_project_members_workspace_member", REFERENCE, &in_project).await;
        allowed(db, &in_workspace).await;
        allowed(db, &in_project).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn who_leaves_above_is_gone_below() {
    on_each_database(async |db| {
        let town = Town::build(db).await;
        let bob = &town.bob;
        assert_eq!(left(db, bob).await, [1, 1, 1, 1]);
        let leave = |table: &str| format!("DELETE FROM {table} WHERE user_id = {bob}");

        // Each level in a database of its own, from the lowest up.
        let other = TestDatabase::new(db.engine()).await;
        let theirs = Town::build(&other).await;
        allowed(
            &other,
            &format!("DELETE FROM project_members WHERE user_id = {}", theirs.bob),
        )
        .await;
        assert_eq!(left(&other, bob).await, [1, 1, 0, 0], "the key goes too");

        let other = TestDatabase::new(db.engine()).await;
        Town::build(&other).await;
        allowed(&other, &leave("workspace_members")).await;
        assert_eq!(left(&other, bob).await, [1, 0, 0, 0]);
        other.expect_clean().await;

        allowed(db, &leave("organization_members")).await;
        assert_eq!(left(db, bob).await, [0, 0, 0, 0]);
        assert_eq!(
            left(db, &town.ada).await,
            [1, 1, 1, 0],
            "nobody else leaves"
        );
        db.expect_clean().await;
    })
    .await;
}

/// What a user has on each level, and their keys.
async fn left(db: &TestDatabase, user: &str) -> [i64; 4] {
    let mut counts = [0; 4];
    let places = [
        "organization_members WHERE user_id",
        "workspace_members WHERE user_id",
        "project_members WHERE user_id",
        "api_keys WHERE created_by_id",
    ];
    for (count, place) in counts.iter_mut().zip(places) {
        *count = db
            .number(&format!("SELECT count(*) FROM {place} = {user}"))
            .await;
    }
    counts
}

/// A second organization of Ada's, with a workspace.
async fn second_organization(db: &TestDatabase, ada: &str) -> (String, String) {
    let (organization, workspace) = (id(db, 11), id(db, 21));
    allowed(
        db,
        &format!(
            "INSERT INTO organizations (id, owner_id) VALUES ({organization}, {ada});
             INSERT INTO organization_members (id, user_id, organization_id, role)
                 VALUES ({}, {ada}, {organization}, 'owner');
             INSERT INTO workspaces (id, organization_id) VALUES ({workspace}, {organization});",
            id(db, 45)
        ),
    )
    .await;
    (organization, workspace)
}

#[tokio::test]
async fn a_project_its_workspace_and_its_organization_agree() {
    on_each_database(async |db| {
        let Town {
            ada,
            acme,
            workspace,
            project,
            ..
        } = Town::build(db).await;
        let (organization, second) = second_organization(db, &ada).await;
        let rule = "fk_projects_workspace";
        let add = |workspace: &str, organization: &str| {
            format!(
                "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
                 VALUES ({}, 'Other', true, {workspace}, {organization})",
                id(db, 31)
            )
        };
        refused(db, rule, REFERENCE, &add(&second, &acme)).await;
        refused(db, rule, REFERENCE, &add(&id(db, 99), &acme)).await;
        refused(
            db,
            // Its members refer to the pair as well; either may speak first.
            rule,
            REFERENCE,
            &format!("UPDATE projects SET organization_id = {organization} WHERE id = {project}"),
        )
        .await;
        allowed(db, &add(&second, &organization)).await;

        // The same one level up: a workspace's members are of its organization.
        let member = |organization: &str| {
            format!(
                "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
                 VALUES ({}, {ada}, {second}, {organization})",
                id(db, 54)
            )
        };
        refused(
            db,
            "fk_workspace_members_workspace",
            REFERENCE,
            &member(&acme),
        )
        .await;
        allowed(db, &member(&organization)).await;

        // And one level down: a project's members are of its workspace.
        let member = |workspace: &str| {
            format!(
                "INSERT INTO project_members (id, user_id, project_id, workspace_id)
                 VALUES ({}, {ada}, {}, {workspace})",
                id(db, 64),
                id(db, 31)
            )
        };
        refused(
            db,
            "fk_project_members_project",
            REFERENCE,
            &member(&workspace),
        )
        .await;
        allowed(db, &member(&second)).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_workspace_has_one_default_project() {
    on_each_database(async |db| {
        let Town {
            ada,
            acme,
            workspace,
            ..
        } = Town::build(db).await;
        let add = |n: u128, is_default: &str, workspace: &str, organization: &str| {
            format!(
                "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
                 VALUES ({}, 'Other', {is_default}, {workspace}, {organization})",
                id(db, n)
            )
        };
        refused(
            db,
            "uq_projects_one_default",
            "projects.workspace_id",
            &add(31, "true", &workspace, &acme),
        )
        .await;
        allowed(db, &add(31, "false", &workspace, &acme)).await;
        allowed(db, &add(32, "NULL", &workspace, &acme)).await;
        let (organization, second) = second_organization(db, &ada).await;
        allowed(db, &add(33, "true", &second, &organization)).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_is_a_members() {
    on_each_database(async |db| {
        let Town {
            ada, cleo, project, ..
        } = Town::build(db).await;
        let hex = "0c".repeat(32);
        let add = |user: &str| {
            format!(
                "INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
                 VALUES ({}, 'prefix01', 'prefix01.{hex}', {project}, {user})",
                id(db, 71)
            )
        };
        refused(db, "fk_api_keys_project_member", REFERENCE, &add(&cleo)).await;
        allowed(db, &add(&ada)).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn an_organization_goes_with_all_that_is_in_it() {
    on_each_database(async |db| {
        let Town { acme, .. } = Town::build(db).await;
        allowed(db, &format!("DELETE FROM organizations WHERE id = {acme}")).await;
        for table in [
            "organizations",
            "organization_members",
            "workspaces",
            "workspace_members",
            "projects",
            "project_members",
            "api_keys",
            "resources",
        ] {
            let left = db.number(&format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(left, 0, "{table}");
        }
        assert_eq!(db.number("SELECT count(*) FROM users").await, 3);
        db.expect_clean().await;
    })
    .await;
}
