//! The constraints of the schema, continued: a member of a project is a member of its
//! workspace and of its organization, and all of these belong together.

use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::{SampleDatabase, id};
use crate::store::schema::rules::{FOREIGN_KEY_FAILED, expect_allowed, expect_refused};

#[tokio::test]
async fn membership_requires_the_parent_membership() {
    on_each_database(async |db| {
        let SampleDatabase { cleo, acme, workspace, project, .. } = SampleDatabase::create(db).await;
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
        expect_refused(db, "fk_workspace_members_organization_member", FOREIGN_KEY_FAILED, &in_workspace).await;
        expect_refused(db, "fk_project_members_workspace_member", FOREIGN_KEY_FAILED, &in_project).await;
        expect_allowed(db, &organization).await;
        expect_refused(db, "fk_project_members_workspace_member", FOREIGN_KEY_FAILED, &in_project).await;
        expect_allowed(db, &in_workspace).await;
        expect_allowed(db, &in_project).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn deleting_a_membership_cascades_down() {
    on_each_database(async |db| {
        let sample = SampleDatabase::create(db).await;
        let bob = &sample.bob;
        assert_eq!(count_memberships(db, bob).await, [1, 1, 1, 1]);
        let leave = |table: &str| format!("DELETE FROM {table} WHERE user_id = {bob}");

        // Each level in its own database, from the lowest up.
        let other = TestDatabase::new(db.engine()).await;
        let theirs = SampleDatabase::create(&other).await;
        expect_allowed(
            &other,
            &format!("DELETE FROM project_members WHERE user_id = {}", theirs.bob),
        )
        .await;
        assert_eq!(
            count_memberships(&other, bob).await,
            [1, 1, 0, 0],
            "the key goes too"
        );

        let other = TestDatabase::new(db.engine()).await;
        SampleDatabase::create(&other).await;
        expect_allowed(&other, &leave("workspace_members")).await;
        assert_eq!(count_memberships(&other, bob).await, [1, 0, 0, 0]);
        other.expect_clean().await;

        expect_allowed(db, &leave("organization_members")).await;
        assert_eq!(count_memberships(db, bob).await, [0, 0, 0, 0]);
        assert_eq!(
            count_memberships(db, &sample.ada).await,
            [1, 1, 1, 0],
            "no other member leaves"
        );
        db.expect_clean().await;
    })
    .await;
}

/// A user's rows on each level, and their keys.
async fn count_memberships(db: &TestDatabase, user: &str) -> [i64; 4] {
    let mut counts = [0; 4];
    let conditions = [
        "organization_members WHERE user_id",
        "workspace_members WHERE user_id",
        "project_members WHERE user_id",
        "api_keys WHERE created_by_id",
    ];
    for (count, condition) in counts.iter_mut().zip(conditions) {
        *count = db
            .query_number(&format!("SELECT count(*) FROM {condition} = {user}"))
            .await;
    }
    counts
}

/// A second organization of Ada, with a workspace.
async fn second_organization(db: &TestDatabase, ada: &str) -> (String, String) {
    let (organization, workspace) = (id(db, 11), id(db, 21));
    expect_allowed(
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
async fn project_workspace_and_organization_are_consistent() {
    on_each_database(async |db| {
        let SampleDatabase {
            ada,
            acme,
            workspace,
            project,
            ..
        } = SampleDatabase::create(db).await;
        let (organization, second) = second_organization(db, &ada).await;
        let rule = "fk_projects_workspace";
        let add = |workspace: &str, organization: &str| {
            format!(
                "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
                 VALUES ({}, 'Other', true, {workspace}, {organization})",
                id(db, 31)
            )
        };
        expect_refused(db, rule, FOREIGN_KEY_FAILED, &add(&second, &acme)).await;
        expect_refused(db, rule, FOREIGN_KEY_FAILED, &add(&id(db, 99), &acme)).await;
        expect_refused(
            db,
            // Its members refer to the pair as well; either constraint may be reported.
            rule,
            FOREIGN_KEY_FAILED,
            &format!("UPDATE projects SET organization_id = {organization} WHERE id = {project}"),
        )
        .await;
        expect_allowed(db, &add(&second, &organization)).await;

        // The same one level up: the members of a workspace are members of its organization.
        let member = |organization: &str| {
            format!(
                "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id)
                 VALUES ({}, {ada}, {second}, {organization})",
                id(db, 54)
            )
        };
        expect_refused(
            db,
            "fk_workspace_members_workspace",
            FOREIGN_KEY_FAILED,
            &member(&acme),
        )
        .await;
        expect_allowed(db, &member(&organization)).await;

        // And one level down: the members of a project are members of its workspace.
        let member = |workspace: &str| {
            format!(
                "INSERT INTO project_members (id, user_id, project_id, workspace_id)
                 VALUES ({}, {ada}, {}, {workspace})",
                id(db, 64),
                id(db, 31)
            )
        };
        expect_refused(
            db,
            "fk_project_members_project",
            FOREIGN_KEY_FAILED,
            &member(&workspace),
        )
        .await;
        expect_allowed(db, &member(&second)).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_workspace_has_one_default_project() {
    on_each_database(async |db| {
        let SampleDatabase {
            ada,
            acme,
            workspace,
            ..
        } = SampleDatabase::create(db).await;
        let add = |n: u128, is_default: &str, workspace: &str, organization: &str| {
            format!(
                "INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
                 VALUES ({}, 'Other', {is_default}, {workspace}, {organization})",
                id(db, n)
            )
        };
        expect_refused(
            db,
            "uq_projects_one_default",
            "projects.workspace_id",
            &add(31, "true", &workspace, &acme),
        )
        .await;
        expect_allowed(db, &add(31, "false", &workspace, &acme)).await;
        expect_allowed(db, &add(32, "NULL", &workspace, &acme)).await;
        let (organization, second) = second_organization(db, &ada).await;
        expect_allowed(db, &add(33, "true", &second, &organization)).await;
    })
    .await;
}

#[tokio::test]
async fn api_key_requires_membership() {
    on_each_database(async |db| {
        let SampleDatabase {
            ada, cleo, project, ..
        } = SampleDatabase::create(db).await;
        let hex = "0c".repeat(32);
        let add = |user: &str| {
            format!(
                "INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
                 VALUES ({}, 'prefix01', 'prefix01.{hex}', {project}, {user})",
                id(db, 71)
            )
        };
        expect_refused(
            db,
            "fk_api_keys_project_member",
            FOREIGN_KEY_FAILED,
            &add(&cleo),
        )
        .await;
        expect_allowed(db, &add(&ada)).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn deleting_an_organization_deletes_its_contents() {
    on_each_database(async |db| {
        let SampleDatabase { acme, .. } = SampleDatabase::create(db).await;
        expect_allowed(db, &format!("DELETE FROM organizations WHERE id = {acme}")).await;
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
            let count_memberships = db
                .query_number(&format!("SELECT count(*) FROM {table}"))
                .await;
            assert_eq!(count_memberships, 0, "{table}");
        }
        assert_eq!(db.query_number("SELECT count(*) FROM users").await, 3);
        db.expect_clean().await;
    })
    .await;
}
